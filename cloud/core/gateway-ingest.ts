/**
 * One gateway as the ingest sees it: its Sparkplug session, its ledger of committed rows, and when it is next told of
 * them. What could not be decoded is sorted here into "ask for a rebirth" and "never usable".
 */
import { ProtocolError } from '@minewarden/protocol/errors.ts'
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import { decodeRow, type Row } from '@minewarden/protocol/row.ts'
import { HostSession, type HostSessionOptions } from '@minewarden/protocol/sparkplug/host-session.ts'
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import { AcknowledgementTimer } from './acknowledger.ts'
import { type BornLayout, type NodeBirth, salvageSequence } from './born-layout.ts'
import { GatewayLedger, type SavedEpoch } from './ledger.ts'

/** Rows of unknown aliases that are remembered; more, and the oldest are forgotten (and tried from the start). */
const MAX_PUZZLES = 1_000
/** Different births of a gateway and its sensors: four times as many as it may have devices. */
const MAX_LAYOUTS_A_DAY = 1_024
const DAY_MS: Millis = 86_400_000
/** After so many births that did not explain it, a row's alias never will be explained. */
const MAX_BIRTHS_FOR_A_PUZZLE = 2

export type Decoded =
  | { readonly kind: 'row'; readonly row: Row }
  /** The birth that explains it has not come: ask for it; the row will be sent again. */
  | { readonly kind: 'puzzle' }
  | { readonly kind: 'refused'; readonly sequence: number | null; readonly reason: string }

export class GatewayIngest {
  readonly id: GatewayId
  readonly group: string
  readonly session: HostSession<BornLayout>
  readonly ledger: GatewayLedger
  readonly timer = new AcknowledgementTimer()
  /** Of the present session; rows belong to it. */
  epoch: string | null = null
  #births = 0
  readonly #puzzles = new Map<number, number>()
  readonly #layouts = new Set<string>()
  #layoutsSince = Number.NEGATIVE_INFINITY as Instant

  constructor(id: GatewayId, group: string, saved: readonly SavedEpoch[], options: HostSessionOptions) {
    this.id = id
    this.group = group
    this.session = new HostSession<BornLayout>(options)
    this.ledger = new GatewayLedger(saved)
  }

  /** @throws ProtocolError `payload-malformed` for one birth too many that is unlike all others */
  born({ born, epoch, oldest }: NodeBirth, at: Instant): void {
    this.shows(born, at)
    this.ledger.born(epoch, oldest)
    this.#births++
    this.epoch = epoch
    this.timer.repeat()
  }

  /**
   * A birth declares this layout. The journal keeps each layout as long as rows that need it: how many new ones a gateway
   * brings in a day is bounded. @throws ProtocolError `payload-malformed` beyond the bound
   */
  shows({ stored }: BornLayout, at: Instant): void {
    if (this.#layouts.has(stored.text)) return
    if (at < this.#layoutsSince || at - this.#layoutsSince >= DAY_MS) {
      this.#layouts.clear()
      this.#layoutsSince = at
    }
    if (this.#layouts.size >= MAX_LAYOUTS_A_DAY)
      throw new ProtocolError('payload-malformed', `more than ${MAX_LAYOUTS_A_DAY} different births in a day`)
    this.#layouts.add(stored.text)
  }

  /** The alias that the present birth gave a metric of a sensor, or the gateway's own (`null`); `null`: none. */
  aliasOf(metric: string, sensor: string | null = null): number | null {
    return this.#declared(sensor)?.find(({ name }) => name === metric)?.alias ?? null
  }

  /** Whether a sensor that is there declared that a command may write this metric. */
  takes(metric: string, sensor: string): boolean {
    return this.#declared(sensor)?.some(({ name, writable }) => name === metric && writable) ?? false
  }

  #declared(sensor: string | null) {
    return this.session.layoutOf(sensor)?.layout.declared
  }

  decode(born: BornLayout, payload: Uint8Array): Decoded {
    try {
      return { kind: 'row', row: decodeRow(born.layout, payload) }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      const sequence = salvageSequence(born, payload)
      const puzzling = error.code === 'payload-unknown-alias' && !this.#givenUp(sequence)
      return puzzling ? { kind: 'puzzle' } : { kind: 'refused', sequence, reason: error.message }
    }
  }

  #givenUp(sequence: number | null): boolean {
    if (sequence === null) return false
    const since = this.#puzzles.get(sequence)
    if (since !== undefined) return this.#births - since >= MAX_BIRTHS_FOR_A_PUZZLE
    const oldest = this.#puzzles.size >= MAX_PUZZLES ? this.#puzzles.keys().next() : null
    if (oldest && !oldest.done) this.#puzzles.delete(oldest.value)
    this.#puzzles.set(sequence, this.#births)
    return false
  }
}
