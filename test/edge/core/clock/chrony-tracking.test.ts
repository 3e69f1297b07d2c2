import { readChronyTracking } from '@minewarden/edge/core/clock/chrony-tracking.ts'
import { describe, expect, it } from 'vitest'

// As chronyc 4.3 wrote them.
const SEEKING =
  '00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised\n'
const HELD =
  '7F000001,127.0.0.1,4,1795364682.937022850,0.000006523,0.000002429,0.000002429,1.062,0.000,13.967,0.000053652,0.000056333,2.0,Normal\n'
const OWN =
  '7F7F0101,,3,1795364676.690471117,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,0.000000000,0.000000000,0.0,Normal\n'
const SATELLITE =
  '47505300,GPS,1,1795364682.937022850,-0.000006523,0.000002429,0.000002429,1.062,0.000,0.031,0.000000001,0.000001333,16.0,Normal\n'
const WALL = 1795364684937

describe('what chronyc says', () => {
  it('gives correction, bound, age of the reference, interval and skew', () => {
    const answer = readChronyTracking(HELD, WALL)
    expect(answer).toMatchObject({ kind: 'synchronised', quality: 'ntp', updateIntervalMs: 2_000, skewPpm: 13.967 })
    if (answer.kind !== 'synchronised') throw new Error('not synchronised')
    expect(answer.correctionMs).toBeCloseTo(0.006523)
    expect(answer.errorMs).toBeCloseTo(0.026826 + 0.056333, 5)
    expect(answer.referenceAgeMs).toBeCloseTo(2_000, 0)
  })

  it('knows a satellite receiver from a server', () => {
    expect(readChronyTracking(SATELLITE, WALL)).toMatchObject({ quality: 'gnss', correctionMs: -0.006523 })
    // 71.80.83.0 as an address spells the same.
    expect(readChronyTracking(SATELLITE.replace(',GPS,', ',71.80.83.0,'), WALL)).toMatchObject({ quality: 'ntp' })
  })

  it('takes a daemon that has no reference, or only its own clock, for unsynchronised', () => {
    expect(readChronyTracking(SEEKING, WALL)).toEqual({ kind: 'unsynchronised', source: 'chrony' })
    expect(readChronyTracking(OWN, WALL)).toEqual({ kind: 'unsynchronised', source: 'chrony' })
  })

  it.each([
    '',
    '506 Cannot talk to daemon',
    HELD.replace('Normal', 'Sunny'),
    HELD.replace('13.967', 'NaN'),
    HELD.replace('13.967', '1e99'),
    HELD.replace('4,', '4,,'),
    HELD.replace('7F000001', 'xyz'),
    HELD + HELD,
    'x'.repeat(10_000),
  ])('refuses anything else: %j', (text) => {
    expect(readChronyTracking(text, WALL).kind).toBe('absent')
  })
})
