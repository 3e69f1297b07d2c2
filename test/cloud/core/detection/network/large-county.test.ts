import { CountyNetwork } from '@minewarden/cloud/core/detection/network/county-network.ts'
import type { Felt } from '@minewarden/cloud/core/detection/network/felt.ts'
import { distanceKm } from '@minewarden/cloud/core/detection/network/geometry.ts'
import { createNeighbours, MOST_NEIGHBOURS } from '@minewarden/cloud/core/detection/network/neighbours.ts'
import type { SiteId } from '@minewarden/protocol/ids.ts'
import { describe, expect, it } from 'vitest'
import { placeAt } from '../../../../support/county.ts'

const SITES = 10_000
const SIDE = Math.sqrt(SITES)
const START_MS = Date.parse('2026-05-01T15:00:00Z')

/** Deterministic noise. */
const noise = (seed: number) => {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}
const random = noise(7)
/** A hundred kilometres square, one site in each square kilometre. */
const stations = Array.from({ length: SITES }, (_, i) => ({
  id: `s${i}` as SiteId,
  ...placeAt({ east: (i % SIDE) + random(), north: Math.floor(i / SIDE) + random() }),
}))
const places = new Map(stations.map((s) => [s.id, s]))
const network = (snapshot?: unknown) =>
  new CountyNetwork(
    {
      name: '450324',
      quarries: [],
      utcOffsetHours: 8,
      placeOf: (site) => places.get(site)!,
      neighboursOf: createNeighbours(stations),
    },
    snapshot,
  )

const felt = (site: SiteId, onsetMs: number, changes: Partial<Felt> = {}): Felt => ({
  site,
  key: `${site}/geo-1`,
  onsetMs,
  errorMs: 1500,
  durationS: 12,
  peakMPerS: 2e-6,
  snrDb: 25,
  highMPerS: 3e-7,
  codaDbPerS: -4,
  lagS: null,
  blast: 0.02,
  earthquake: 0.7,
  air: null,
  ...changes,
})

describe('a county of ten thousand sites', () => {
  it('finds the nearest sites of each without a look at all', () => {
    const neighbours = createNeighbours(stations)
    for (const station of [stations[0]!, stations[5_050]!, stations[9_999]!]) {
      const all = stations.filter((s) => s.id !== station.id).map((s) => distanceKm(s, station))
      const nearest = all.sort((a, b) => a - b).slice(0, MOST_NEIGHBOURS)
      expect(neighbours(station.id).map(({ km }) => km)).toEqual(nearest)
    }
  })

  it('takes in an earthquake that all of them feel, at a bounded cost for each, as one event', () => {
    const county = network()
    const source = placeAt({ east: 130, north: 40 })
    const waves = stations
      .map((s) => felt(s.id, START_MS + (1000 * distanceKm(s, source)) / 5.8))
      .sort((a, b) => a.onsetMs - b.onsetMs)
    const startedAt = performance.now()
    const told = waves.flatMap((wave) => county.feel(wave))
    const msEach = (performance.now() - startedAt) / SITES
    const last = new Map(told.map((j) => [j.site, j]))
    const events = new Map<string, number>()
    for (const { attribution } of last.values()) events.set(attribution.event, (events.get(attribution.event) ?? 0) + 1)
    expect(Math.max(...events.values())).toBeGreaterThan(0.98 * SITES)
    expect([...last.values()].filter((j) => j.against > 2).length).toBeGreaterThan(0.98 * SITES)
    // 0.2 ms where nothing else runs: two hundred times less than such an earthquake leaves.
    expect(msEach).toBeLessThan(5)
  })

  it('does not make events of what chance brings', () => {
    // What half an hour of twenty an hour at each site leaves behind.
    const rates = Object.fromEntries(stations.map((s) => [s.id, { count: 10, atMs: START_MS }]))
    const county = network({ version: 1, newestMs: START_MS, made: 0, felt: {}, associations: [], rates })
    const chances = noise(11)
    // Twenty candidates an hour and site: fifty-five a second.
    const candidates = Array.from({ length: 20_000 }, () => {
      const station = stations[Math.floor(chances() * SITES)]!
      return felt(station.id, START_MS + chances() * 360_000, { snrDb: 12 + 12 * chances(), earthquake: 0.3 })
    }).sort((a, b) => a.onsetMs - b.onsetMs)
    const startedAt = performance.now()
    const told = candidates.flatMap((one) => county.feel(one))
    const msEach = (performance.now() - startedAt) / candidates.length
    const acquitted = new Set(told.filter((j) => j.against >= 2).map((j) => `${j.key} ${j.onsetMs}`))
    expect(acquitted.size / candidates.length).toBeLessThan(0.15)
    expect(msEach).toBeLessThan(5)
  })

  it('forgets what nothing can belong to any more, and goes on from a snapshot as if nothing had been', () => {
    const county = network()
    for (const station of stations.slice(0, 3000)) county.feel(felt(station.id, START_MS))
    const copy = network(JSON.parse(JSON.stringify(county.snapshot())))
    const next = felt('s3001' as SiteId, START_MS + 500)
    expect(copy.feel(next)).toEqual(county.feel(next))
    county.feel(felt('s1' as SiteId, START_MS + 400_000))
    const { felt: kept, associations } = county.snapshot()
    expect(Object.keys(kept)).toEqual(['s1'])
    expect(associations).toEqual([])
  })
})
