import { DEFAULT_LAW } from '@minewarden/cloud/core/law/default-rules.ts'
import {
  basisProblems,
  hourProblems,
  isUrgent,
  missingSteps,
  noticeProblems,
  stepProblems,
  stopPowerTime,
} from '@minewarden/cloud/core/law/problems.ts'
import { emptyRecord, type LegalFacts, type LegalRecord } from '@minewarden/cloud/core/law/record.ts'
import type { Basis, StepCode } from '@minewarden/cloud/core/law/rules.ts'
import { takeOver, takeStep, takeWaiver } from '@minewarden/cloud/core/law/take.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { describe, expect, test } from 'vitest'
import { HEAD, OFFICER } from '../../support/cut-off/fixtures.ts'
import { lawfulEntries, lawfulEntry, lawfulWaiver, recorderOf } from '../../support/cut-off/lawful.ts'

const HOUR = 3_600_000
const at = (local: string): Instant => instant(Date.parse(`${local}+08:00`))
const NOON = at('2026-03-04T12:00:00')

const facts = (change: Partial<LegalFacts> = {}): LegalFacts => ({
  law: DEFAULT_LAW,
  basis: 'work-safety-law-70',
  issuerKind: 'emergency-management',
  department: '应急管理局',
  operator: '老虎冲铅锌矿',
  mineral: null,
  ...change,
})
const codes = (problems: readonly { readonly code: string }[]) => problems.map(({ code }) => code)
const basisOf = (record: LegalRecord): Basis => record.basis as Basis
const demandOf = (record: LegalRecord, step: StepCode) => {
  const demand = basisOf(record).demands.find((one) => one.step === step)
  if (!demand) throw new Error(`${step} is not demanded`)
  return demand
}
const complete = (change: Partial<LegalFacts> = {}, first = instant(NOON - 2 * HOUR)): LegalRecord => {
  let record = emptyRecord(facts(change))
  for (const entry of lawfulEntries(basisOf(record), first)) {
    const taken = takeStep(record, entry, recorderOf(OFFICER), instant(NOON + 30 * 24 * HOUR))
    if (!taken.ok) throw new Error(codes(taken.problems).join())
    record = taken.record
  }
  return record
}
const urgent = (record: LegalRecord, when: Instant, now = when): LegalRecord => {
  const taken = takeWaiver(record, { ...lawfulWaiver(when), by: recorderOf(HEAD) }, now)
  if (!taken.ok) throw new Error(codes(taken.problems).join())
  return taken.record
}

describe('which law carries which order', () => {
  test.each<[string, Partial<LegalFacts>, string[]]>([
    ['a known operator', {}, []],
    ['an unknown operator needs another basis', { operator: null }, ['basis-operator']],
    ['a blank operator is none', { operator: ' \u200b' }, ['basis-operator']],
    [
      'a county government is not the department of article 70',
      { issuerKind: 'county-government' },
      ['issuer-incompetent'],
    ],
    [
      'coal law for a coal mine',
      { basis: 'coal-safety-regulation-70', issuerKind: 'county-government', mineral: 'coal' },
      [],
    ],
    [
      'coal law for no coal',
      { basis: 'coal-safety-regulation-70', issuerKind: 'county-government', mineral: 'lead' },
      ['basis-mineral'],
    ],
    [
      'coal law for an unknown mineral',
      { basis: 'coal-safety-regulation-70', issuerKind: 'county-government' },
      ['basis-mineral'],
    ],
    [
      'a repealed regulation',
      { basis: 'state-council-446-13', issuerKind: 'county-government', mineral: 'coal' },
      ['basis-repealed'],
    ],
    [
      'unlawful mining without an operator',
      { basis: 'mineral-resources-law-64', issuerKind: 'natural-resources', operator: null },
      [],
    ],
    [
      're-supply and theft of power',
      { basis: 'power-supply-regulation-40', issuerKind: 'power-administration', operator: null },
      [],
    ],
    ['a law that nobody wrote', { basis: 'because' }, ['no-record']],
  ])('%s', (_name, change, expected) => {
    expect(codes(basisProblems(emptyRecord(facts(change)), NOON))).toEqual(expected)
  })

  test('a law that is not in force yet carries nothing, and one that was repealed carried what was before', () => {
    const mineral = emptyRecord(facts({ basis: 'mineral-resources-law-64', issuerKind: 'natural-resources' }))
    expect(codes(basisProblems(mineral, at('2025-06-30T23:59:59')))).toEqual(['basis-not-yet'])
    expect(codes(basisProblems(mineral, at('2025-07-01T00:00:00')))).toEqual([])
    const old = emptyRecord(facts({ basis: 'state-council-446-13', issuerKind: 'county-government', mineral: 'coal' }))
    expect(codes(basisProblems(old, at('2024-04-30T23:59:59')))).toEqual([])
    expect(codes(basisProblems(old, at('2024-05-01T00:00:00')))).toEqual(['basis-repealed'])
  })
})

