import type { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { SavedEpoch } from './ledger.ts'
import type { JournalRow, JournalWindow } from './ports.ts'

/** How a stored payload is to be read, years later too: what the birth of its session declared. */
export interface StoredLayout {
  /** JSON of sensor and declared metrics: equal for births that decode alike. */
  readonly text: string
}

/** A row on its way into the journal. */
export interface JournalEntry {
  readonly gateway: GatewayId
  readonly epoch: string
  readonly sequence: number
  readonly receivedAt: Instant
  readonly historical: boolean
  readonly layout: StoredLayout
  /** As received. */
  readonly payload: Uint8Array
  /** What the payload says. */
  readonly reading: Reading
}

/** A message that could not be used. `sequence` is `null` when not even that could be read. */
export interface QuarantinedMessage {
  readonly gateway: string
  readonly epoch: string | null
  readonly sequence: number | null
  readonly receivedAt: Instant
  readonly topic: string
  readonly reason: string
  readonly payload: Uint8Array
}

/** What one transaction writes: all of it or nothing. */
export interface JournalBatch {
  readonly entries: readonly JournalEntry[]
  readonly quarantined: readonly QuarantinedMessage[]
  readonly epochs: readonly {
    readonly gateway: GatewayId
    readonly saved: readonly SavedEpoch[]
    readonly forgotten: readonly string[]
  }[]
}

/** A stretch of raw waveform that somebody asked a gateway for. */
export interface AskedWaveform {
  readonly request: string
  readonly gateway: GatewayId
  readonly sensor: SensorId
  /** SEED code. */
  readonly channel: string
  readonly from: Instant
  readonly to: Instant
  readonly askedAt: Instant
}

/** The commit point of the fleet manager. */
export interface Journal extends JournalWindow {
  /** Offset of the newest committed row. */
  readonly head: number
  /** Durable when it returns. @throws CloudError `journal-unusable`; then nothing of the batch was written. */
  commit(batch: JournalBatch): readonly JournalRow[]
  epochsOf(gateway: GatewayId): SavedEpoch[]
  /** Time of the newest committed reading. */
  lastMeasuredAt(gateway: GatewayId): Instant | null
  /** Rows after an offset, oldest first. */
  read(after: number, limit: number): readonly JournalRow[]
  /** The last row that a consumer has dealt with; 0 when none. */
  offsetOf(consumer: string): number
  /** Durable when it returns. Also what keeps a row from being pruned. */
  advance(consumer: string, offset: number): void
  /** Drops at most `limit` rows that every consumer has dealt with and that are older; returns how many. */
  prune(olderThan: Instant, limit: number): number
  /** Remembers a request for raw waveform, so that the rows which answer it are found again. Durable when it returns. */
  remember(asked: AskedWaveform): void
  /** The request and the rows that have answered it so far, by part; `null`: no such request. */
  waveform(request: string): { readonly asked: AskedWaveform; readonly rows: readonly JournalRow[] } | null
  freeDiskBytes(): number
  close(): void
}
