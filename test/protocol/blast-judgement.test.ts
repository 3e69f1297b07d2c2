import { type BlastJudgement, judgeBlast } from '@minewarden/protocol/blast-judgement.ts'
import { GB_6722_2014, PROTECTED_OBJECTS, STRICTEST_OBJECT } from '@minewarden/protocol/blast-limits.ts'
import type { BlastPeaks } from '@minewarden/protocol/blast-peaks.ts'
import { describe, expect, it } from 'vitest'

const NOTHING: BlastPeaks = {
  verticalMmPerS: null,
  northMmPerS: null,
  eastMmPerS: null,
  verticalHz: null,
  northHz: null,
  eastHz: null,
  vectorMmPerS: null,
  uncertainty: 0,
  airPa: null,
  airDbL: null,
  airUncertainty: null,
}
const dwelling = (peaks: Partial<BlastPeaks>): BlastJudgement =>
  judgeBlast({ ...NOTHING, ...peaks }, { object: 'dwelling' })

describe('the table of limits', () => {
  it.each(PROTECTED_OBJECTS)('%s: each range ascends, and with frequency both ends do', (object) => {
    const { cmPerS } = GB_6722_2014.rows[object]
    for (const [low, high] of cmPerS) expect(low).toBeLessThan(high)
    for (const end of [0, 1] as const) {
      expect(cmPerS[0][end]).toBeLessThanOrEqual(cmPerS[1][end])
      expect(cmPerS[1][end]).toBeLessThanOrEqual(cmPerS[2][end])
    }
  })

  it('is not that of 2003, which most pages still show', () => {
    expect(GB_6722_2014.rows['adobe-house'].cmPerS[0]).toEqual([0.15, 0.45])
  })

  it('has no stricter row than the one taken where a site says nothing', () => {
    const lowest = (object: (typeof PROTECTED_OBJECTS)[number]) =>
      GB_6722_2014.rows[object].cmPerS.flat().reduce((a, b) => Math.min(a, b))
    for (const object of PROTECTED_OBJECTS) expect(lowest(STRICTEST_OBJECT)).toBeLessThanOrEqual(lowest(object))
    expect(judgeBlast(NOTHING).object).toBe(STRICTEST_OBJECT)
  })
})

describe('a judgement', () => {
  it('holds each axis against the limit at its own frequency', () => {
    const { axes, share } = dwelling({
      verticalMmPerS: 3,
      verticalHz: 5,
      northMmPerS: 3,
      northHz: 30,
      eastMmPerS: 3,
      eastHz: 200,
    })
    expect([axes.vertical, axes.north, axes.east].map((axis) => axis?.limitMmPerS)).toEqual([15, 20, 25])
    expect(axes.vertical?.share).toBeCloseTo(0.2, 12)
    expect(share).toBeCloseTo(0.2, 12)
  })

  it('takes the upper end of a range only when told to', () => {
    const peaks = { ...NOTHING, verticalMmPerS: 18, verticalHz: 5 }
    expect(judgeBlast(peaks, { object: 'dwelling' }).verdict).toBe('above')
    expect(judgeBlast(peaks, { object: 'dwelling', end: 'lenient' }).verdict).toBe('below')
  })

  it('does not decide what lies within the uncertainty, on either side', () => {
    const at = (verticalMmPerS: number) => dwelling({ verticalMmPerS, verticalHz: 5, uncertainty: 0.1 }).verdict
    expect([13.6, 13.7, 16.6, 16.7].map(at)).toEqual(['below', 'undecidable', 'undecidable', 'above'])
  })

  it('does not decide between two bands where the frequency may lie in either', () => {
    const at = (verticalMmPerS: number) => dwelling({ verticalMmPerS, verticalHz: 10.5 }).verdict
    expect([14, 17, 21].map(at)).toEqual(['below', 'undecidable', 'above'])
  })

  it('without a frequency is below only the strictest band, and above only the most lenient', () => {
    const at = (verticalMmPerS: number) => dwelling({ verticalMmPerS }).verdict
    expect([14, 16, 24, 26].map(at)).toEqual(['below', 'undecidable', 'undecidable', 'above'])
  })

  it('believes a peak of unknown calibration to a half', () => {
    const at = (verticalMmPerS: number) => dwelling({ verticalMmPerS, verticalHz: 5, uncertainty: null }).verdict
    expect([9.9, 10.1, 29.9, 30.1].map(at)).toEqual(['below', 'undecidable', 'undecidable', 'above'])
  })

  it('is above if one axis is, and says nothing of axes that were not measured', () => {
    const judged = dwelling({ verticalMmPerS: 1, verticalHz: 5, eastMmPerS: 30, eastHz: 5 })
    expect(judged.verdict).toBe('above')
    expect(judged.axes.north).toBeNull()
    expect(dwelling({})).toMatchObject({ share: null, verdict: null, air: null })
  })

  it('holds the air against what persons may be exposed to', () => {
    expect(dwelling({ airPa: 20, airUncertainty: 0.1 }).air).toEqual({ limitPa: 2000, share: 0.01, verdict: 'below' })
    expect(dwelling({ airPa: 3500, airUncertainty: null }).air?.verdict).toBe('undecidable')
    expect(dwelling({ airPa: 4100, airUncertainty: null }).air?.verdict).toBe('above')
  })
})
