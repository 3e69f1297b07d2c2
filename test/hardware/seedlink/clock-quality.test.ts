import { timingOf } from '@minewarden/hardware/seedlink/clock-quality.ts'
import { describe, expect, it } from 'vitest'

const NTP = { reference: 'ntp', errorMs: 10 } as const
const GNSS = { reference: 'gnss', errorMs: null } as const
const UNKNOWN = { reference: null, errorMs: null } as const
const says = (timingQuality: number | null, clockLocked = false, timeQuestionable = false) => ({
  timingQuality,
  clockLocked,
  timeQuestionable,
})

describe('the clock of an instrument', () => {
  it.each([
    ['a locked clock of a known reference', says(100, true), GNSS, { clock: 'gnss' }],
    ['a high quality, with a bound that was configured', says(95), NTP, { clock: 'ntp', clockErrorMs: 10 }],
    ['a record that says nothing: the configuration counts', says(null), NTP, { clock: 'ntp', clockErrorMs: 10 }],
    ['a quality of 0 where nothing is known', says(0), UNKNOWN, { clock: 'unsynchronised' }],
    ['nothing said, nothing known', says(null), UNKNOWN, { clock: 'holdover' }],
    ['locked, to whatever', says(null, true), UNKNOWN, { clock: 'ntp' }],
    ['a quality that fell: no bound any more', says(60), NTP, { clock: 'holdover' }],
    ['a questionable time, whatever else is said', says(100, true, true), GNSS, { clock: 'holdover' }],
    ['a questionable time that never was good', says(0, false, true), NTP, { clock: 'unsynchronised' }],
  ] as const)('%s', (_what, record, clock, timing) => {
    expect(timingOf(record, clock)).toEqual(timing)
  })
})
