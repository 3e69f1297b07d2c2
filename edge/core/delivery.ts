/**
 * Which row is sent next, and when again. Rows travel at QoS 0 and are settled only by the host's acknowledgement
 * (`protocol/spool.ts`). Live rows overtake the backlog, which keeps a fifth of the window; what is not acknowledged in
 * time is sent again. Because the host writes down what it has as at most 64 ranges, a row that would open one more
 * waits while the holes below are filled. Pure: rows are named by reference, time is an argument.
 */
import type { Priority } from '@minewarden/protocol/reading.ts'
import { type Acknowledgement, MAX_RANGES, RangeSet } from '@minewarden/protocol/spool.ts'
import type { Millis } from '@minewarden/protocol/time.ts'
import { DeliveryLane } from './delivery-lane.ts'
import type { RowRef } from './ports.ts'

/** In flight until the host has granted a window of its own in this session. */
export const INITIAL_WINDOW = 32
/** More is not kept in flight whatever the host grants: it bounds our memory. */
export const MAX_WINDOW = 4096
/** Waveform parts are large: only so many are in flight. */
export const MAX_WAVEFORMS_IN_FLIGHT = 4
export const MIN_RESEND_MS: Millis = 10_000
/** A host that granted no window and then fell silent is asked again with one row after this time. */
export const WINDOW_PROBE_MS: Millis = 30_000
/** Rows read from disk at once. */
export const PAGE_ROWS = 64
/** A backlog row that would open a range beyond this waits for holes to close; live rows may go a little further. */
const BACKLOG_RANGES = MAX_RANGES - 24
const LIVE_RANGES = MAX_RANGES - 8
/** From so many ranges on, the host should learn that dropped rows will never come. */
const CROWDED_RANGES = MAX_RANGES - 16

interface Flight {
  readonly ref: RowRef
  readonly sentAt: Millis
  readonly live: boolean
  readonly again: boolean
}

export interface AcknowledgedRows {
  /** What the spool may settle. */
  readonly ranges: readonly (readonly [number, number])[]
  /** Rows that were in flight and are now settled. */
  readonly settled: readonly RowRef[]
  /** Sequences named by the host that the spool has never given out: a host that is confused. */
  readonly unknown: number
  /** Refused for good by the host, in all. */
  readonly rejected: number
}

const LANES: readonly Priority[] = ['alarm', 'feature', 'waveform']

