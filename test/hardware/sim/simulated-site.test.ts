import { SimulatedSiteOptions } from '@minewarden/hardware/sim/options.ts'
import { SCENARIO_NAMES, SCENARIOS } from '@minewarden/hardware/sim/scenarios.ts'
import { createSite } from '@minewarden/hardware/sim/site-model.ts'
import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { drivers, firstBeyond, NIGHT, peakVector, read, record, rms, SENSORS } from './support.ts'

const RATE = 250

describe('a simulated site', () => {
  it('measures the same for the same seed, and something else for another', async () => {
    const wanted = { forS: 70 }
    const first = await record('reopening', wanted)
    expect(await record('reopening', wanted)).toEqual(first)
    const other = await record('reopening', { ...wanted, seed: 8 })
    expect(other.waves.HHZ).not.toEqual(first.waves.HHZ)
    expect(other.power).not.toEqual(first.power)
  })

  it('gives each sensor the same, whichever others it has and in whatever order they are read', async () => {
    const all = await record('reopening', { forS: 30 })
    const backwards = await read([...drivers('reopening', { forS: 30 })].reverse())
    expect(backwards.waves).toEqual(all.waves)
    const alone = await record('reopening', { forS: 30, sensors: [{ kind: 'geophone', id: 'g', channels: ['HHE'] }] })
    expect(alone.waves).toEqual({ HHE: all.waves.HHE })
  })

  it('gives whole blocks in order without a gap, in the counts of the format', async () => {
    const { blocks, power } = await record('quiet-with-pump', { forS: 10 })
    for (const channel of ['HHZ', 'HHN', 'HHE', 'HDF']) {
      const own = blocks.filter((block) => block.channel === channel)
      expect(own.reduce((sum, block) => sum + block.counts.length, 0)).toBe(10 * RATE)
      for (const [n, block] of own.entries()) expect(block.startAt).toBe(NIGHT + n * 500)
      expect(own[0]).toMatchObject(
        channel === 'HDF' ? { countsPerUnit: 5e4, unit: 'Pa' } : { countsPerUnit: 4e8, unit: 'm/s' },
      )
    }
    expect(power.map((reading) => reading.at - NIGHT)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((s) => s * 1000))
  })

  it('does so at rates whose samples do not fall on milliseconds', async () => {
    const sensors = [{ kind: 'geophone', id: 'g', channels: ['HHZ'], rateHz: 75 }]
    const { blocks } = await record('caretaker', { forS: 30, sensors })
    let samples = 0
    for (const block of blocks) {
      expect(block.startAt).toBeCloseTo(NIGHT + (samples * 1000) / 75, 3)
      samples += block.counts.length
    }
    expect(samples).toBeGreaterThan(29.5 * 75)
  })

  it('tells the reopening by every sensor: probe, motor, drill, rounds, crusher', async () => {
    const { waves, power, probe } = await record('reopening', { forS: 160 })
    const level = (fromS: number, toS: number) => rms(waves.HHZ!.slice(fromS * RATE, toS * RATE))
    expect(probe.map(({ at, status }) => [(at - NIGHT) / 1000, status])).toEqual([
      [0, 'online'],
      [12, 'occluded'],
    ])
    const watts = power.map((reading) => reading.activePowerW!)
    expect(Math.max(...watts.slice(0, 20))).toBe(0)
    expect(watts.slice(23, 60).every((value) => value > 11_000 && value < 15_000)).toBe(true)
    expect(level(30, 55)).toBeGreaterThan(4 * level(22, 25))
    expect(peakVector([waves.HHZ!, waves.HHN!, waves.HHE!], 60 * RATE, 62 * RATE)).toBeGreaterThan(2e-4)
    expect(peakVector([waves.HHZ!, waves.HHN!, waves.HHE!], 95 * RATE, 97 * RATE)).toBeGreaterThan(2e-4)
    expect(level(140, 160)).toBeGreaterThan(5 * level(0, 20))
  })

  it('hears the air wave of a round at distance / 340 m/s, with a level of 100-120 dB(L)', async () => {
    const { waves } = await record('reopening', { forS: 66 })
    const air = waves.HDF!.slice(60 * RATE, 63 * RATE)
    const peakPa = air.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const lagS = firstBeyond(air, 0.4 * peakPa) / RATE
    expect(lagS).toBeGreaterThan(110 / 340 - 0.01)
    expect(lagS).toBeLessThan(110 / 340 + 0.03)
    const decibels = 20 * Math.log10(peakPa / 20e-6)
    expect(decibels).toBeGreaterThan(100)
    expect(decibels).toBeLessThan(120)
  })

  it('hears a far quarry by ground first and seconds later by air', async () => {
    const { waves } = await record('quarry-next-door', { forS: 62 })
    const onset = firstBeyond(waves.HHZ!.slice(44 * RATE), 5e-6) / RATE - 1
    expect(onset).toBeGreaterThan(0.7)
    expect(onset).toBeLessThan(1.3)
    const air = waves.HDF!.slice(45 * RATE)
    const peakPa = air.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    expect(firstBeyond(air, 0.5 * peakPa) / RATE).toBeGreaterThan(3_100 / 340 - 0.1)
    expect(firstBeyond(air, 0.5 * peakPa) / RATE).toBeLessThan(3_100 / 340 + 0.9)
  })

  it.each(SCENARIO_NAMES)('plays %s, begins quietly, and has nothing but background ten hours later', async (name) => {
    const { waves, probe } = await record(name, { forS: 10 })
    expect(probe[0]?.status).toBe('online')
    for (const channel of ['HHZ', 'HHN', 'HHE']) {
      expect(rms(waves[channel]!)).toBeGreaterThan(1e-7)
      expect(rms(waves[channel]!)).toBeLessThan(1e-6)
    }
    expect(rms(waves.HDF!)).toBeLessThan(0.5)
    const { timeline } = createSite(SCENARIOS[name], 7, NIGHT)
    const late = NIGHT + 10 * 3_600_000
    const left = timeline.between(late, late + 3_600_000).filter((one) => !/^(pump|passer)-/.test(one.key))
    expect(left).toEqual([])
    const pumps = timeline.between(late, late + 3_600_000).filter((one) => one.key.startsWith('pump-'))
    expect(pumps.length > 0).toBe(SCENARIOS[name].pump !== null)
  })

  it('costs less than 3 % of a core at 3 x 250 samples a second', async () => {
    const forS = 90
    const site = drivers('reopening', { forS })
    const before = process.cpuUsage()
    for (const driver of site) for await (const _ of driver.read(new AbortController().signal));
    const used = process.cpuUsage(before)
    expect((used.user + used.system) / 1e6 / forS).toBeLessThan(0.03)
  })

  it('stops when its power is cut: no motors, no volts, no energy, quiet ground', async () => {
    const cutAtS = 180
    const supplied = (at: number) => at < NIGHT + cutAtS * 1000
    const { waves, power } = await record('reopening', { forS: 200, supplied })
    const dead = power.slice(cutAtS + 1)
    for (const reading of dead) {
      expect(reading).toMatchObject({
        activePowerW: 0,
        reactivePowerVar: 0,
        voltageV: [0, 0, 0],
        currentA: [0, 0, 0],
        activeEnergyWh: dead[0]!.activeEnergyWh,
        simulated: true,
      })
    }
    expect(power[cutAtS - 1]).toMatchObject({ simulated: false })
    const level = (fromS: number, toS: number) => rms(waves.HHZ!.slice(fromS * RATE, toS * RATE))
    expect(level(186, 200)).toBeLessThan(1.5 * level(0, 18))
    expect(level(160, 178)).toBeGreaterThan(5 * level(186, 200))
  })
})

describe('the options of a simulated site', () => {
  it('name the field that is wrong', () => {
    const problems = (change: object) => {
      const result = check(SimulatedSiteOptions, { scenario: 'reopening', seed: 1, sensors: SENSORS, ...change })
      return result.ok ? '' : describeProblems(result.problems)
    }
    expect(problems({})).toBe('')
    expect(problems({ scenario: 'volcano' })).toContain('scenario')
    expect(problems({ sensors: [{ kind: 'geophone', id: 'g', rateHz: 1e6 }] })).toContain('sensors.0.rateHz')
    expect(problems({ sensors: [{ kind: 'geophone', id: 'g', channels: ['HHZ', 'HHZ'] }] })).toContain('channels')
    expect(problems({ startAt: instant(0) })).toContain('startAt')
  })
})
