/** Makes a meter's readings from the consumers that are on. Fast meters tell the moment, slow ones the mean of their interval. */
import { createPowerMeasure } from '@minewarden/edge/core/measure/power-measure.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { type ClockQuality, instant } from '@minewarden/protocol/time.ts'
import type { Load } from './happening.ts'
import type { Random } from './random.ts'

export interface MeterTeller {
  begin(load: Load): void
  /** What it tells between the last call and `endMs`. `live`: the supply is on; `timeOf`: what the gateway's clock says. */
  until(
    endMs: number,
    state: {
      readonly live: boolean
      readonly outlives: boolean
      readonly clock: ClockQuality
      readonly offsetMs: number
    },
  ): Reading[]
}

const NOMINAL_V = 230
/** A direct start draws so many times its running power for a second. */
const INRUSH = 3.5
const TURN_MS = 20_000

/** @param everyS seconds between readings @param baseW surveillance and lamps */
export function createMeterTeller(everyS: number, baseW: number, random: Random, fromMs: number): MeterTeller {
  const sensor = SensorId.parse('meter-1')
  const measure = createPowerMeasure({ sensor })
  const on: Load[] = []
  const everyMs = 1000 * everyS
  let nextMs = fromMs + everyMs
  let energyWh = 0
  let lastMs = fromMs
  let sum = { w: 0, q: 0, count: 0 }
  let wander = 0

  const draw = (atMs: number) => {
    let w = baseW
    let q = 0.1 * baseW
    let single = 0
    for (let i = on.length - 1; i >= 0; i--) {
      const load = on[i]!
      if (atMs >= load.atMs + load.forMs) {
        on.splice(i, 1)
        continue
      }
      if (atMs < load.atMs) continue
      const turning = load.share < 1 && ((atMs - load.atMs) % TURN_MS) / TURN_MS > load.share
      if (turning) continue
      const start = load.tan > 0.4 && atMs - load.atMs < 1000 ? INRUSH : 1
      w += load.watts * start
      q += load.watts * load.tan * start
      if (load.single) single += load.watts
    }
    return { w: w * (1 + 0.004 * random.gauss()), q: q * (1 + 0.01 * random.gauss()), single }
  }

  const tell = (atMs: number, live: boolean, clock: ClockQuality, offsetMs: number): Reading[] => {
    const now = live ? draw(atMs) : { w: 0, q: 0, single: 0 }
    const mean = everyS >= 60 && sum.count > 0
    const w = mean ? sum.w / sum.count : now.w
    const q = mean ? sum.q / sum.count : now.q
    sum = { w: 0, q: 0, count: 0 }
    energyWh += (w * (atMs - lastMs)) / 3_600_000
    lastMs = atMs
    wander = 0.995 * wander + 0.1 * random.gauss()
    const volts = live ? NOMINAL_V * (1 + 0.02 * Math.sin(atMs / 1.37e7)) + wander : 0
    const sag = w / 3 / NOMINAL_V
    const amps = Math.hypot(w - now.single, q) / 3 / NOMINAL_V
    return measure.push({
      kind: 'power',
      at: instant(atMs + offsetMs),
      clock,
      activePowerW: Math.round(w),
      reactivePowerVar: Math.round(q),
      voltageV: live ? [volts - 0.3 * sag, volts - 0.25 * sag, volts - 0.28 * sag] : [0, 0, 0],
      currentA: [amps + now.single / NOMINAL_V, amps, amps],
      activeEnergyWh: Math.round(energyWh / 10) * 10,
      simulated: false,
    })
  }

  return {
    begin: (load) => void on.push(load),
    until(endMs, { live, outlives, clock, offsetMs }) {
      const readings: Reading[] = []
      if (everyS >= 60) {
        const { w, q } = live ? draw(endMs) : { w: 0, q: 0 }
        sum = { w: sum.w + w, q: sum.q + q, count: sum.count + 1 }
      }
      for (; nextMs <= endMs; nextMs += everyMs) {
        // The energy register goes on by itself; a meter without supply does not answer.
        if (!live && !outlives) sum = { w: 0, q: 0, count: 0 }
        else readings.push(...tell(nextMs, live, clock, offsetMs))
      }
      return readings
    },
  }
}
