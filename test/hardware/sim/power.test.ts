import type { PowerReading } from '@minewarden/hardware/contract.ts'
import { describe, expect, it } from 'vitest'
import { DAY, NIGHT, record } from './support.ts'

const METER = [{ kind: 'power-meter', id: 'meter-1' }]
const powerFactor = ({ activePowerW, reactivePowerVar }: PowerReading) =>
  activePowerW! / Math.hypot(activePowerW!, reactivePowerVar!)

/** Runs of readings beyond a power: the cycles of a pump. */
function runs(power: readonly PowerReading[], beyondW: number): PowerReading[][] {
  const found: PowerReading[][] = []
  let current: PowerReading[] = []
  for (const reading of power) {
    if (reading.activePowerW! > beyondW) current.push(reading)
    else if (current.length) {
      found.push(current)
      current = []
    }
  }
  return found
}

describe('the meter', () => {
  it('shows a pump that goes on and off at the same step of power, with drifting times', async () => {
    const { power } = await record('quiet-with-pump', { forS: 4 * 3600, sensors: METER })
    const cycles = runs(power, 3_000)
    expect(cycles.length).toBeGreaterThan(18)
    for (const cycle of cycles) {
      const running = cycle.slice(5)
      const mean = running.reduce((sum, reading) => sum + reading.activePowerW!, 0) / running.length
      expect(mean).toBeGreaterThan(0.85 * 7_500)
      expect(mean).toBeLessThan(1.1 * 7_500)
    }
    const lengths = new Set(cycles.map((cycle) => cycle.length))
    expect(lengths.size).toBeGreaterThan(5)
  })

  it('shows the start of a motor: 5-7 times the current on all three phases at a poor power factor, for a second or two', async () => {
    const { power } = await record('quiet-with-pump', { forS: 2 * 3600, sensors: METER })
    const cycles = runs(power, 3_000)
    expect(cycles.length).toBeGreaterThan(8)
    for (const cycle of cycles) {
      const [start, , , , running] = cycle
      for (let phase = 0; phase < 3; phase++) {
        const ratio = start!.currentA[phase]! / running!.currentA[phase]!
        expect(ratio).toBeGreaterThan(4.3)
        expect(ratio).toBeLessThan(7.5)
        expect(start!.voltageV[phase]).toBeLessThan(running!.voltageV[phase]!)
      }
      expect(powerFactor(start!)).toBeLessThan(0.4)
      expect(powerFactor(running!)).toBeGreaterThan(0.8)
      expect(cycle[2]!.currentA[1]).toBeLessThan(1.3 * running!.currentA[1]!)
    }
  })

  it('counts the energy that it shows as power', async () => {
    const { power } = await record('reopening', { forS: 300, sensors: METER })
    const counted = power.at(-1)!.activeEnergyWh! - power[0]!.activeEnergyWh!
    const shown = power.slice(1).reduce((sum, reading) => sum + reading.activePowerW! / 3600, 0)
    expect(Math.abs(counted / shown - 1)).toBeLessThan(0.01)
    for (const [n, reading] of power.slice(1).entries()) {
      expect(reading.activeEnergyWh).toBeGreaterThanOrEqual(power[n]!.activeEnergyWh!)
    }
  })

  it('shows a welder on one phase alone', async () => {
    const { power } = await record('caretaker', { forS: 160, sensors: METER })
    const welding = power.slice(112, 155).filter((reading) => reading.activePowerW! > 3_000)
    expect(welding.length).toBeGreaterThan(10)
    for (const reading of welding) {
      expect(reading.currentA[1]).toBeGreaterThan(8 * Math.max(reading.currentA[0]!, reading.currentA[2]!))
    }
  })

  it('shows lamps by night, more than by day', async () => {
    const night = (await record('caretaker', { forS: 1, sensors: METER })).power[0]!.activePowerW!
    const day = (await record('caretaker', { forS: 1, sensors: METER, startAt: DAY })).power[0]!.activePowerW!
    expect(night).toBeGreaterThan(1.3 * day)
  })

  it('starts pumps by themselves when the supply comes back, with inrush, and no machine that a person starts', async () => {
    const lost = (at: number, from: number, to: number) => at >= NIGHT + from * 1000 && at < NIGHT + to * 1000
    const pumped = await record('quiet-with-pump', { forS: 200, sensors: METER, supplied: (at) => !lost(at, 80, 100) })
    expect(pumped.power[79]!.activePowerW).toBeGreaterThan(6_000)
    expect(pumped.power[90]!.activePowerW).toBe(0)
    expect(pumped.power[100]!.currentA[0]!).toBeGreaterThan(4 * pumped.power[110]!.currentA[0]!)
    expect(pumped.power[110]!.activePowerW).toBeGreaterThan(6_000)
    const mined = await record('reopening', { forS: 140, sensors: METER, supplied: (at) => !lost(at, 100, 120) })
    expect(mined.power[130]!.activePowerW).toBe(0)
    expect(mined.power[130]!.voltageV[0]).toBeGreaterThan(200)
  })
})
