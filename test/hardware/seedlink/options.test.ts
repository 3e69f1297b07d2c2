import { openDrivers } from '@minewarden/hardware/registry.ts'
import { SeedLinkOptions } from '@minewarden/hardware/seedlink/options.ts'
import { believe, instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { station } from './support.ts'

const parse = (changes: object) =>
  SeedLinkOptions.safeParse({
    kind: 'seedlink',
    host: 'shake.local',
    stations: [station('R1234', 'geo-1')],
    ...changes,
  })
const clock = believe({ now: () => instant(0), monotonic: () => 0, sleep: async () => undefined }, 'ntp')
const deps = { clock, random: () => 0, dataDir: '/nowhere', startAt: instant(0), supply: null }

describe('the configuration of a SeedLink server', () => {
  it.each([
    ['a station in small letters', { stations: [{ ...station('R1234', 'geo-1'), station: 'r1234' }] }, /station code/],
    ['no channel', { stations: [station('R1234', 'geo-1', {})] }, /at least one channel/],
    [
      'two stations on a port for one',
      { mode: 'uni-station', stations: [station('A', 'a'), station('B', 'b')] },
      /uni-station/,
    ],
    ['a bound without a clock', { stations: [{ ...station('A', 'a'), clockErrorMs: 5 }] }, /clockErrorMs needs clock/],
    ['a channel without its calibration', { stations: [station('A', 'a', { EHZ: {} })] }, /sensor/],
    ['a port that is none', { port: 70_000 }, /65535/],
  ])('refuses %s, and says why', (_what, changes, why) => {
    const parsed = parse(changes)
    expect(parsed.success).toBe(false)
    expect(JSON.stringify(parsed.error?.issues)).toMatch(why)
  })

  it('declares the channels as they are called, with the sensitivity of a Raspberry Shake by name', async () => {
    const channels = { EHZ: { sensor: 'raspberry-shake-1d' }, EHN: { sensor: 'raspberry-shake-3d', location: '00' } }
    const parsed = parse({ stations: [station('R1234', 'geo-1', channels)] })
    const [opened] = await openDrivers(parsed.data!, deps)
    expect(opened?.driver).toMatchObject({ sensor: 'geo-1', kind: 'geophone', channels: ['EHZ', 'EHN'] })
  })

  it('refuses a geophone that is calibrated in pascals', async () => {
    const parsed = parse({ stations: [station('R1234', 'geo-1', { EHZ: { sensor: 'raspberry-boom' } })] })
    await expect(openDrivers(parsed.data!, deps)).rejects.toThrow(/geo-1: channel EHZ: a geophone measures m\/s/)
  })
})