describe('steps', () => {
  test.each(DEFAULT_LAW.bases.map(({ code }) => code))(
    '%s: nothing is missing once each demand is recorded',
    (basis) => {
      const kind = DEFAULT_LAW.bases.find(({ code }) => code === basis)?.issuers[0] as LegalFacts['issuerKind']
      const change = { basis, issuerKind: kind, mineral: 'coal' }
      expect(missingSteps(complete(change), NOON)).toEqual([])
      expect(codes(missingSteps(emptyRecord(facts(change)), NOON))).not.toContain('no-record')
      expect(missingSteps(emptyRecord(facts(change)), NOON).length).toBe(
        basisOf(emptyRecord(facts(change))).demands.length,
      )
    },
  )

  test.each<[StepCode, object, string]>([
    ['decision', { number: null }, 'step-number'],
    ['decision', { number: ' \u200b ' }, 'step-number'],
    ['decision', { number: '全应急〔2026〕stop-decision' }, 'step-number-twice'],
    ['decision', { people: [] }, 'step-people'],
    ['decision', { at: instant(NOON + HOUR) }, 'step-ahead'],
    ['decision', { at: instant(NOON - 181 * 24 * HOUR) }, 'step-old'],
    ['decision', { at: instant(Number.NaN) }, 'step-ahead'],
    ['decision', { stopAt: instant(NOON - 100 * 24 * HOUR) }, 'step-stop-time'],
    ['service', { stopAt: NOON }, 'step-stop-time'],
    ['officers', { people: [{ name: '甲', certificate: '1' }] }, 'step-people'],
    [
      'officers',
      {
        people: [
          { name: '甲', certificate: '1' },
          { name: '甲 ', certificate: '2' },
        ],
      },
      'step-people-twice',
    ],
    [
      'officers',
      {
        people: [
          { name: '甲', certificate: '1' },
          { name: '乙', certificate: '１' },
        ],
      },
      'step-certificates',
    ],
    [
      'officers',
      {
        people: [
          { name: '甲', certificate: '1' },
          { name: '乙', certificate: null },
        ],
      },
      'step-certificates',
    ],
    ['legal-review', { people: [{ name: 'officers-0', certificate: null }] }, 'step-reviewer'],
    ['rights', { details: { government: '县政府' } }, 'step-detail'],
    ['rights', { details: { government: '县政府', court: ' ' } }, 'step-detail'],
    ['refusal', { at: instant(NOON - 3 * HOUR) }, 'step-before'],
    ['service', { at: instant(NOON - 3 * HOUR) }, 'step-before'],
  ])('%s as %j is refused: %s', (step, change, problem) => {
    const record = complete()
    const entry = lawfulEntry(demandOf(record, step), instant(NOON - HOUR), change)
    expect(codes(stepProblems(entry, demandOf(record, step), record, NOON))).toContain(problem)
    expect(takeStep(record, entry, recorderOf(OFFICER), NOON)).toMatchObject({ ok: false })
  })

  test('a step that the basis does not ask for is not recorded', () => {
    const entry = { ...lawfulEntry(demandOf(complete(), 'decision'), NOON), step: 'closure-decision' as const }
    expect(takeStep(complete(), entry, recorderOf(OFFICER), NOON)).toMatchObject({ ok: false })
  })

  test('a step is corrected, not doubled', () => {
    const record = complete()
    const entry = lawfulEntry(demandOf(record, 'danger'), instant(NOON - HOUR), { note: '更正' })
    const taken = takeStep(record, entry, recorderOf(OFFICER), NOON)
    expect(taken.ok && taken.record.steps.filter(({ step }) => step === 'danger').map((one) => one.note)).toEqual([
      '更正',
    ])
  })

  test('one that was taken over long ago carries nothing', () => {
    expect(codes(missingSteps(complete(), instant(NOON + 179 * 24 * HOUR)))).toEqual([])
    expect(codes(missingSteps(complete(), instant(NOON + 181 * 24 * HOUR)))).toContain('step-old')
  })
})

