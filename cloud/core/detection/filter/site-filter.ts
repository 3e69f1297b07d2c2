/**
 * The forward filter of the hidden-state model over many sites at once. All that changes with each piece of evidence
 * lies in typed arrays, side by side for each site: {@link HOT_BYTES_PER_SITE}. Evidence multiplies the probability of
 * each hidden state by its likelihood there; time mixes them by the rates of change. Nothing is allocated on the way.
 */
import { GRID, MOMENTS, PREPARING, STATES, UNMETERED, uncovered } from './hidden-state.ts'
import { type FilterModel, STEPS } from './model.ts'
import { EVIDENCE_KINDS, type EvidenceKind } from './rates.ts'

/** Six probabilities of 4 bytes, a time of 8, a moment of 1. */
export const HOT_BYTES_PER_SITE = 4 * STATES + 8 + 1

/** No state is ever ruled out for good: a sensor may lie. */
const LEAST = 1e-7
const KINDS = EVIDENCE_KINDS.length
const SQUARE = STATES * STATES
const LONGEST_S = 2 ** STEPS - 1

/** Plain JSON: one site's hot state. */
export interface FilterSlot {
  readonly beliefs: readonly number[]
  readonly atMs: number
  readonly moment: number
}

/** Position of a kind of evidence, resolved once. */
export const evidenceIndex = (kind: EvidenceKind): number => EVIDENCE_KINDS.indexOf(kind)

export class SiteFilter {
  readonly #model: FilterModel
  readonly #beliefs: Float32Array
  readonly #atMs: Float64Array
  readonly #moments: Uint8Array
  readonly #next = new Float64Array(STATES)

  /** @param sites how many sites it holds; each begins with the prior of moment 0 and no time */
  constructor(model: FilterModel, sites: number) {
    this.#model = model
    this.#beliefs = new Float32Array(sites * STATES)
    this.#atMs = new Float64Array(sites)
    this.#moments = new Uint8Array(sites)
    for (let site = 0; site < sites; site++) this.#setPrior(site, 0)
  }

  /** What is known of a site's moment without sensors (`momentIndex`). At its first moment it also gives the prior. */
  setMoment(site: number, moment: number): void {
    if (moment < 0 || moment >= MOMENTS) return
    if (this.#atMs[site] === 0) this.#setPrior(site, uncovered(moment))
    this.#moments[site] = moment
  }

  /** Time passed and the site was watched. */
  advance(site: number, atMs: number): void {
    const lastMs = this.#atMs[site]!
    if (lastMs === 0) {
      this.#atMs[site] = atMs
      return
    }
    let seconds = Math.floor((atMs - lastMs) / 1000)
    if (seconds <= 0) return
    this.#atMs[site] = lastMs + 1000 * seconds
    seconds = Math.min(seconds, LONGEST_S)
    const tables = this.#moments[site]! * STEPS * SQUARE
    for (let step = 0; seconds > 0; step++, seconds >>>= 1) {
      if (seconds & 1) this.#mix(site * STATES, tables + step * SQUARE)
    }
  }

  /** Time passed and nobody watched: what was believed is still believed. */
  skip(site: number, atMs: number): void {
    if (atMs > this.#atMs[site]!) this.#atMs[site] = atMs
  }

  /** The clock was set back. */
  rewind(site: number, atMs: number): void {
    this.#atMs[site] = Math.min(this.#atMs[site]!, atMs)
  }

  /**
   * Something was seen at the time the site stands at (see {@link advance}).
   * @param kind by {@link evidenceIndex}
   * @param amount 1 for a thing seen for certain; hours for what was absent
   */
  observe(site: number, kind: number, amount: number): void {
    const { likelihoods } = this.#model
    const row = (this.#moments[site]! * KINDS + kind) * STATES
    const base = site * STATES
    const beliefs = this.#beliefs
    const next = this.#next
    let sum = 0
    for (let s = 0; s < STATES; s++) {
      const x = beliefs[base + s]! * Math.exp(likelihoods[row + s]! * amount)
      next[s] = x
      sum += x
    }
    const scale = 1 / sum
    for (let s = 0; s < STATES; s++) {
      const x = next[s]! * scale
      beliefs[base + s] = Math.max(x, LEAST)
    }
  }

  /** Log-odds that the site is being mined. */
  miningLogOdds(site: number): number {
    const mining = this.belief(site, GRID) + this.belief(site, UNMETERED)
    return Math.log(mining / Math.max(this.#sum(site) - mining, LEAST))
  }

  /** Log-odds that it is being mined or opened. */
  unlawfulLogOdds(site: number): number {
    return Math.log(this.unlawfulOdds(site))
  }

  unlawfulOdds(site: number): number {
    const unlawful = this.belief(site, GRID) + this.belief(site, UNMETERED) + this.belief(site, PREPARING)
    return unlawful / Math.max(this.#sum(site) - unlawful, LEAST)
  }

  /** Probability of one hidden state (its position in HIDDEN_STATES). */
  belief(site: number, state: number): number {
    return this.#beliefs[site * STATES + state]!
  }

  save(site: number): FilterSlot {
    const beliefs = [...this.#beliefs.subarray(site * STATES, (site + 1) * STATES)]
    return { beliefs, atMs: this.#atMs[site]!, moment: this.#moments[site]! }
  }

  restore(site: number, { beliefs, atMs, moment }: FilterSlot): void {
    this.#beliefs.set(beliefs.slice(0, STATES), site * STATES)
    this.#atMs[site] = atMs
    this.#moments[site] = moment
  }

  #sum(site: number): number {
    let sum = 0
    for (let s = 0; s < STATES; s++) sum += this.#beliefs[site * STATES + s]!
    return sum
  }

  #setPrior(site: number, moment: number): void {
    for (let s = 0; s < STATES; s++) {
      this.#beliefs[site * STATES + s] = Math.max(LEAST, this.#model.priors[moment * STATES + s]!)
    }
  }

  /** One multiplication by a table of changes, written out for six states: it is done at each reading. */
  #mix(base: number, table: number): void {
    const { transitions } = this.#model
    const beliefs = this.#beliefs
    const p0 = beliefs[base]!
    const p1 = beliefs[base + 1]!
    const p2 = beliefs[base + 2]!
    const p3 = beliefs[base + 3]!
    const p4 = beliefs[base + 4]!
    const p5 = beliefs[base + 5]!
    for (let to = 0; to < STATES; to++) {
      const at = table + to
      beliefs[base + to] =
        p0 * transitions[at]! +
        p1 * transitions[at + STATES]! +
        p2 * transitions[at + 2 * STATES]! +
        p3 * transitions[at + 3 * STATES]! +
        p4 * transitions[at + 4 * STATES]! +
        p5 * transitions[at + 5 * STATES]!
    }
  }
}
