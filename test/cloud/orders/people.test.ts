import {
  type AllOut,
  allOutProblem,
  beginEvacuation,
  type Disturbance,
  disturb,
  type Evacuation,
  evacuationProblem,
  fumesProblem,
  groundProblem,
  NOTHING_KNOWN,
  type PeopleRecord,
  type PeopleStatement,
  type Taken,
  takeAllOut,
  takeFumes,
  takeStatement,
} from '@minewarden/cloud/core/orders/people.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { describe, expect, test } from 'vitest'
import { NOW, OFFICER } from '../../support/cut-off/fixtures.ts'
import { recorderOf } from '../../support/cut-off/lawful.ts'

const MINUTE = 60_000
const by = recorderOf(OFFICER)
const GOOD = [
  { name: '甲', unit: '镇政府' },
  { name: '乙', unit: '派出所' },
]
const RESCUE = { name: '丙', unit: '救护队' }
const at = (minutes: number, ms = 0): Instant => instant(NOW + minutes * MINUTE + ms)
const stirredAt = (when: Instant): Disturbance => ({ cause: 'vibration', sensor: 'geo-1', at: when })
const none = (when: Instant, people = GOOD): PeopleStatement => ({
  kind: 'none-confirmed',
  at: when,
  people,
  note: '',
  by,
})
const recordOf = (taken: Taken): PeopleRecord => {
  if (!taken.ok) throw new Error(taken.problem.code)
  return taken.record
}
const codeOf = (taken: Taken) => (taken.ok ? null : taken.problem.code)

describe('nobody below ground', () => {
  const said = recordOf(takeStatement(NOTHING_KNOWN, none(NOW), null, NOW))

  test('stands for thirty minutes, and not a millisecond longer', () => {
    expect(groundProblem(said, null, at(30, -1))).toBeNull()
    expect(groundProblem(said, null, at(30))?.code).toBe('people-lapsed')
    expect(codeOf(takeStatement(NOTHING_KNOWN, none(NOW), null, at(30)))).toBe('people-lapsed')
  })

  test('lapses with what stirs at the very moment, and not with what stirred before', () => {
    expect(groundProblem(said, stirredAt(NOW), NOW)?.code).toBe('people-disturbed')
    expect(groundProblem(said, stirredAt(at(0, -1)), NOW)).toBeNull()
    expect(codeOf(takeStatement(NOTHING_KNOWN, none(NOW), stirredAt(NOW), NOW))).toBe('people-disturbed')
    expect(takeStatement(NOTHING_KNOWN, none(NOW), stirredAt(at(0, -1)), NOW).ok).toBe(true)
  })

  test('does not come back when the sensors forget', () => {
    const disturbed = disturb(said, stirredAt(at(1)), at(1))
    expect(disturbed && groundProblem(disturbed, null, at(1))?.code).toBe('people-disturbed')
    expect(disturbed && groundProblem(disturbed, stirredAt(at(-5)), at(1))?.code).toBe('people-disturbed')
  })

  test('is noted to be disturbed at the very moment and a millisecond later, and not by what stirred before', () => {
    for (const ms of [0, 1]) {
      const when = at(0, ms)
      expect(disturb(said, stirredAt(when), at(1))?.disturbed?.at).toBe(when)
    }
    expect(disturb(said, stirredAt(at(0, -1)), at(1))).toBeNull()
  })

  test('needs two people who are named, and different, and of a unit', () => {
    const [one] = GOOD as [{ name: string; unit: string }]
    for (const people of [
      [],
      [one],
      [one, { ...one, name: '甲 ' }],
      [one, { name: ' ', unit: 'x' }],
      [one, { name: '乙', unit: '' }],
    ]) {
      expect(codeOf(takeStatement(NOTHING_KNOWN, none(NOW, people), null, NOW))).toBe('people-too-few')
      expect(groundProblem({ ...said, statement: none(NOW, people) }, null, NOW)?.code).toBe('people-too-few')
    }
  })

  test('never overrides a later word that people are there; that word overrides everything', () => {
    const present = { ...none(NOW), kind: 'present' as const, people: [] }
    const there = recordOf(takeStatement(said, present, null, NOW))
    expect(codeOf(takeStatement(there, none(at(-1)), null, NOW))).toBe('people-older')
    expect(groundProblem(there, null, NOW)?.code).toBe('people-present')
    const long = recordOf(takeStatement(said, { ...present, at: at(-600) }, null, NOW))
    expect(groundProblem(long, null, NOW)?.code).toBe('people-present')
    expect(groundProblem(NOTHING_KNOWN, null, NOW)?.code).toBe('people-unknown')
  })

  test('is not dated ahead', () => {
    expect(codeOf(takeStatement(NOTHING_KNOWN, none(at(1, 1)), null, NOW))).toBe('people-ahead')
    expect(groundProblem({ ...said, statement: none(at(5)) }, null, NOW)?.code).toBe('people-ahead')
    expect(groundProblem({ ...said, statement: none(instant(Number.NaN)) }, null, NOW)?.code).toBe('people-ahead')
  })
})

const EVACUATION: Evacuation = {
  ...{ begunAt: NOW, siren: true, loudspeaker: false, messages: '短信', delayMs: 45 * MINUTE },
  ...{ rescue: RESCUE, police: { name: '丁', unit: '派出所' }, neighbours: '无连通', by },
}

