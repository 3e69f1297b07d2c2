/**
 * What the filter believes of one site, and how much each cause has contributed to it: the change of the log-odds of
 * mining by each piece of evidence, given all before it. A cause that says the same again says less each time: a second
 * bout of a machine whose kind is known tells little that the first did not.
 */
import { createFading } from './evidence.ts'
import { type Moment, momentIndex } from './filter/hidden-state.ts'
import type { EvidenceKind } from './filter/rates.ts'
import { EVIDENCE_KINDS } from './filter/rates.ts'
import { evidenceIndex, type FilterSlot, type SiteFilter } from './filter/site-filter.ts'

export const CAUSES = [
  'blasts',
  'machinery',
  'drilling',
  'generator',
  'digging',
  'motor',
  'heating',
  'together',
  'probes',
] as const
export type Cause = (typeof CAUSES)[number]

/** Log-odds that each cause has added, as far as not forgotten. */
export type Contributions = { readonly [C in Cause]: number }

/** Plain JSON, one for each site. */
export interface SiteBelief {
  slot: FilterSlot | null
  support: { [C in Cause]: number }
  supportMs: number
  /** How often each kind was seen of late. */
  seen: { [kind: string]: number }
}

const FORGET_MS = 60 * 60_000
const SEEN_FORGET_MS = 2 * 3_600_000
const leftOf = createFading(FORGET_MS)
const leftOfSeenAfter = createFading(SEEN_FORGET_MS)

export const createBelief = (): SiteBelief => ({
  slot: null,
  support: {
    blasts: 0,
    machinery: 0,
    drilling: 0,
    generator: 0,
    digging: 0,
    motor: 0,
    heating: 0,
    together: 0,
    probes: 0,
  },
  supportMs: 0,
  seen: {},
})

const INDEX = Object.fromEntries(EVIDENCE_KINDS.map((kind) => [kind, evidenceIndex(kind)])) as {
  readonly [K in EvidenceKind]: number
}

/** Cause by cause, as it is done at each reading. */
function fade(support: SiteBelief['support'], left: number): void {
  support.blasts *= left
  support.machinery *= left
  support.drilling *= left
  support.generator *= left
  support.digging *= left
  support.motor *= left
  support.heating *= left
  support.together *= left
  support.probes *= left
}

/** A site's place in a filter that many sites may share. */
export interface FilterPlace {
  readonly filter: SiteFilter
  readonly index: number
}

export class Believer {
  readonly #place: FilterPlace
  readonly #belief: SiteBelief
  /** What was seen of late, as it lies in the belief when that is saved: each of it fades at each reading. */
  readonly #kinds: string[]
  #seen: Float64Array
  #moment: Moment | null = null

  constructor(place: FilterPlace, belief: SiteBelief) {
    this.#place = place
    this.#belief = belief
    this.#kinds = Object.keys(belief.seen)
    this.#seen = new Float64Array(8)
    for (const [i, kind] of this.#kinds.entries()) this.#setSeen(i, belief.seen[kind]!)
    if (belief.slot) place.filter.restore(place.index, belief.slot)
  }

  /** Time passed; `watched`: at least one sensor would have told. */
  advance(atMs: number, moment: Moment, watched: boolean): void {
    const { filter, index } = this.#place
    if (moment !== this.#moment) {
      filter.setMoment(index, momentIndex(moment))
      this.#moment = moment
    }
    if (watched) filter.advance(index, atMs)
    else filter.skip(index, atMs)
    this.#age(atMs)
  }

  rewind(atMs: number): void {
    this.#place.filter.rewind(this.#place.index, atMs)
    this.#belief.supportMs = Math.min(this.#belief.supportMs, atMs)
  }

  /** Evidence by itself: what was absent, or a part of what is told more of. */
  observe(kind: EvidenceKind, amount: number, cause: Cause | null): void {
    const { filter, index } = this.#place
    if (cause === null) {
      filter.observe(index, INDEX[kind], amount)
      return
    }
    const before = filter.miningLogOdds(index)
    filter.observe(index, INDEX[kind], amount)
    this.#belief.support[cause] += filter.miningLogOdds(index) - before
  }

  /** Share of its full weight that one more of a kind has now; counts it. */
  share(kind: string): number {
    const known = this.#kinds.indexOf(kind)
    const at = known < 0 ? this.#kinds.push(kind) - 1 : known
    const times = this.#timesSeen(known)
    this.#setSeen(at, times + 1)
    return 1 / (1 + times)
  }

  /** What an hour without a kind still says, when its rhythm is known: as little as one more of it would. */
  absenceShare(kind: string): number {
    return 1 / (1 + this.#timesSeen(this.#kinds.indexOf(kind)))
  }

  /** What was seen of late no longer tells what is seen next: it was taken for lawful. */
  forgetSeen(): void {
    this.#kinds.length = 0
  }

  miningLogOdds(): number {
    return this.#place.filter.miningLogOdds(this.#place.index)
  }

  /** Odds, not their logarithm: cheap enough for each reading. */
  unlawfulOdds(): number {
    return this.#place.filter.unlawfulOdds(this.#place.index)
  }

  unlawfulLogOdds(): number {
    return this.#place.filter.unlawfulLogOdds(this.#place.index)
  }

  belief(state: number): number {
    return this.#place.filter.belief(this.#place.index, state)
  }

  get contributions(): Contributions {
    return this.#belief.support
  }

  /** Writes the filter's part and its own into the belief, for a snapshot. */
  save(): void {
    this.#belief.slot = this.#place.filter.save(this.#place.index)
    this.#belief.seen = Object.fromEntries(this.#kinds.map((kind, i) => [kind, this.#seen[i]!]))
  }

  #age(atMs: number): void {
    const belief = this.#belief
    const elapsed = atMs - belief.supportMs
    if (elapsed < 1000) return
    belief.supportMs = atMs
    const left = leftOf(elapsed)
    fade(belief.support, left)
    if (this.#kinds.length === 0) return
    const leftOfSeen = leftOfSeenAfter(elapsed)
    for (let i = 0; i < this.#kinds.length; i++) this.#seen[i]! *= leftOfSeen
  }

  #timesSeen(at: number): number {
    return at < 0 ? 0 : this.#seen[at]!
  }

  #setSeen(at: number, times: number): void {
    if (at >= this.#seen.length) {
      const longer = new Float64Array(2 * this.#seen.length)
      longer.set(this.#seen)
      this.#seen = longer
    }
    this.#seen[at] = times
  }
}
