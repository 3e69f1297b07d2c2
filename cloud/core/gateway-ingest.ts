/**
 * One gateway as the ingest sees it: its Sparkplug session, its ledger of committed rows, and when it is next told of
 * them. What could not be decoded is sorted here into "ask for a rebirth" and "never usable".
 */
import { ProtocolError } from '@minewarden/protocol/errors.ts'
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import { decodeRow, type Row } from '@minewarden/protocol/row.ts'
import { HostSession, type HostSessionOptions } from '@minewarden/protocol/sparkplug/host-session.ts'
import { AcknowledgementTimer } from './acknowledger.ts'
import { type BornLayout, salvageSequence } from './born-layout.ts'
import { GatewayLedger, type SavedEpoch } from './ledger.ts'

/** Rows of unknown aliases that are remembered; more, and the oldest are forgotten (and tried from the start). */
const MAX_PUZZLES = 1_000
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

  constructor(id: GatewayId, group: string, saved: readonly SavedEpoch[], options: HostSessionOptions) {
    this.id = id
    this.group = group
    this.session = new HostSession<BornLayout>(options)
    this.ledger = new GatewayLedger(saved)
  }

  born(epoch: string, oldest: number): void {
    this.#births++
    this.epoch = epoch
    this.ledger.born(epoch, oldest)
    this.timer.repeat()
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
