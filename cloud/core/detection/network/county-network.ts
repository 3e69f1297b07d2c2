/**
 * Associates what the sites of one county felt. Each transient is compared with those of the sites nearest to its own:
 * the cost of one does not grow with the county. It joins the association that it fits, or founds one with the
 * transient that chance explains least. Whenever an association has grown by half, it is located, judged and told.
 */
import type { SiteId } from '@minewarden/protocol/ids.ts'
import {
  type Association,
  againstOne,
  chance,
  countFelt,
  fits,
  forOne,
  isAlive,
  keepStrongest,
  priorOfTogether,
  type Rate,
} from './association.ts'
import type { Felt } from './felt.ts'
import { distanceKm } from './geometry.ts'
import { locate } from './locate.ts'
import { THUNDER_REACH_KM } from './travel.ts'
import { type County, type Judgement, judgementOf, verdictOf } from './verdict.ts'

/** Plain JSON, one for each county. */
export interface NetworkState {
  readonly version: number
  newestMs: number
  made: number
  /** Of the last minutes, by site; those of an association too. */
  felt: { [site: string]: Felt[] }
  associations: Association[]
  rates: { [site: string]: Rate }
}

const VERSION = 1
/** Waves of one source are through a county by then. */
const OPEN_MS = 120_000
/** Of one site; the oldest go. */
const FELT_CEILING = 8
const ASSOCIATIONS_CEILING = 256
/** Of one association; a county has no more sites. Further ones are judged with it, but not kept. */
const MEMBERS_CEILING = 20_000
/** Weaker transients, and those that are hardly anything from far, are no candidates. */
const LEAST_DB = 9
const LEAST_LIKELY = 0.02
/** What founds an association is by itself seen as something from far, or as a blast. */
const ANCHOR = 0.15
const ANCHOR_DB = 13
/** Log-likelihood ratio from which two are one. */
const FOUNDS_AT = 1.5
/** Members are told anew when there are so many times as many. */
const GROWN = 1.5
/** So few are told of each further one. */
const FEW = 8
const SWEEP_MS = 60_000
/** Sites around one that its silence or its word is asked of. */
const ASKED = 16

const isCandidate = (f: Felt): boolean =>
  f.snrDb >= LEAST_DB && (f.blast + f.earthquake >= LEAST_LIKELY || f.air === 'thunder')
const isAnchor = (f: Felt): boolean => (f.blast + f.earthquake >= ANCHOR && f.snrDb >= ANCHOR_DB) || f.air === 'thunder'

export interface NearSite {
  readonly site: SiteId
  readonly km: number
}

export interface NetworkDeps extends County {
  /** The name of its events begins with it. */
  readonly name: string
  /** The sites nearest to one, nearest first: at most {@link MOST_NEIGHBOURS}. */
  readonly neighboursOf: (site: SiteId) => readonly NearSite[]
}

export class CountyNetwork {
  readonly #deps: NetworkDeps
  readonly #state: NetworkState
  /** By the name of a transient, and by association and site: found again without a search. */
  readonly #ofFelt = new Map<string, Association>()
  readonly #sites = new Set<string>()
  #sweptMs = 0

  /** @param snapshot what an earlier one of the same version returned */
  constructor(deps: NetworkDeps, snapshot?: unknown) {
    this.#deps = deps
    this.#state = isState(snapshot) ? structuredClone(snapshot) : createState()
    for (const association of this.#state.associations) {
      for (const member of association.members) this.#index(association, member)
    }
  }

