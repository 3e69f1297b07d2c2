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
  drilling: { hz: 36, bouts: 3, since: at },
  generator: { hz: 25.3, since: at },
  digging: { minutes: 2, since: at },
  'machinery-with-load': { minutes: 4 },
  'machinery-around-blast': { minutes: 9 },
  'motor-load': { kw: 22, minutes: 5, since: at },
  'motor-starts': { count: 4, fromKw: 11, toKw: 15, since: at },
  'heating-load': { kw: 3, minutes: 5 },
  'probe-status': { sensor: 'probe-1', status: 'occluded', since: at },
  'permit-void': { permit: 'maintenance', at },
  'sensors-silent': { kinds: 'geophone power-meter', since: at },
  'background-raised': { sensor: 'geo-1', db: 6, hours: 24, fromHz: 9, toHz: 18, since: at },
  calm: { since: at },
  'felt-earthquake': { sites: 12, km: 84 },
  'felt-quarry': { sites: 3, km: 7.4, quarry: 'Shiwan quarry' },
  'felt-thunder': { sites: 4 },
  'felt-far': { sites: 2, km: -1 },
  'near-other-site': { site: '450324-0002', sites: 3, km: 6.1 },
  'near-this-site': { sites: 3 },
  'located-within': { km: 2.5 },
  'generator-runs': { hz: 25.3, minutes: 6, since: at, cut: at },
  'machines-without-load': { minutes: 12, since: at, cut: '' },
  'supply-returned': { watts: 4200, since: at, cut: at },
  'neighbour-feeds': { meter: 'gw-9/meter-1', starts: 3, since: at },
  'grade-few-kinds': { kinds: 'geophone' },
  'grade-few-causes': { causes: 'none' },
  'grade-explained-load': { kw: 1.2, ratedKw: 5.5 },
  'grade-permit': {},
  'grade-late': { kinds: 'geophone power-meter' },
  'sharp-onset': { attackS: 0.08 },
  'round-of-shots': { shots: 6, spanS: 7 },
  'single-burst': { spanS: 0.7 },
  'slow-swell': { riseS: 4 },
  'slow-coda': { dbPerS: 4.2 },
  'quick-end': { dbPerS: 21 },
  'two-waves': { lagS: 4.5, distanceKm: 36 },
  'even-steps': { intervalS: 0.55, count: 20 },
  'low-frequency': { lowShare: 0.9, durationS: 20 },
  'above-background': { snrDb: 31.2 },
  'air-wave': { delayS: 0.32, peakPa: 2.5, distanceM: 108.8 },
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

  it('is said in numbers as people say them', () => {
    const en = <C extends keyof ReasonValues>(code: C, values: ReasonValues[C]) =>
      reasonText(reason(code, values), 'en')
    const zh = <C extends keyof ReasonValues>(code: C, values: ReasonValues[C]) =>
      reasonText(reason(code, values), 'zh')
    expect([0.432, 1.84, 38.4, 72, 3725].map((seconds) => en('machine-level', { excessDb: 12.3, seconds }))).toEqual(
      ['0.43 s', '1.8 s', '38 s', '1 min 12 s', '1 h 2 min'].map((t) => `12 dB above the quiet level for ${t}`),
    )
    expect(zh('machine-level', { excessDb: 12.3, seconds: 72 })).toBe('高出平静水平 12 分贝，1 分 12 秒')
    expect([0.45, 3.24, 41.7].map((kw) => en('heating-load', { kw, minutes: 0.3 }))).toEqual(
      ['450 W', '3.2 kW', '42 kW'].map((t) => `heating or lighting load of ${t} for less than 1 min`),
    )
    expect(zh('heating-load', { kw: 3.24, minutes: 95 })).toBe('照明或取暖负荷 3.2 千瓦，持续 1 小时 35 分')
    expect(en('motor-starts', { count: 4, fromKw: 10.8, toKw: 15.2, since: at })).toBe(
      '4 motor starts of 11-15 kW since 15:04 UTC',
    )
    expect(en('air-wave', EXAMPLES['air-wave'])).toBe('air wave of 2.5 Pa 0.32 s after the ground: about 110 m')
    expect(zh('air-wave', EXAMPLES['air-wave'])).toBe('地面之后 0.32 秒有空气冲击波 2.5 帕：约 110 米')
  })

  it.each(REASON_CODES)('%s is punctuated in Chinese as Chinese is', (code) => {
    expect(reasonText(reason(code, EXAMPLES[code]), 'zh')).not.toMatch(/[,;:!?()](?!\d)/)
  })

  it('tells the zone of its times, if they have one', () => {
    const told = (time: string) => reasonText(reason('blast', { at: time, probability: 0.973, snrDb: 30 }), 'en')
    expect(told('2026-05-01T15:04:05.000Z')).toBe('blast 15:04:05 UTC p=0.97')
    expect(told('2026-05-01T23:04:05+08:00')).toBe('blast 23:04:05+08:00 p=0.97')
    expect(told('2026-05-01T23:04:05')).toBe('blast 23:04:05 p=0.97')
  })

  it.each(REASON_CODES)('%s of an older version, with a value missing, is still a sentence', (code) => {
    const kept = Object.entries(EXAMPLES[code]).filter(([name]) => !['distanceM', 'fromKw', 'toKw'].includes(name))
    for (const language of ['zh', 'en'] as const) {
      expect(reasonText({ code, values: Object.fromEntries(kept) }, language)).not.toMatch(/undefined|NaN/)
    }
  })

  it('of another version is shown by its code', () => {
    expect(reasonText({ code: 'moonlight', values: {} }, 'en')).toBe('moonlight')
    expect(reasonText({ code: 'toString', values: {} }, 'zh')).toBe('toString')
  })
})
