import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditFact } from '@minewarden/cloud/core/audit.ts'
import { DEFAULT_PARAMETERS } from '@minewarden/cloud/core/detection/parameters.ts'
import type { User } from '@minewarden/cloud/core/ports.ts'
import {
  PARAMETER_BOUNDS,
  PARAMETER_NAMES,
  SiteParameters,
  shownParameters,
} from '@minewarden/cloud/core/tuning/site-parameters.ts'
import { createTuning } from '@minewarden/cloud/core/tuning/tuning.ts'
import { openTuning } from '@minewarden/cloud/shell/tuning-sqlite.ts'
import { SiteId, UserId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const SITE = SiteId.parse('a')
const OFFICER: User = { id: UserId.parse('u'), name: 'n', department: 'd', role: 'officer' }
const HOUR = 3_600_000
let folder = ''
let now = 1_000_000
const audited: AuditFact[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'minewarden-tuning-'))
  now = 1_000_000
  audited.length = 0
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function open() {
  const file = openTuning(join(folder, 'findings.sqlite'))
  const clock = { now: () => instant(now) }
  const audit = async (fact: AuditFact) => void audited.push(fact)
  return { file, tuning: createTuning({ store: file, county: DEFAULT_PARAMETERS, audit, clock }) }
}
const change = (parameters: SiteParameters, effectiveAt: number | null = null) => ({
  parameters,
  effectiveAt: effectiveAt === null ? null : instant(effectiveAt),
  reason: 'a quarry works next door',
})

describe('parameters of a site', () => {
  test('are the county’s until somebody changes some of them, and no other site’s', async () => {
    const { tuning } = open()
    expect(tuning.parametersOf(SITE, instant(now))).toEqual(DEFAULT_PARAMETERS)
    await tuning.change(SITE, change({ suspectedAt: 0.5, silentAfterMinutes: 60 }), OFFICER)
    expect(tuning.parametersOf(SITE, instant(now))).toEqual({
      ...DEFAULT_PARAMETERS,
      suspectedAt: 0.5,
      silentAfterMs: 3_600_000,
    })
    expect(tuning.parametersOf(SiteId.parse('b'), instant(now))).toEqual(DEFAULT_PARAMETERS)
    expect(audited).toMatchObject([
      { actor: 'u', action: 'site.tuned', subject: 'a', detail: { parameters: { suspectedAt: 0.5 }, before: {} } },
    ])
  })

  test('come into force at their time, are told due once, and survive a restart with their numbers', async () => {
    const { file, tuning } = open()
    await tuning.change(SITE, change({ watchAt: -4 }), OFFICER)
    await tuning.change(SITE, change({ watchAt: -2 }, now + HOUR), OFFICER)
    now += 1000
    expect(tuning.due(instant(now))).toEqual([SITE])
    expect(tuning.due(instant(now + 1000))).toEqual([])
    expect(tuning.parametersOf(SITE, instant(now)).watchAt).toBe(-4)
    expect(tuning.due(instant(now + HOUR))).toEqual([SITE])
    file.close()
    const again = open()
    expect(again.tuning.versionsOf(SITE).map(({ version, reason }) => [version, reason])).toEqual([
      [2, 'a quarry works next door'],
      [1, 'a quarry works next door'],
    ])
    expect(again.tuning.parametersOf(SITE, instant(now + HOUR)).watchAt).toBe(-2)
    again.file.close()
  })

  test('a later decision counts over an earlier plan', async () => {
    const { tuning } = open()
    await tuning.change(SITE, change({ watchAt: -5 }, now + HOUR), OFFICER)
    await tuning.change(SITE, change({ watchAt: -2 }), OFFICER)
    expect(tuning.parametersOf(SITE, instant(now + 2 * HOUR)).watchAt).toBe(-2)
  })

  test('nobody changes the past, plans for years, or without being an officer', async () => {
    const { tuning } = open()
    await expect(tuning.change(SITE, change({}, now - 1), OFFICER)).rejects.toThrow(/effectiveAt/)
    await expect(tuning.change(SITE, change({}, now + 32 * 24 * HOUR), OFFICER)).rejects.toThrow(/31 days/)
    await expect(tuning.change(SITE, change({}), { ...OFFICER, role: 'viewer' })).rejects.toThrow(/viewer/)
    expect(audited).toEqual([])
  })
})

describe('the bounds', () => {
  test('hold the defaults', () => {
    const shown = shownParameters(DEFAULT_PARAMETERS)
    for (const name of PARAMETER_NAMES) {
      const [least, most] = PARAMETER_BOUNDS[name]
      expect([name, shown[name] >= least && shown[name] <= most]).toEqual([name, true])
    }
  })

  test.each(PARAMETER_NAMES)('%s is refused beyond them', (name) => {
    const [least, most] = PARAMETER_BOUNDS[name]
    const fits = (value: number) => SiteParameters.safeParse({ [name]: value }).success
    expect([fits(least), fits(most), fits(least - 0.01), fits(most + 0.01), fits(Number.NaN)]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })

  test('states that would fall together are refused, and unknown names', async () => {
    const { tuning } = open()
    expect(() => tuning.tried({ suspectedAt: 2, reopenedAt: 2.5 })).toThrow(/suspectedAt/)
    expect(() => tuning.tried({ watchAt: -1, suspectedAt: -1.5 })).toThrow(/watchAt/)
    expect(SiteParameters.safeParse({ rates: {} }).success).toBe(false)
  })
})