  snapshot(): NetworkState {
    return structuredClone(this.#state)
  }

  /** A site felt something, or knows more of it. @returns what is to be told to sites */
  feel(felt: Felt): Judgement[] {
    if (!isCandidate(felt)) return []
    const state = this.#state
    state.newestMs = Math.max(state.newestMs, felt.onsetMs)
    this.#sweep()
    const before = state.felt[felt.site] ?? []
    const known = before.find((f) => isSame(f, felt))
    state.felt[felt.site] = [...before.filter((f) => f !== known), felt].slice(-FELT_CEILING)
    if (!known) state.rates[felt.site] = countFelt(state.rates[felt.site], felt.onsetMs)
    const association = this.#ofFelt.get(nameOf(felt)) ?? this.#associate(felt)
    if (!association) return []
    if (known) this.#renew(association, felt)
    return this.#judge(association, felt)
  }

  /** More is known of a member: what it was heard with. */
  #renew(association: Association, felt: Felt): void {
    const renewed = (f: Felt) => (isSame(f, felt) ? felt : f)
    association.members = association.members.map(renewed)
    association.strongest = association.strongest.map(renewed)
    association.toldAt = 0
  }

  /** Joins it to what it fits, or founds an association; `null`: it stands alone so far. */
  #associate(felt: Felt): Association | null {
    const partners = this.#partners(felt).filter(({ score }) => score >= FOUNDS_AT)
    for (const { felt: other } of partners) {
      const open = this.#ofFelt.get(nameOf(other))
      if (open && this.#join(open, felt)) return open
    }
    const best = partners.find(({ felt: other }) => !this.#ofFelt.has(nameOf(other)))
    if (!best || !(isAnchor(felt) || isAnchor(best.felt))) return null
    const made = this.#found(felt, best.medium)
    for (const { felt: other } of partners) if (!this.#ofFelt.has(nameOf(other))) this.#join(made, other)
    return made.members.length > 1 ? made : null
  }

  #found(felt: Felt, medium: Association['medium']): Association {
    const { associations } = this.#state
    const made: Association = {
      number: ++this.#state.made,
      members: [],
      strongest: [],
      medium,
      newestMs: 0,
      located: null,
      toldAt: 0,
    }
    associations.push(made)
    if (associations.length > ASSOCIATIONS_CEILING) this.#drop(associations.shift()!)
    this.#add(made, felt)
    return made
  }

  /** Two geophones of a site, and two waves of one source, are one member. */
  #join(association: Association, felt: Felt): boolean {
    if (this.#sites.has(`${association.number} ${felt.site}`)) return false
    if (association.members.length >= MEMBERS_CEILING) return false
    const { placeOf } = this.#deps
    const here = placeOf(felt.site)
    const compared = association.strongest
    const agree = compared.filter((m) => fits(m, felt, distanceKm(placeOf(m.site), here), association.medium))
    if (agree.length < AGREE * compared.length) return false
    this.#add(association, felt)
    return true
  }

  #add(association: Association, felt: Felt): void {
    association.members.push(felt)
    association.newestMs = Math.max(association.newestMs, felt.onsetMs)
    keepStrongest(association.strongest, felt)
    this.#index(association, felt)
  }

