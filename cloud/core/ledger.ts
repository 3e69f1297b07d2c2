/**
 * Which rows of one gateway are committed: the other half of the end-to-end acknowledgement (`protocol/spool.ts`).
 * Deduplication is membership in the ranges of the row's epoch. A row is first `pending`; the journal's transaction writes
 * the rows and {@link GatewayLedger.unsaved} together and then calls `committed` (or `rolledBack`), and only what is
 * committed is ever acknowledged.
 */
import { ProtocolError } from '@minewarden/protocol/errors.ts'
import { type Acknowledgement, MAX_RANGES, RangeSet } from '@minewarden/protocol/spool.ts'

/** A gateway that shows more epochs than this loses the memory of the one it used longest ago. */
export const MAX_EPOCHS_PER_GATEWAY = 64

/** One epoch as the journal keeps it. */
export interface SavedEpoch {
  readonly epoch: string
  readonly ranges: readonly (readonly [number, number])[]
  readonly rejected: readonly (readonly [number, number])[]
  /** Grows with each use, over all epochs of the gateway. */
  readonly used: number
}

/**
 * `new`: take it. `duplicate`: committed before, say so again. `pending`: in the journal's queue already.
 * `full`: would open one range too many, stays uncommitted and is sent again.
 */
export type Admission = 'new' | 'duplicate' | 'pending' | 'full'

interface Epoch {
  ranges: RangeSet
  rejected: RangeSet
  /** The two above plus what the open transaction will add; `null` when nothing is pending. */
  next: { ranges: RangeSet; rejected: RangeSet } | null
  used: number
}

export class GatewayLedger {
  readonly #epochs = new Map<string, Epoch>()
  readonly #forgotten: string[] = []
  #used = 0
  #current: string | null = null

  constructor(saved: readonly SavedEpoch[] = []) {
    for (const { epoch, ranges, rejected, used } of saved) {
      this.#epochs.set(epoch, { ranges: new RangeSet(ranges), rejected: new RangeSet(rejected), next: null, used })
      if (used < this.#used) continue
      this.#used = used
      this.#current = epoch
    }
  }

  /** The epoch that the gateway counts in now: the one of its last birth or row. */
  get currentEpoch(): string | null {
    return this.#current
  }

  /**
   * NBIRTH: the epoch in use from now on; sequences below `oldest` are settled, whatever became of them.
   * @throws ProtocolError `payload-malformed` when more epochs than are remembered wait for the same transaction
   */
  born(epoch: string, oldest: number): void {
    const next = this.#change(epoch)
    if (oldest > 1) next.ranges.add(1, oldest - 1)
    // The gateway has forgotten settled rows: no refusal of theirs is worth telling.
    next.rejected = new RangeSet(next.rejected.toArray().filter(([, to]) => to >= oldest))
  }

  admit(epoch: string, sequence: number): Admission {
    return this.#take(epoch, sequence, false)
  }

  /** A row that cannot be used: settled like any other, and told to be so. */
  reject(epoch: string, sequence: number): Admission {
    return this.#take(epoch, sequence, true)
  }

  /** What the transaction that commits the pending rows has to write. */
  unsaved(): SavedEpoch[] {
    const list: SavedEpoch[] = []
    for (const [epoch, { next, used }] of this.#epochs)
      if (next) list.push({ epoch, ranges: next.ranges.toArray(), rejected: next.rejected.toArray(), used })
    return list
  }

  committed(): void {
    this.#forgotten.length = 0
    for (const epoch of this.#epochs.values()) {
      if (!epoch.next) continue
      epoch.ranges = epoch.next.ranges
      epoch.rejected = epoch.next.rejected
      epoch.next = null
    }
  }

  rolledBack(): void {
    for (const epoch of this.#epochs.values()) epoch.next = null
  }

  /** What is committed of the present epoch; `null` before the gateway was ever heard of. */
  acknowledgement(window: number): Acknowledgement | null {
    const epoch = this.#current === null ? undefined : this.#epochs.get(this.#current)
    if (!epoch || this.#current === null) return null
    return { epoch: this.#current, ranges: epoch.ranges.toArray(), rejected: epoch.rejected.toArray(), window }
  }

  /** Epochs that were forgotten since the last commit, to be forgotten by the journal too. */
  forgotten(): string[] {
    return [...this.#forgotten]
  }

  #take(epochId: string, sequence: number, rejected: boolean): Admission {
    const known = this.#epochs.get(epochId)
    if (known?.ranges.has(sequence)) return 'duplicate'
    if (known?.next?.ranges.has(sequence)) return 'pending'
    const present = known?.next?.ranges ?? known?.ranges
    if (present && present.size >= MAX_RANGES && present.wouldOpen(sequence)) return 'full'
    const next = this.#change(epochId)
    next.ranges.add(sequence)
    if (rejected) {
      next.rejected.add(sequence)
      // Past the ceiling the oldest refusals are no longer named; they stay settled.
      if (next.rejected.size > MAX_RANGES) next.rejected = new RangeSet(next.rejected.toArray().slice(1))
    }
    return 'new'
  }

  #change(id: string): NonNullable<Epoch['next']> {
    let epoch = this.#epochs.get(id)
    if (!epoch) {
      this.#makeRoom()
      const again = this.#forgotten.indexOf(id)
      if (again >= 0) this.#forgotten.splice(again, 1)
      epoch = { ranges: new RangeSet(), rejected: new RangeSet(), next: null, used: 0 }
      this.#epochs.set(id, epoch)
    }
    if (this.#current !== id || epoch.used === 0) {
      epoch.used = ++this.#used
      this.#current = id
    }
    epoch.next ??= {
      ranges: new RangeSet(epoch.ranges.toArray()),
      rejected: new RangeSet(epoch.rejected.toArray()),
    }
    return epoch.next
  }

  #makeRoom(): void {
    if (this.#epochs.size < MAX_EPOCHS_PER_GATEWAY) return
    let oldest: string | null = null
    // An epoch with pending rows stays: the transaction that brings them names it.
    for (const [id, { used, next }] of this.#epochs)
      if (!next && (oldest === null || used < (this.#epochs.get(oldest)?.used ?? 0))) oldest = id
    if (oldest === null) throw new ProtocolError('payload-malformed', `${MAX_EPOCHS_PER_GATEWAY} epochs at once`)
    this.#epochs.delete(oldest)
    this.#forgotten.push(oldest)
  }
}
