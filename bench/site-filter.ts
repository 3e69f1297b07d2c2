/**
 * The site filter over 100 000 sites at random, on one core: each piece of evidence lets its site's time pass and
 * weighs in, as the detector does it. Beside it the same filter for each site by itself, found by name in a map: what
 * the arrays side by side save. The hot state of a site is checked against its limit.
 */
import { MOMENTS } from '@minewarden/cloud/core/detection/filter/hidden-state.ts'
import { modelOf } from '@minewarden/cloud/core/detection/filter/model.ts'
import { DEFAULT_RATES, EVIDENCE_KINDS } from '@minewarden/cloud/core/detection/filter/rates.ts'
import { HOT_BYTES_PER_SITE, SiteFilter } from '@minewarden/cloud/core/detection/filter/site-filter.ts'
import { InvariantError } from '@minewarden/protocol/errors.ts'
import { type BenchRow, costRow, rateRow } from './row.ts'

const SITES = 100_000
const EVENTS = 2_000_000
const ROUNDS = 3
const MOST_BYTES = 128
const START_MS = Date.UTC(2026, 2, 1)
/** Where the peer is measured: objects for all sites take minutes to make. */
const PEER_SITES = 20_000

interface Evidence {
  readonly sites: Uint32Array
  readonly kinds: Uint8Array
  readonly atMs: Float64Array
}

export async function bench(): Promise<BenchRow[]> {
  if (HOT_BYTES_PER_SITE > MOST_BYTES) throw new InvariantError(`${HOT_BYTES_PER_SITE} bytes for a site`)
  const ours = rateOf(together(SITES), evidenceFor(SITES))
  const peer = rateOf(apart(PEER_SITES), evidenceFor(PEER_SITES))
  return [
    rateRow(`evidence at ${SITES} sites; peer: a map of filters, ${PEER_SITES} sites`, ours, peer, 'events/s'),
    costRow('hot state of a site; peer: the limit', HOT_BYTES_PER_SITE, MOST_BYTES, 'bytes'),
  ]
}

type Take = (site: number, kind: number, atMs: number) => void

/** All sites in one filter. */
function together(sites: number): Take {
  const filter = new SiteFilter(modelOf(DEFAULT_RATES), sites)
  for (let site = 0; site < sites; site++) filter.setMoment(site, site % MOMENTS)
  return (site, kind, atMs) => {
    filter.advance(site, atMs)
    filter.observe(site, kind, AMOUNT)
  }
}

/** A filter for each site, by name. */
function apart(sites: number): Take {
  const names = Array.from({ length: sites }, (_, i) => `450324-${String(i).padStart(6, '0')}`)
  const filters = new Map(names.map((name) => [name, new SiteFilter(modelOf(DEFAULT_RATES), 1)]))
  return (site, kind, atMs) => {
    const filter = filters.get(names[site]!)!
    filter.advance(0, atMs)
    filter.observe(0, kind, AMOUNT)
  }
}
const AMOUNT = 0.01

/** Pieces of evidence at random sites, a minute or so apart at each. */
function evidenceFor(sites: number): Evidence {
  const evidence = { sites: new Uint32Array(EVENTS), kinds: new Uint8Array(EVENTS), atMs: new Float64Array(EVENTS) }
  let random = 12_345
  const next = (below: number): number => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((random / 2 ** 32) * below)
  }
  for (let i = 0; i < EVENTS; i++) {
    evidence.sites[i] = next(sites)
    evidence.kinds[i] = next(EVIDENCE_KINDS.length)
    evidence.atMs[i] = START_MS + (i * 60_000) / sites
  }
  return evidence
}

/** The best of some rounds; each goes on where the last one ended. */
function rateOf(take: Take, { sites, kinds, atMs }: Evidence): number {
  const spanMs = atMs[EVENTS - 1]! - START_MS
  let best = 0
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now()
    for (let i = 0; i < EVENTS; i++) take(sites[i]!, kinds[i]!, atMs[i]! + round * spanMs)
    best = Math.max(best, EVENTS / ((performance.now() - from) / 1000))
  }
  return best
}
