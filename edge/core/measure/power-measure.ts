import type { Measurement, MeterStatus, PowerReading } from '@minewarden/hardware/contract.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { deviceReading, noneDiscarded, timing } from './device-reading.ts'
import type { Measure, MeasureOptions } from './measure.ts'
import { createPowerFeatures } from './power-features.ts'

/** Passes a meter's answers on, each second or each quarter of an hour alike, with the features that they complete. */
export function createPowerMeasure({ sensor }: Pick<MeasureOptions, 'sensor'>): Measure {
  const discarded = noneDiscarded()
  let features = createPowerFeatures(sensor)
  return {
    discarded,
    end: () => [],
    push(measurement: Measurement): Reading[] {
      if (measurement.kind === 'device') return [deviceReading(sensor, measurement)]
      if (measurement.kind === 'power' && isUsable(measurement))
        return [powerReading(sensor, measurement), ...features.push(measurement)]
      if (measurement.kind === 'meter') return [meterReading(sensor, measurement)]
      discarded.badBlocks++
      return []
    },
    restamp() {
      // Periods of the wrong clock's grid are of no use: they begin anew.
      features = createPowerFeatures(sensor)
      return []
    },
  }
}

const powerReading = (sensor: MeasureOptions['sensor'], m: PowerReading): Reading => ({
  kind: 'power',
  sensor,
  channel: null,
  measuredAt: m.at,
  ...timing(m),
  fields: {
    activePowerW: m.activePowerW,
    reactivePowerVar: m.reactivePowerVar,
    voltageAV: m.voltageV[0],
    voltageBV: m.voltageV[1],
    voltageCV: m.voltageV[2],
    currentAA: m.currentA[0],
    currentBA: m.currentA[1],
    currentCA: m.currentA[2],
    activeEnergyWh: m.activeEnergyWh,
    simulated: m.simulated,
  },
})

const meterReading = (sensor: MeasureOptions['sensor'], m: MeterStatus): Reading => ({
  kind: 'meter',
  sensor,
  channel: null,
  measuredAt: m.at,
  ...timing(m),
  fields: {
    measuresAt: m.measuresAt,
    relayKind: m.relayKind,
    relayOff: m.relayOff,
    commandedOff: m.commandedOff,
    preTripAlarm: m.preTripAlarm,
    isProtected: m.isProtected,
    coverOpenings: m.coverOpenings,
    terminalCoverOpenings: m.terminalCoverOpenings,
    powerLosses: m.powerLosses,
    faults: m.faults?.join(' ') ?? null,
    clockOffsetS: m.clockOffsetS,
    reverseActiveEnergyWh: m.measured?.reverseActiveEnergyWh ?? null,
    powerFactor: m.measured?.powerFactor ?? null,
    frequencyHz: m.measured?.frequencyHz ?? null,
    neutralCurrentA: m.measured?.neutralCurrentA ?? null,
  },
})

const isUsable = (m: PowerReading): boolean => {
  const values = [m.activePowerW, m.reactivePowerVar, ...m.voltageV, ...m.currentA, m.activeEnergyWh]
  return Number.isFinite(m.at) && values.every((value) => value === null || Number.isFinite(value))
}
