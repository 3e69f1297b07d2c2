import {
  GRID,
  HIDDEN_STATES,
  MOMENTS,
  type Moment,
  momentAt,
  momentIndex,
  STATES,
} from '@minewarden/cloud/core/detection/filter/hidden-state.ts'
import { compileModel, modelOf, STEPS } from '@minewarden/cloud/core/detection/filter/model.ts'
import { DEFAULT_RATES, EVIDENCE_KINDS, type EvidenceKind } from '@minewarden/cloud/core/detection/filter/rates.ts'
import { evidenceIndex, HOT_BYTES_PER_SITE, SiteFilter } from '@minewarden/cloud/core/detection/filter/site-filter.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const START = Date.UTC(2026, 4, 1)
const HOUR = 3_600_000
const model = modelOf(DEFAULT_RATES)
const NIGHT: Moment = { hours: 'night', covered: false, risk: 0 }

const filterAt = (moment: Moment, sites = 1) => {
  const filter = new SiteFilter(model, sites)
  for (let site = 0; site < sites; site++) {
    filter.setMoment(site, momentIndex(moment))
    filter.advance(site, START)
  }
  return filter
}
const beliefs = (filter: SiteFilter, site = 0) => HIDDEN_STATES.map((_, s) => filter.belief(site, s))
const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0)
const oddsAfter = (moment: Moment, ...kinds: EvidenceKind[]) => {
  const filter = filterAt(moment)
  for (const kind of kinds) filter.observe(0, evidenceIndex(kind), 1)
  return filter.miningLogOdds(0)
}

describe('the tables of the model', () => {
  it('hold probabilities: each row of a change adds up to one', () => {
    for (let row = 0; row < MOMENTS * STEPS * STATES; row++) {
      const cells = [...model.transitions.subarray(row * STATES, (row + 1) * STATES)]
      expect(sum(cells)).toBeCloseTo(1, 9)
      for (const p of cells) expect(p).toBeGreaterThanOrEqual(0)
    }
  })

  it('name each moment once', () => {
    for (let index = 0; index < MOMENTS; index++) expect(momentIndex(momentAt(index))).toBe(index)
  })

  it('expect mining of one site in some hundreds, and more of a key area in a key period', () => {
    const of = (moment: Moment) => {
      const base = momentIndex(moment) * STATES
      return model.priors[base + GRID]! + model.priors[base + GRID + 1]!
    }
    expect(of(NIGHT)).toBeGreaterThan(0.001)
    expect(of(NIGHT)).toBeLessThan(0.03)
    expect(of({ ...NIGHT, risk: 2 })).toBeGreaterThan(1.5 * of(NIGHT))
  })

  it('are compiled once for the same rates', () => {
    expect(modelOf(DEFAULT_RATES)).toBe(model)
    expect(compileModel(DEFAULT_RATES).priors).toEqual(model.priors)
  })
})

describe('a belief', () => {
  it('stays a probability whatever is seen, and no state is ruled out', () => {
    const step = fc.record({
      kind: fc.constantFrom(...EVIDENCE_KINDS),
      amount: fc.double({ min: -1, max: 1, noNaN: true }),
      waitMs: fc.integer({ min: 0, max: 40 * HOUR }),
      moment: fc.integer({ min: 0, max: MOMENTS - 1 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const filter = filterAt(NIGHT)
        let at = START
        for (const { kind, amount, waitMs, moment } of steps) {
          at += waitMs
          filter.setMoment(0, moment)
          filter.advance(0, at)
          filter.observe(0, evidenceIndex(kind), amount)
          expect(sum(beliefs(filter))).toBeCloseTo(1, 4)
          for (const p of beliefs(filter)) expect(p).toBeGreaterThan(0)
          expect(Number.isFinite(filter.miningLogOdds(0))).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('goes the same way in one step of time as in many', () => {
    const one = filterAt(NIGHT)
    const many = filterAt(NIGHT)
    for (const filter of [one, many]) filter.observe(0, evidenceIndex('loadLarge'), 1)
    one.advance(0, START + 3 * HOUR)
    for (let at = START; at <= START + 3 * HOUR; at += 7000) many.advance(0, at)
    many.advance(0, START + 3 * HOUR)
    for (const [s, p] of beliefs(one).entries()) expect(p).toBeCloseTo(beliefs(many)[s]!, 5)
  })

  it('fades towards what is usual while the site is watched, and stands still while nobody watches', () => {
    const watched = filterAt(NIGHT)
    const blind = filterAt(NIGHT)
    for (const filter of [watched, blind]) filter.observe(0, evidenceIndex('loadLarge'), 1)
    const before = blind.miningLogOdds(0)
    watched.advance(0, START + 12 * HOUR)
    blind.skip(0, START + 12 * HOUR)
    expect(watched.miningLogOdds(0)).toBeLessThan(before - 1)
    expect(blind.miningLogOdds(0)).toBe(before)
  })

  it('takes a drill or a blast at night for more than by day', () => {
    const day: Moment = { ...NIGHT, hours: 'day' }
    for (const kind of ['drill', 'blastStrong'] as const) {
      expect(oddsAfter(NIGHT, 'machine', kind) - oddsAfter(NIGHT, 'machine')).toBeGreaterThan(
        oddsAfter(day, 'machine', kind) - oddsAfter(day, 'machine'),
      )
    }
  })

  it('takes work under a permit for lawful', () => {
    const seen: EvidenceKind[] = ['machine', 'loadLarge', 'together']
    const crew = filterAt({ ...NIGHT, covered: true })
    crew.advance(0, START + HOUR)
    for (const kind of seen) crew.observe(0, evidenceIndex(kind), 1)
    expect(crew.miningLogOdds(0)).toBeLessThan(0)
    expect(oddsAfter(NIGHT, ...seen)).toBeGreaterThan(3)
  })

  it('is lowered on the grid by hours without load, not off it', () => {
    const filter = filterAt(NIGHT)
    const before = beliefs(filter)
    filter.observe(0, evidenceIndex('loadAbsent'), 1)
    expect(filter.belief(0, GRID)).toBeLessThan(before[GRID]! / 10)
    expect(filter.belief(0, GRID + 1)).toBeGreaterThan(0.9 * before[GRID + 1]!)
  })
})

describe('many sites in one filter', () => {
  it('do not touch each other', () => {
    const filter = filterAt(NIGHT, 5)
    const before = beliefs(filter, 3)
    filter.observe(2, evidenceIndex('blastNear'), 1)
    filter.advance(2, START + HOUR)
    expect(beliefs(filter, 3)).toEqual(before)
    expect(beliefs(filter, 2)).not.toEqual(before)
  })

  it('need few bytes each', () => {
    expect(HOT_BYTES_PER_SITE).toBeLessThanOrEqual(128)
  })

  it('are saved and restored through JSON to the bit', () => {
    const filter = filterAt(NIGHT, 2)
    filter.observe(1, evidenceIndex('drill'), 0.7)
    const other = new SiteFilter(model, 2)
    other.restore(1, JSON.parse(JSON.stringify(filter.save(1))))
    for (const each of [filter, other]) {
      each.advance(1, START + 1234)
      each.observe(1, evidenceIndex('machine'), 0.3)
    }
    expect(other.save(1)).toEqual(filter.save(1))
  })
})