describe('evacuation', () => {
  test.each<[string, Partial<Evacuation>]>([
    ['evacuation-silent', { siren: false }],
    ['evacuation-untold', { messages: ' ' }],
    ['evacuation-helpers', { rescue: { name: '', unit: '救护队' } }],
    ['evacuation-helpers', { police: { name: '丙', unit: '派出所' } }],
    ['evacuation-helpers', { police: { name: '丁', unit: ' ' } }],
    ['evacuation-neighbours', { neighbours: '' }],
    ['evacuation-short', { delayMs: 45 * MINUTE - 1 }],
  ])('is refused as %s', (code, change) => {
    expect(codeOf(beginEvacuation(NOTHING_KNOWN, { ...EVACUATION, ...change }, 45 * MINUTE))).toBe(code)
  })

  test('is never shorter than half an hour, whatever the site says', () => {
    expect(codeOf(beginEvacuation(NOTHING_KNOWN, { ...EVACUATION, delayMs: 10 * MINUTE }, MINUTE))).toBe(
      'evacuation-short',
    )
    const record = { ...NOTHING_KNOWN, evacuation: { ...EVACUATION, delayMs: 0 } }
    expect(evacuationProblem(record, at(30, -1))?.code).toBe('evacuation-running')
    expect(evacuationProblem(record, at(30))).toBeNull()
  })

  test('begins once, and ends to the millisecond', () => {
    const begun = recordOf(beginEvacuation(NOTHING_KNOWN, EVACUATION, 45 * MINUTE))
    expect(codeOf(beginEvacuation(begun, EVACUATION, 45 * MINUTE))).toBe('evacuation-again')
    expect(evacuationProblem(begun, at(45, -1))?.code).toBe('evacuation-running')
    expect(evacuationProblem(begun, at(45))).toBeNull()
    expect(evacuationProblem(NOTHING_KNOWN, NOW)?.code).toBe('evacuation-none')
  })
})

describe('everybody out', () => {
  const begun = { ...NOTHING_KNOWN, evacuation: EVACUATION }
  const out = (change: Partial<AllOut> = {}): AllOut => ({ at: at(10), people: GOOD, rescue: RESCUE, by, ...change })

  test.each<[string, Partial<AllOut>]>([
    ['all-out-before', { at: at(-1) }],
    ['people-too-few', { people: GOOD.slice(0, 1) }],
    ['all-out-rescue', { rescue: { name: '甲', unit: '救护队' } }],
    ['all-out-rescue', { rescue: { name: '', unit: '救护队' } }],
    ['people-ahead', { at: at(20) }],
  ])('is refused as %s', (code, change) => {
    expect(codeOf(takeAllOut(begun, out(change), null, at(10)))).toBe(code)
  })

  test('is void without an evacuation, with anything that stirs, and with the word that people are there', () => {
    expect(codeOf(takeAllOut(NOTHING_KNOWN, out(), null, at(10)))).toBe('all-out-before')
    const signed = recordOf(takeAllOut(begun, out(), null, at(10)))
    expect(allOutProblem(signed, null)).toBeNull()
    expect(allOutProblem(signed, stirredAt(at(10)))?.code).toBe('all-out-disturbed')
    expect(allOutProblem(signed, stirredAt(at(10, -1)))).toBeNull()
    const heard = disturb(signed, stirredAt(at(11)), at(11))
    expect(heard && allOutProblem(heard, null)?.code).toBe('all-out-disturbed')
    const there = recordOf(takeStatement(signed, { ...none(at(11)), kind: 'unknown', people: [] }, null, at(11)))
    expect(allOutProblem(there, null)?.code).toBe('all-out-none')
  })
})

describe('fumes', () => {
  const blasted = { ...NOTHING_KNOWN, blastAt: NOW }
  const clear = (change: object = {}) => ({ at: at(15), people: GOOD, coPpm: 24, no2Ppm: 2.5, by, ...change })

  test.each<[string, object]>([
    ['fumes-old', { at: NOW }],
    ['fumes-soon', { at: at(15, -1) }],
    ['fumes-over', { coPpm: 24.1 }],
    ['fumes-over', { no2Ppm: 2.6 }],
    ['fumes-over', { coPpm: -1 }],
    ['fumes-over', { coPpm: Number.NaN }],
    ['people-too-few', { people: GOOD.slice(0, 1) }],
    ['people-ahead', { at: at(40) }],
  ])('are not clear: %s as %j', (code, change) => {
    expect(codeOf(takeFumes(blasted, clear(change), null, at(20)))).toBe(code)
  })

  test('are clear at the limits, until the next blast, whoever knows of it', () => {
    const certified = recordOf(takeFumes(blasted, clear(), null, at(20)))
    expect(fumesProblem(certified, null)).toBeNull()
    expect(fumesProblem(certified, at(16))?.code).toBe('fumes-old')
    const again = disturb(certified, { cause: 'blast', sensor: 'geo-1', at: at(30) }, at(30))
    expect(again && fumesProblem(again, null)?.code).toBe('fumes-old')
    expect(fumesProblem(NOTHING_KNOWN, null)).toBeNull()
    expect(fumesProblem(NOTHING_KNOWN, NOW)?.code).toBe('fumes-none')
  })

  test('a clock that runs ahead makes no blast of the future', () => {
    const heard = disturb(NOTHING_KNOWN, { cause: 'blast', sensor: 'geo-1', at: at(600) }, NOW)
    expect(heard?.blastAt).toBe(NOW)
  })
})
