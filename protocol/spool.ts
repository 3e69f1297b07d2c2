import { z } from 'zod'
import { InvariantError } from './errors.ts'

/**
 * The end-to-end acknowledgement. A spool row's key is (gateway, epoch, sequence). The host answers with the committed
 * sequences as closed ranges; what is in none of them is sent again.
 */

/** More ranges than this are never held nor sent: a row that would open one more stays uncommitted. */
export const MAX_RANGES = 64

/**
 * Metric names of the spool's bookkeeping; `Sequence` and `Clock` stand on every row, `ClockErrorMs` on those that know
 * it, the others in the NBIRTH.
 */
export const SPOOL_METRICS = {
  epoch: 'Spool/Epoch',
  oldest: 'Spool/Oldest',
  sequence: 'Spool/Sequence',
  clock: 'Spool/Clock',
  clockError: 'Spool/ClockErrorMs',
  acknowledged: 'Spool/Acknowledged',
} as const

const Sequence = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)
const Range = z.tuple([Sequence, Sequence]).refine(([from, to]) => from <= to, 'a range runs upwards')
const Ranges = z.array(Range).max(MAX_RANGES)

/** The value (JSON text) of the NCMD metric `Spool/Acknowledged`. */
export const Acknowledgement = z.strictObject({
  epoch: z.uuid(),
  /** Committed, or refused for good: never to be sent again. */
  ranges: Ranges,
  /** Of these, the ones the host could not use: quarantined, with the count kept in the host's records. */
  rejected: Ranges,
  /** How many rows may now be in flight: the back-pressure. */
  window: z.number().int().min(0).max(100_000),
})
export type Acknowledgement = z.infer<typeof Acknowledgement>

/** The value (JSON text) of the NCMD metric `Waveform/Request`. */
export const WaveformRequest = z.strictObject({
  request: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  sensor: z.string().min(1).max(64),
  channel: z.string().regex(/^[A-Z0-9]{3}$/),
  fromMs: z.number(),
  toMs: z.number(),
})
export type WaveformRequest = z.infer<typeof WaveformRequest>
export const WAVEFORM_REQUEST_METRIC = 'Waveform/Request'
/** A part of a waveform never carries more bytes of miniSEED than this. */
export const MAX_WAVEFORM_PART_BYTES = 65_536

/** A set of sequences as ascending, disjoint, non-touching closed ranges. Bounded by the caller through `wouldOpen`. */
export class RangeSet {
  readonly #from: number[] = []
  readonly #to: number[] = []

  constructor(ranges: Iterable<readonly [number, number]> = []) {
    for (const [from, to] of ranges) this.add(from, to)
  }

  /** How many ranges it takes to write the set down. */
  get size(): number {
    return this.#from.length
  }

  /** Index of the first range that ends at or after `sequence`. */
  #at(sequence: number): number {
    let low = 0
    let high = this.#to.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#to[middle] as number) < sequence) low = middle + 1
      else high = middle
    }
    return low
  }

  has(sequence: number): boolean {
    const i = this.#at(sequence)
    return i < this.#from.length && (this.#from[i] as number) <= sequence
  }

  /** Whether adding this one sequence would need one more range than now. */
  wouldOpen(sequence: number): boolean {
    if (this.has(sequence)) return false
    const i = this.#at(sequence - 1)
    const touchesLeft = i < this.#to.length && this.#to[i] === sequence - 1
    return !touchesLeft && this.#from[this.#at(sequence)] !== sequence + 1
  }

  add(from: number, to = from): void {
    if (!(from <= to)) throw new InvariantError(`range ${from}..${to} runs downwards`)
    const first = this.#at(from - 1)
    let last = first
    let low = from
    let high = to
    while (last < this.#from.length && (this.#from[last] as number) <= to + 1) {
      low = Math.min(low, this.#from[last] as number)
      high = Math.max(high, this.#to[last] as number)
      last++
    }
    this.#from.splice(first, last - first, low)
    this.#to.splice(first, last - first, high)
  }

  /** The ranges, ascending. */
  toArray(): [number, number][] {
    return this.#from.map((from, i) => [from, this.#to[i] as number])
  }
}
