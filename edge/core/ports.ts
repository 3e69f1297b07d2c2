import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Priority, Reading, ReadingKind } from '@minewarden/protocol/reading.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { ClockShift } from './clock/clock-shift.ts'

/** What the parts of the gateway need of the world, declared by who needs it. */

/** Four methods, fields first. pino stands behind it. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

/** A reading that the spool has committed: from here on it is not lost. */
export interface SpoolRow {
  /** Never given twice within an epoch; ascending in order of acceptance. */
  readonly sequence: number
  readonly priority: Priority
  readonly reading: Reading
}

/** A committed row without its content. */
export interface RowRef {
  readonly sequence: number
  readonly priority: Priority
}

/** What rows are of. The gateway's own have no sensor. */
export interface RowSource {
  readonly kind: ReadingKind
  readonly sensor: SensorId | null
  /** SEED code for kinds measured per channel, else `null`. */
  readonly channel: string | null
}

export interface SpoolStats {
  readonly rows: number
  /** Bytes of the rows as the quota counts them. */
  readonly bytes: number
  readonly quotaBytes: number
  /** Lowest sequence that is not settled: everything below is; one past the newest when nothing is pending. */
  readonly oldest: number
  /** Time of measurement of that row. */
  readonly oldestAt: Instant | null
  /** Rows given up to the quota since the file was opened. */
  readonly dropped: number
}

/**
 * The durable queue between measuring and publishing. Synchronous: an `append` that returns has been committed to disk.
 * @throws EdgeError `spool-unusable` from any method when the disk refuses
 */
export interface Spool {
  /** UUID made with the file: a new disk starts a new count. */
  readonly epoch: string
  /** The sequence that the next accepted row will get. */
  readonly next: number
  /**
   * Commits readings in one transaction, in their order. When the quota is exceeded the same transaction drops the
   * lowest priority, oldest first, and leaves a gap reading; that row is among those returned.
   */
  append(readings: readonly Reading[]): readonly SpoolRow[]
  /** Pending rows of one priority with a higher sequence than `after`, ascending, at most `limit`. */
  pending(priority: Priority, after: number, limit: number): readonly RowRef[]
  /** `null`: settled or dropped meanwhile. */
  get(ref: RowRef): SpoolRow | null
  /** Takes rows for settled at once; they leave the disk with the next `prune`. */
  settle(ranges: Iterable<readonly [number, number]>): void
  /**
   * The time became known: moves the rows from this sequence on that the gateway's own clock stamped before it, in one
   * transaction; how many.
   */
  restamp(shift: ClockShift, fromSequence: number): number
  /** Deletes settled rows in one transaction; how many. */
  prune(): number
  stats(): SpoolStats
  /** What its rows may be of: sensors that are no longer configured may still have a backlog. */
  sources(): readonly RowSource[]
  close(): void
}

/** Continuous raw waveforms of the last days. */
export interface WaveformStore {
  /**
   * miniSEED records of one channel that touch the stretch, in order of time; those not yet on disk included.
   * At most `maxBytes`: a longer stretch is cut off at its end.
   */
  read(sensor: string, channel: string, from: Instant, to: Instant, maxBytes: number): Promise<readonly Uint8Array[]>
}

/** One MQTT message to be published: QoS 1 for deaths, QoS 0 for everything else of Sparkplug; never retained. */
export interface Publication {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1
}

/** What a connection tells. After `lost` it tells nothing more. */
export interface ConnectionEvents {
  /** The CONNECT packet has been handed to an open stream. */
  connectSent(): void
  /** CONNACK accepted. */
  connected(): void
  message(topic: string, payload: Uint8Array): void
  /** The outgoing buffer has emptied after {@link Connection.bufferedBytes} was high. */
  drained(): void
  lost(reason: string): void
}

export interface Connection {
  /** Rejects when the server refuses any of them. */
  subscribe(filters: readonly { readonly topic: string; readonly qos: 0 | 1 }[]): Promise<void>
  /** QoS 0: resolves when handed to the stream; QoS 1: when the server has confirmed. */
  publish(publication: Publication): Promise<void>
  /** Bytes that wait for the network. */
  readonly bufferedBytes: number
  /** DISCONNECT, then closes; `lost` is not told. */
  close(): Promise<void>
}

/** MQTT 3.1.1 connections with clean session, one attempt each: when to try again is the caller's. */
export interface Uplink {
  /** How many servers the list has. */
  readonly servers: number
  /** @param will `null`: leave none, as a mere check does */
  open(server: number, will: Publication | null, events: ConnectionEvents): Connection
}
