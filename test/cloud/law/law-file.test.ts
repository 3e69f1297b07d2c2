import { DEFAULT_LAW } from '@minewarden/cloud/core/law/default-rules.ts'
import { readLaw } from '@minewarden/cloud/core/law/law-file.ts'
import { CORE_STEPS, STEP_CODES } from '@minewarden/cloud/core/law/rules.ts'
import { expect, test } from 'vitest'

const [basis] = DEFAULT_LAW.bases
const read = (file: unknown) => readLaw(DEFAULT_LAW, file)

test('a county replaces one basis and one year, and keeps the rest', () => {
  const year = { year: 2027, announced: true, days: ['2027-01-01', '2027-02-08'], source: '国办通知' }
  const law = read({ version: '450324-1', bases: [{ ...basis, noticeHours: 48 }], holidays: [year] })
  expect(law).toMatchObject({ ok: true, value: { version: '450324-1', night: DEFAULT_LAW.night } })
  if (!law.ok) return
  expect(law.value.bases.find(({ code }) => code === basis?.code)?.noticeHours).toBe(48)
  expect(law.value.bases).toHaveLength(DEFAULT_LAW.bases.length)
  expect(law.value.holidays.map(({ year: one }) => one).sort()).toEqual([2026, 2027])
})

test.each(CORE_STEPS)('no basis goes without the step %s', (step) => {
  const demands = basis?.demands.filter((demand) => demand.step !== step)
  const law = read({ version: 'x', bases: [{ ...basis, demands }] })
  expect(law).toMatchObject({ ok: false })
  if (!law.ok) expect(law.problems[0]).toEqual({ path: 'bases.0.demands', message: `${step} is missing` })
})

test.each<[string, object]>([
  ['version', {}],
  ['version', { version: DEFAULT_LAW.version }],
  ['bases', { version: 'x', bases: [basis, basis] }],
  ['bases.0.demands.0.step', { version: 'x', bases: [{ ...basis, demands: [{ step: 'luck', source: 's' }] }] }],
  [
    'holidays.0.days.0',
    { version: 'x', holidays: [{ year: 2027, announced: true, days: ['2026-01-01'], source: 's' }] },
  ],
  ['night.fromHour', { version: 'x', night: { fromHour: 3, toHour: 6, source: 's' } }],
])('a wrong file is refused with the field %s', (path, file) => {
  const law = read(file)
  expect(law.ok ? [] : law.problems.map((problem) => problem.path)).toContain(path)
})

test('every step that the shipped law demands names its source, and stands after steps that exist', () => {
  for (const { demands, code } of DEFAULT_LAW.bases) {
    for (const demand of demands) {
      expect(demand.source, `${code} ${demand.step}`).not.toBe('')
      for (const before of demand.after) expect(STEP_CODES).toContain(before)
    }
  }
})

test('every basis of the shipped law says what a lawyer must still check', () => {
  for (const { code, lawyer } of DEFAULT_LAW.bases) expect(lawyer.length, code).toBeGreaterThan(0)
})
