import type { MachineLine } from '@minewarden/cloud/core/detection/machine/line.ts'
import {
  addNearWork,
  createWorkSpell,
  kindsOf,
  standsStill,
} from '@minewarden/cloud/core/detection/machine/work-spell.ts'
import { describe, expect, it } from 'vitest'

const WINDOW_MS = 5000
const NEAR = { near: 1, excessDb: 25, lined: 1, kurtosis: 3, began: false, stands: 0 }
/** Units due after so many minutes, of which `works` names the windows that had work. */
const unitsOf = (minutes: number, heard = NEAR, kinds = 1, works = (_: number) => true) => {
  const spell = createWorkSpell()
  let units = 0
  for (let i = 1; i <= 12 * minutes; i++)
    if (works(i)) units += addNearWork(spell, { ...heard, atMs: i * WINDOW_MS, minutes: 1 / 12 }, () => kinds)
  return units
}

describe('work near by', () => {
  it('counts once it has gone on for minutes, then as the logarithm', () => {
    expect(unitsOf(1)).toBe(0)
    expect(unitsOf(8)).toBeGreaterThan(0.9)
    expect(unitsOf(80)).toBeLessThan(3 * unitsOf(8))
  })

  it('counts for less the farther off it is, however long it goes on', () => {
    expect(unitsOf(240, { ...NEAR, near: 0.1, excessDb: 9 })).toBeLessThan(0.5)
  })

  it('is none where nothing strange is heard, or without line and rhythm', () => {
    expect(unitsOf(60, NEAR, 0)).toBe(0)
    expect(unitsOf(60, { ...NEAR, lined: 0.1 })).toBe(0)
  })

  it('is not what passes: a minute in each ten', () => {
    expect(unitsOf(120, NEAR, 1, (i) => i % 120 < 12)).toBe(0)
  })

  it('is surer of several machines, and of tools that come and go', () => {
    expect(unitsOf(10, NEAR, 2)).toBeGreaterThan(1.2 * unitsOf(10))
    expect(unitsOf(10, { ...NEAR, kurtosis: 8 })).toBeGreaterThan(1.2 * unitsOf(10))
  })

  it('counts sooner where it keeps its level, and for more the farther it stands out', () => {
    expect(unitsOf(1.5, { ...NEAR, stands: 1 })).toBeGreaterThan(0.4 + unitsOf(1.5))
    expect(unitsOf(8, { ...NEAR, excessDb: 36 })).toBeGreaterThan(1.2 * unitsOf(8, { ...NEAR, excessDb: 20 }))
  })

  it('a level that holds stands still; one that swells and fades as of what drives by does not', () => {
    const windows = (levelAt: (s: number) => number) =>
      Array.from({ length: 8 }, (_, i) => ({ active: true, excessDb: levelAt(5 * i) }))
    // Peak velocity of what passes at its nearest distance over its speed: ten seconds.
    const passing = (s: number) => 25 - 15 * Math.log10(1 + ((s - 15) / 10) ** 2)
    expect(standsStill(windows((s) => 25 + (s % 10) / 5))).toBe(1)
    expect(standsStill(windows(passing))).toBe(0)
    expect(standsStill(windows(() => 25).slice(1))).toBe(0)
  })
})

describe('kinds of machine', () => {
  const line = (hz: number, changes: Partial<MachineLine> = {}): MachineLine => ({
    id: hz,
    form: 'tone',
    sinceMs: 0,
    heardMs: 60_000,
    toldMs: 60_000,
    ended: false,
    hz,
    leastHz: hz,
    mostHz: hz,
    wanderHz: 0,
    errorHz: 0.05,
    db: 20,
    amplitudeMPerS: 1e-6,
    harmonics: 0,
    order: 1,
    presence: 1,
    ...changes,
  })
  const kinds = (lines: readonly MachineLine[]) => kindsOf(lines, 60_000, () => true)

  it('are told by lines that are no multiples of each other', () => {
    expect(kinds([line(12.8), line(25.6), line(38.4), line(51.2)])).toBe(1)
    expect(kinds([line(15.2), line(30.4), line(36.3)])).toBe(2)
  })

  it('leave out what is weak, stale, a multiple, or of the place', () => {
    expect(kinds([line(15, { db: 9 }), line(20, { toldMs: -60_000 }), line(31, { order: 2 })])).toBe(0)
    expect(kindsOf([line(24.6)], 60_000, () => false)).toBe(0)
  })
})
