import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import type { Act } from '@minewarden/hardware/sim/act.ts'
import { createAir } from '@minewarden/hardware/sim/air.ts'
import { emptyBlock } from '@minewarden/hardware/sim/block.ts'
import { createGround } from '@minewarden/hardware/sim/ground.ts'
import { SCENARIOS } from '@minewarden/hardware/sim/scenarios.ts'
import { COUNTS_PER_M_PER_S, COUNTS_PER_PA } from '@minewarden/hardware/sim/simulated-site.ts'
import { createSite } from '@minewarden/hardware/sim/site-model.ts'
import { createSupplyLog } from '@minewarden/hardware/sim/supply-log.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'

/** What a geophone and an air-pressure sensor of a simulated site measure of given acts, with nothing else going on. */
export function readingsOfActs(acts: readonly Act[], startMs: number, seconds: number, seed = 11): Reading[] {
  const scenario = { ...SCENARIOS['quiet-with-pump'], acts, pump: null, passersPerHour: 0 }
  const site = createSite(scenario, seed, instant(startMs))
  const sensors = [
    { id: 'geo-1', kind: 'geophone', channel: 'HHZ', rateHz: 250, axes: 3, make: createGround },
    { id: 'air-1', kind: 'air-pressure', channel: 'HDF', rateHz: 100, axes: 1, make: createAir },
  ] as const
  return sensors.flatMap(({ id, kind, channel, rateHz, axes, make }) => {
    const measure = createMeasure({ sensor: SensorId.parse(id), kind, channels: [channel] })
    const fill = make(site, createSupplyLog(), rateHz)
    const countsPerUnit = kind === 'geophone' ? COUNTS_PER_M_PER_S : COUNTS_PER_PA
    const readings: Reading[] = []
    for (let second = 0; second < seconds; second++) {
      const startAt = instant(startMs + 1000 * second)
      const block = emptyBlock(startAt, rateHz, rateHz, axes)
      fill(block)
      const counts = Int32Array.from(block.channels[0]!, (x) => Math.round(x * countsPerUnit))
      const unit = kind === 'geophone' ? 'm/s' : 'Pa'
      readings.push(
        ...measure.push({ kind: 'waveform', channel, startAt, rateHz, counts, countsPerUnit, unit, clock: 'ntp' }),
      )
    }
    return [...readings, ...measure.end()]
  })
}