describe('notice', () => {
  test('power may be stopped 24 hours after the operator was told, to the millisecond', () => {
    const record = complete()
    const told = record.steps.find(({ step }) => step === 'operator-notice')?.at as Instant
    expect(stopPowerTime(record, NOON)).toBe(told + 24 * HOUR)
    expect(codes(noticeProblems(record, instant(told + 24 * HOUR - 1)))).toEqual(['notice-running'])
    expect(noticeProblems(record, instant(told + 24 * HOUR))).toEqual([])
  })

  test('never before the time that the decision names', () => {
    const record = complete()
    const steps = record.steps.map((one) =>
      one.step === 'decision' ? { ...one, stopAt: instant(NOON + 72 * HOUR) } : one,
    )
    expect(stopPowerTime({ ...record, steps }, NOON)).toBe(NOON + 72 * HOUR)
    expect(stopPowerTime(urgent({ ...record, steps }, NOON), NOON)).toBe(NOON + 72 * HOUR)
  })

  test('an emergency waives it, and what else has no time, and nothing more', () => {
    const record = complete()
    const steps = record.steps.filter(({ step }) => !['operator-notice', 'urging', 'statement-heard'].includes(step))
    expect(codes(noticeProblems({ ...record, steps }, NOON))).toEqual(['notice-missing'])
    const declared = urgent({ ...record, steps }, NOON)
    expect(noticeProblems(declared, NOON)).toEqual([])
    expect(missingSteps(declared, NOON)).toEqual([])
    const without = { ...declared, steps: steps.filter(({ step }) => step !== 'service') }
    expect(codes(missingSteps(without, NOON))).toEqual(['step-missing'])
  })
})

describe('the emergency', () => {
  const declare = (change: object, by = HEAD) =>
    takeWaiver(complete(), { ...lawfulWaiver(NOON), by: recorderOf(by), ...change }, NOON)

  test.each<[object, string]>([
    [{ number: ' ' }, 'waiver-words'],
    [{ danger: '危险' }, 'waiver-words'],
    [{ reason: '急急  急急 ' }, 'waiver-words'],
    [{ at: instant(NOON + HOUR) }, 'waiver-ahead'],
    [{ at: instant(NOON - 25 * HOUR) }, 'waiver-lapsed'],
    [{ number: '全应急〔2026〕decision' }, 'step-number-twice'],
  ])('with %j is none: %s', (change, problem) => {
    const taken = declare(change)
    expect(taken.ok ? [] : codes(taken.problems)).toContain(problem)
  })

  test('is declared by a head', () => {
    const taken = declare({}, OFFICER)
    expect(taken.ok ? [] : codes(taken.problems)).toEqual(['waiver-not-head'])
  })

  test('lapses after a day', () => {
    const record = urgent(complete(), NOON)
    expect(isUrgent(record, instant(NOON + 24 * HOUR))).toBe(true)
    expect(isUrgent(record, instant(NOON + 24 * HOUR + 1))).toBe(false)
  })

  test('is not taken over from an order before; what was done is', () => {
    const before = urgent(complete(), NOON)
    const next = takeOver(emptyRecord(facts()), before, '450324-1')
    expect(next.waiver).toBeNull()
    expect(next.steps).toHaveLength(before.steps.length)
    expect(next.steps.every(({ from }) => from === '450324-1')).toBe(true)
  })

  test.each<[string, Partial<LegalFacts>]>([
    ['another operator', { operator: '别的矿' }],
    ['another authority', { issuerKind: 'natural-resources' }],
    ['another department', { department: '自然资源局' }],
    ['another basis', { basis: 'mineral-resources-law-64' }],
  ])('for %s nothing is taken over', (_name, change) => {
    expect(takeOver(emptyRecord(facts(change)), complete(), '450324-1').steps).toEqual([])
  })
})

test.each([
  ['2026-03-04T12:00:00', []],
  ['2026-03-04T23:00:00', ['night']],
  ['2026-02-16T12:00:00', ['holiday']],
  ['2026-02-16T23:00:00', ['night', 'holiday']],
  ['2028-03-01T12:00:00', ['holidays-unknown']],
])('at %s power is held by %j, and by nothing in an emergency', (local, expected) => {
  const record = emptyRecord(facts())
  expect(codes(hourProblems(record, at(local)))).toEqual(expected)
  expect(hourProblems(urgent(record, at(local)), at(local))).toEqual([])
})
