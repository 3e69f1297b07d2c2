import { REASON_CODES, reasonText } from '@minewarden/cloud/core/detection/reason-text.ts'
import type { ReasonValues } from '@minewarden/cloud/core/detection/reasons.ts'
import { reason } from '@minewarden/cloud/core/detection/reasons.ts'
import { Reason } from '@minewarden/protocol/finding.ts'
import { describe, expect, it } from 'vitest'

const at = '2026-05-01T15:04:05.000Z'
/** One of each; the type makes it complete. */
const EXAMPLES: ReasonValues = {
  blast: { at, probability: 0.91, snrDb: 30 },
  'blast-at-night': { at, probability: 0.91, snrDb: 30 },
  machinery: { minutes: 12, bouts: 3, since: at },
  digging: { minutes: 2, since: at },
  'machinery-with-load': { minutes: 4 },
  'machinery-around-blast': { minutes: 9 },
  'motor-load': { kw: 22, minutes: 5, since: at },
  'motor-starts': { count: 4, kw: 12, since: at },
  'heating-load': { kw: 3, minutes: 5 },
  'probe-status': { sensor: 'probe-1', status: 'occluded', since: at },
  'permit-void': { permit: 'maintenance', at },
  calm: { since: at },
  'sharp-onset': { attackS: 0.08 },
  'round-of-shots': { shots: 6, spanS: 7 },
  'single-burst': { spanS: 0.7 },
  'slow-swell': { riseS: 4 },
  'even-steps': { intervalS: 0.55, count: 20 },
  'low-frequency': { lowShare: 0.9, durationS: 20 },
  'above-background': { snrDb: 31.2 },
  'air-wave': { delayS: 0.9, peakPa: 2.5 },
  'thunder-in-air': { durationS: 8, peakPa: 4 },
  'machine-level': { excessDb: 12, seconds: 90 },
  'machine-tone': { hz: 33, db: 20 },
  'irregular-blows': { kurtosis: 18 },
}

describe('every reason', () => {
  it.each(REASON_CODES)('%s has a sentence in both languages, with its values in it', (code) => {
    const made = reason(code, EXAMPLES[code])
    expect(Reason.safeParse(made).success).toBe(true)
    const en = reasonText(made, 'en')
    const zh = reasonText(made, 'zh')
    for (const text of [en, zh]) {
      expect(text.length).toBeGreaterThan(4)
      expect(text).not.toMatch(/undefined|NaN|null|\[object/)
    }
    expect(en).not.toMatch(/[\u4e00-\u9fff]/)
    expect(zh).toMatch(/[\u4e00-\u9fff]/)
  })

  it('of another version is shown by its code', () => {
    expect(reasonText({ code: 'moonlight', values: {} }, 'en')).toBe('moonlight')
    expect(reasonText({ code: 'toString', values: {} }, 'zh')).toBe('toString')
  })
})
