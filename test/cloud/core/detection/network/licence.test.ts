import { mayBlast } from '@minewarden/cloud/core/detection/network/licence.ts'
import { LicensedQuarry } from '@minewarden/protocol/quarry.ts'
import { describe, expect, it } from 'vitest'

const document = {
  name: 'Shiwan quarry',
  county: '450324',
  latitude: 26,
  longitude: 111,
  radiusKm: 1,
  from: '2026-03-01T00:00:00+08:00',
  to: '2026-12-31T23:59:59+08:00',
  windows: [
    { days: [1, 2, 3, 4, 5], fromHour: 11.5, toHour: 12.5 },
    { days: [7], fromHour: 0, toHour: 1 },
  ],
}
const quarry = LicensedQuarry.parse(document)

describe('a licensed quarry', () => {
  it.each([
    ['2026-05-01T12:00:00+08:00', true, 'a Friday at noon'],
    ['2026-05-01T12:35:00+08:00', true, 'some minutes late'],
    ['2026-05-01T13:00:00+08:00', false, 'after its hour'],
    ['2026-05-02T12:00:00+08:00', false, 'a Saturday'],
    ['2026-05-03T00:30:00+08:00', true, 'a Sunday in China that is a Saturday in UTC'],
    ['2026-02-27T12:00:00+08:00', false, 'before the licence'],
    ['2027-01-01T12:00:00+08:00', false, 'after it'],
  ])('%s: %s, %s', (at, may) => {
    expect(mayBlast(quarry, Date.parse(at), 8)).toBe(may)
  })

  it('has no window over midnight, nor one that ends before it begins', () => {
    const windows = [{ days: [1], fromHour: 23, toHour: 1 }]
    const result = LicensedQuarry.safeParse({ ...document, windows })
    expect(result.error?.issues[0]?.path).toEqual(['windows', 0])
  })
})
