import { type Checked, check } from '@minewarden/protocol/errors.ts'
import { z } from 'zod'
import { Basis, HolidayYear, LawRules, NightRule } from './rules.ts'

/**
 * A county's own file (`orders.lawFile`): what differs from the law that we ship. A basis replaces the one with its
 * code, or is added; a year of holidays replaces that year. It has a version of its own: what was changed by hand may
 * not pass for what we ship.
 */
export const LawFile = z.strictObject({
  version: z.string().min(1).max(64),
  night: NightRule.optional(),
  holidays: z.array(HolidayYear).max(30).default([]),
  bases: z.array(Basis).max(64).default([]),
  stepMaxAgeDays: z.number().int().min(1).max(3650).optional(),
})
export type LawFile = z.infer<typeof LawFile>

/** The law of a county: ours with its file laid over it. Problems name the fields of the file. */
export function readLaw(shipped: LawRules, file: unknown): Checked<LawRules> {
  const checked = check(LawFile, file)
  if (!checked.ok) return checked
  const { version, night, holidays, bases, stepMaxAgeDays } = checked.value
  if (version === shipped.version)
    return { ok: false, problems: [{ path: 'version', message: `${version} is the version of the shipped law` }] }
  const codes = bases.map(({ code }) => code)
  const years = holidays.map(({ year }) => year)
  const twice = codes.find((code, i) => codes.indexOf(code) !== i) ?? years.find((year, i) => years.indexOf(year) !== i)
  if (twice !== undefined) return { ok: false, problems: [{ path: 'bases', message: `${twice} is listed twice` }] }
  return check(LawRules, {
    ...shipped,
    version,
    night: night ?? shipped.night,
    stepMaxAgeDays: stepMaxAgeDays ?? shipped.stepMaxAgeDays,
    holidays: [...shipped.holidays.filter(({ year }) => !years.includes(year)), ...holidays],
    bases: [...shipped.bases.filter(({ code }) => !codes.includes(code)), ...bases],
  })
}
