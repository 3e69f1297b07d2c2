/**
 * Rows of one priority that wait to be sent. New rows of a session stand in `live`, in memory and bounded; everything
 * older is on disk below `horizon` and comes in pages, in order. A live queue that is full hands its older half to the
 * disk by moving the horizon up.
 */
import type { RowRef } from './ports.ts'

/** More live rows than this are not held in memory; the older half becomes backlog. */
export const LIVE_CEILING = 2048

export class DeliveryLane {
  readonly #takesLive: boolean
  readonly #live: RowRef[] = []
  #page: RowRef[] = []
  #cursor = 0
  #horizon = 0
  #exhausted = true

  /** @param takesLive false for waveforms: they never overtake, so all of them are backlog */
  constructor(takesLive: boolean) {
    this.#takesLive = takesLive
  }

  /** A session begins: what has been accepted so far (below `horizon`) is backlog and will be read again. */
  restart(horizon: number): void {
    this.#live.length = 0
    this.#page = []
    this.#cursor = 0
    this.#horizon = this.#takesLive ? horizon : Number.POSITIVE_INFINITY
    this.#exhausted = false
  }

  accepted(ref: RowRef): void {
    if (!this.#takesLive) {
      this.#exhausted = false
      return
    }
    this.#live.push(ref)
    if (this.#live.length <= LIVE_CEILING) return
    this.#live.splice(0, LIVE_CEILING / 2)
    this.#horizon = this.#live[0]?.sequence ?? ref.sequence
    this.#exhausted = false
  }

  /** After which sequence the next page is to be read; `null` when none is needed. */
  wants(): number | null {
    return this.#page.length === 0 && !this.#exhausted ? this.#cursor : null
  }

  /** Takes a page read after `wants()`; a page that is not full is the last. */
  load(refs: readonly RowRef[], limit: number): void {
    const below = refs.filter(({ sequence }) => sequence < this.#horizon)
    this.#exhausted = refs.length < limit || below.length < refs.length
    this.#cursor = below.at(-1)?.sequence ?? this.#cursor
    this.#page = below
  }

  get liveHead(): RowRef | undefined {
    return this.#live[0]
  }

  get backlogHead(): RowRef | undefined {
    return this.#page[0]
  }

  takeLive(): void {
    this.#live.shift()
  }

  takeBacklog(): void {
    this.#page.shift()
  }
}