export class Delivery {
  readonly #lanes = {
    alarm: new DeliveryLane(true),
    feature: new DeliveryLane(true),
    waveform: new DeliveryLane(false),
  }
  readonly #settled = new RangeSet()
  readonly #flights = new Map<number, Flight>()
  /** Ascending. Never longer than the window was. */
  #again: RowRef[] = []
  /** What the host may come to hold: settled and sent. */
  #sent = new RangeSet()
  #active = false
  #newest = 0
  #window = INITIAL_WINDOW
  #heardAt: Millis = 0
  #roundTripMs: Millis = 0
  #liveInFlight = 0
  #waveformsInFlight = 0

  /** @param next the sequence that the spool will give out next */
  constructor(next: number) {
    this.#newest = next - 1
  }

  get inFlight(): number {
    return this.#flights.size
  }

  get window(): number {
    return this.#window
  }

  /** How long a row may stay unacknowledged: max(10 s, 4 round trips). */
  get resendAfterMs(): Millis {
    return Math.max(MIN_RESEND_MS, 4 * this.#roundTripMs)
  }

  /** Rows that the spool has just committed, ascending. */
  accepted(refs: readonly RowRef[]): void {
    for (const ref of refs) {
      this.#newest = Math.max(this.#newest, ref.sequence)
      if (this.#active) this.#lanes[ref.priority].accepted(ref)
    }
  }

  /** Born or born again: everything that is not settled goes out, again where need be. */
  begin(now: Millis): void {
    this.#active = true
    this.#flights.clear()
    this.#again = []
    this.#sent = new RangeSet(this.#settled.toArray())
    this.#window = INITIAL_WINDOW
    this.#heardAt = now
    this.#liveInFlight = 0
    this.#waveformsInFlight = 0
    for (const priority of LANES) this.#lanes[priority].restart(this.#newest + 1)
  }

  /** The session is over: nothing is sent until the next `begin`. */
  end(): void {
    this.#active = false
  }

  /** The page of rows that has to be read before `next` can decide; `null`: none. */
  wants(): { readonly priority: Priority; readonly after: number } | null {
    if (!this.#active) return null
    for (const priority of LANES) {
      const after = this.#lanes[priority].wants()
      if (after !== null) return { priority, after }
    }
    return null
  }

  load(priority: Priority, refs: readonly RowRef[]): void {
    this.#lanes[priority].load(refs, PAGE_ROWS)
  }

  /** The row to send now, already booked as in flight; `null`: none, or the window is full. */
  next(now: Millis): RowRef | null {
    if (!this.#active || this.#flights.size >= this.#windowNow(now)) return null
    this.#skipSettled()
    const live = this.#pickLive()
    const backlog = this.#pickBacklog()
    const choice = this.#mayTakeLive(live, backlog) ? live : backlog
    return (choice ?? this.#lastResort())?.take(now) ?? null
  }

  /** The row named by `next` turned out to be gone from the spool: dropped for want of room. */
  gone(ref: RowRef): void {
    this.#land(ref.sequence)
  }

  acknowledged(acknowledgement: Acknowledgement, now: Millis): AcknowledgedRows {
    this.#window = Math.min(acknowledgement.window, MAX_WINDOW)
    this.#heardAt = now
    const ranges: [number, number][] = []
    let unknown = 0
    for (const [from, to] of acknowledgement.ranges) {
      unknown += Math.max(0, to - Math.max(from - 1, this.#newest))
      if (from > this.#newest) continue
      ranges.push([from, Math.min(to, this.#newest)])
    }
    for (const [from, to] of ranges) {
      this.#settled.add(from, to)
      this.#sent.add(from, to)
    }
    const rejected = acknowledgement.rejected.reduce((sum, [from, to]) => sum + to - from + 1, 0)
    return { ranges, settled: this.#landSettled(now), unknown, rejected }
  }

  /** Everything below `oldest` is settled: told to the host at birth, hence true for us too. */
  settleBelow(oldest: number): void {
    if (oldest > 1) this.#settled.add(1, oldest - 1)
  }

  /**
   * Whether the host is about to run out of ranges over rows that were dropped here and will never come; a new NBIRTH
   * tells it the oldest sequence and lets it close the holes.
   */
  needsRebirth(acknowledgement: Acknowledgement, oldest: number): boolean {
    const [, second] = acknowledgement.ranges
    return acknowledgement.ranges.length >= CROWDED_RANGES && second !== undefined && second[0] < oldest
  }

  /** Takes rows whose time is up out of flight, to be sent again; how many. */
  expire(now: Millis): number {
    let expired = 0
    for (const [sequence, flight] of this.#flights) {
      if (flight.sentAt + this.resendAfterMs > now) continue
      this.#land(sequence)
      this.#again.push(flight.ref)
      expired += 1
    }
    if (expired > 0) this.#again.sort((a, b) => a.sequence - b.sequence)
    return expired
  }

  #windowNow(now: Millis): number {
    if (this.#window > 0) return this.#window
    return now - this.#heardAt >= WINDOW_PROBE_MS ? 1 : 0
  }

  /** The backlog keeps at least a fifth of the window. */
  #mayTakeLive(live: Choice | null, backlog: Choice | null): boolean {
    if (!live) return false
    if (!backlog) return true
    const share = this.#window < 2 ? 0 : Math.ceil(this.#window / 5)
    return this.#liveInFlight < this.#window - share
  }

  #pickLive(): Choice | null {
    return this.#liveHeads().find(({ ref }) => this.#mayGo(ref, LIVE_RANGES)) ?? null
  }

  /** Nothing in flight, nothing below to fill holes with: then a live row may open its range. */
  #lastResort(): Choice | null {
    return this.#flights.size === 0 ? (this.#liveHeads()[0] ?? null) : null
  }

  #liveHeads(): Choice[] {
    const heads: Choice[] = []
    for (const priority of ['alarm', 'feature'] as const) {
      const lane = this.#lanes[priority]
      if (lane.liveHead) heads.push(this.#choice(lane.liveHead, true, false, () => lane.takeLive()))
    }
    return heads
  }

  #pickBacklog(): Choice | null {
    const heads = this.#backlogHeads()
    const free = heads.find(({ ref }) => this.#mayGo(ref, BACKLOG_RANGES))
    if (free || heads.length === 0) return free ?? null
    // Every head would open a range too many: the lowest closes holes, whatever its priority.
    return heads.reduce((low, head) => (head.ref.sequence < low.ref.sequence ? head : low))
  }

  #backlogHeads(): Choice[] {
    const heads: Choice[] = []
    const again = this.#again[0]
    if (again) heads.push(this.#choice(again, false, true, () => this.#again.shift()))
    for (const priority of LANES) {
      const lane = this.#lanes[priority]
      const ref = lane.backlogHead
      if (!ref || (priority === 'waveform' && this.#waveformsInFlight >= MAX_WAVEFORMS_IN_FLIGHT)) continue
      heads.push(this.#choice(ref, false, false, () => lane.takeBacklog()))
    }
    return heads
  }

  #choice(ref: RowRef, live: boolean, again: boolean, remove: () => void): Choice {
    return {
      ref,
      take: (now) => {
        remove()
        this.#flights.set(ref.sequence, { ref, sentAt: now, live, again })
        this.#sent.add(ref.sequence)
        if (live) this.#liveInFlight += 1
        if (ref.priority === 'waveform') this.#waveformsInFlight += 1
        return ref
      },
    }
  }

  #mayGo(ref: RowRef, ceiling: number): boolean {
    return this.#sent.size < ceiling || !this.#sent.wouldOpen(ref.sequence)
  }

  /** Drops from the heads of all queues what has been settled, or sent as live, meanwhile. */
  #skipSettled(): void {
    const done = (ref: RowRef | undefined) =>
      ref !== undefined && (this.#settled.has(ref.sequence) || this.#flights.has(ref.sequence))
    while (done(this.#again[0])) this.#again.shift()
    for (const priority of LANES) {
      const lane = this.#lanes[priority]
      while (done(lane.liveHead)) lane.takeLive()
      while (done(lane.backlogHead)) lane.takeBacklog()
    }
  }

  #landSettled(now: Millis): RowRef[] {
    const settled: RowRef[] = []
    for (const [sequence, flight] of this.#flights) {
      if (!this.#settled.has(sequence)) continue
      // A row that was sent twice does not tell which sending was answered (Karn's rule).
      if (!flight.again) this.#measureRoundTrip(now - flight.sentAt)
      this.#land(sequence)
      settled.push(flight.ref)
    }
    return settled
  }

  #measureRoundTrip(sampleMs: Millis): void {
    this.#roundTripMs = this.#roundTripMs === 0 ? sampleMs : this.#roundTripMs * 0.875 + sampleMs * 0.125
  }

  #land(sequence: number): void {
    const flight = this.#flights.get(sequence)
    if (!flight) return
    this.#flights.delete(sequence)
    if (flight.live) this.#liveInFlight -= 1
    if (flight.ref.priority === 'waveform') this.#waveformsInFlight -= 1
  }
}

interface Choice {
  readonly ref: RowRef
  /** Takes the row out of its queue and books it as in flight. */
  take(now: Millis): RowRef
}