  #index(association: Association, felt: Felt): void {
    this.#ofFelt.set(nameOf(felt), association)
    this.#sites.add(`${association.number} ${felt.site}`)
  }

  #drop(association: Association): void {
    for (const member of association.members) {
      this.#ofFelt.delete(nameOf(member))
      this.#sites.delete(`${association.number} ${member.site}`)
    }
  }

  /** Transients of the sites around that can be of the same source, the surest first. */
  #partners(felt: Felt) {
    const { felt: recent } = this.#state
    const found: { felt: Felt; score: number; medium: 'ground' | 'air' }[] = []
    for (const { site, km } of this.#deps.neighboursOf(felt.site)) {
      for (const other of recent[site] ?? []) {
        const medium = mediumOf(felt, other, km)
        if (!fits(felt, other, km, medium)) continue
        const byChance = this.#chance({ felt, other: site, km, medium })
        found.push({ felt: other, medium, score: forOne(felt, other, km, byChance) })
      }
    }
    return found.sort((a, b) => b.score - a.score || a.felt.onsetMs - b.felt.onsetMs)
  }

  /** Judges an association, and tells all members when it has grown, or the newest alone. */
  #judge(association: Association, newest: Felt): Judgement[] {
    const { members, strongest, medium } = association
    const grown = members.length <= FEW || members.length >= GROWN * association.toldAt
    if (grown) {
      association.toldAt = members.length
      association.located = locate(
        strongest.map((f) => ({ ...this.#deps.placeOf(f.site), onsetMs: f.onsetMs, errorMs: f.errorMs })),
        medium,
      )
    }
    const verdict = verdictOf(association, this.#deps)
    const event = `${this.#deps.name}-${association.number}`
    const told = grown ? members : [newest]
    return told.map((felt) => {
      const support = this.#support(felt, association)
      const prior = priorOfTogether(this.#state.rates[felt.site])
      return judgementOf(felt, { event, verdict, sites: members.length, support, prior }, this.#deps)
    })
  }

  /** The busier of two sites is by chance beside the calmer one. */
  #chance({ felt, other, km, medium }: { felt: Felt; other: SiteId; km: number; medium: 'ground' | 'air' }): number {
    const { rates } = this.#state
    return Math.max(chance(rates[other], km, felt, medium), chance(rates[felt.site], km, felt, medium))
  }

  /** What the sites around say for one source, and against it by their silence. */
  #support(felt: Felt, association: Association): number {
    const { rates, felt: recent } = this.#state
    let sum = 0
    let asked = 0
    for (const { site, km } of this.#deps.neighboursOf(felt.site)) {
      if (!isAlive(rates[site], felt.onsetMs)) continue
      if (++asked > ASKED) break
      const byChance = this.#chance({ felt, other: site, km, medium: association.medium })
      const other = recent[site]?.find((f) => this.#ofFelt.get(nameOf(f)) === association)
      if (other) sum += forOne(felt, other, km, byChance)
      else if (km <= SILENCE_COUNTS_KM) sum += againstOne(felt, byChance)
    }
    return sum
  }

  /** Each minute: what is too old for anything to belong to it goes. */
  #sweep(): void {
    const state = this.#state
    if (Math.abs(state.newestMs - this.#sweptMs) < SWEEP_MS) return
    this.#sweptMs = state.newestMs
    const oldMs = state.newestMs - OPEN_MS
    for (const [site, list] of Object.entries(state.felt)) {
      const young = list.filter((f) => f.onsetMs > oldMs)
      if (young.length > 0) state.felt[site] = young
      else delete state.felt[site]
    }
    for (const association of state.associations) if (association.newestMs <= oldMs) this.#drop(association)
    state.associations = state.associations.filter((a) => a.newestMs > oldMs)
    for (const [site, rate] of Object.entries(state.rates)) {
      if (!isAlive(rate, state.newestMs)) delete state.rates[site]
    }
  }
}

/** Farther sites may well have felt nothing. */
const SILENCE_COUNTS_KM = 30
/** Of the members compared: one site with a wrong clock keeps nobody out. */
const AGREE = 0.6

const nameOf = (f: Felt): string => `${f.key} ${f.onsetMs}`
const isSame = (a: Felt, b: Felt): boolean => a.key === b.key && a.onsetMs === b.onsetMs

/** Thunder that a microphone heard is sought as sound; all else as waves of the ground. */
const mediumOf = (a: Felt, b: Felt, km: number): 'ground' | 'air' =>
  (a.air === 'thunder' || b.air === 'thunder') && km <= THUNDER_REACH_KM ? 'air' : 'ground'

const createState = (): NetworkState => ({
  version: VERSION,
  newestMs: 0,
  made: 0,
  felt: {},
  associations: [],
  rates: {},
})

const isState = (snapshot: unknown): snapshot is NetworkState =>
  typeof snapshot === 'object' && snapshot !== null && 'version' in snapshot && snapshot.version === VERSION
