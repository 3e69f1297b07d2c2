/** Five meters of three protocols on two buses, what each truly measures at any moment, and the proof that only that was told. */
import { SimulatedDlt645Meter } from '@minewarden/hardware/sim/meters/dlt645-meter.ts'
import { SimulatedDlt698Meter } from '@minewarden/hardware/sim/meters/dlt698-meter.ts'
import { SimulatedModbusMeter } from '@minewarden/hardware/sim/meters/modbus-meter.ts'
import type { MeterTruth } from '@minewarden/hardware/sim/meters/model.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { expect } from 'vitest'

export const METERS = ['meter-a', 'meter-b', 'meter-c', 'meter-d', 'meter-e'] as const
export type MeterName = (typeof METERS)[number]
/** Each on a level of its own, so that no meter's value can stand for another's. */
const LEVELS: { readonly [M in MeterName]: number } = {
  'meter-a': 1,
  'meter-b': 3,
  'meter-c': 7,
  'meter-d': 11,
  'meter-e': 17,
}
export const ADDRESSES = { 'meter-a': '112233445566', 'meter-b': '000000000017', 'meter-c': '050607080910' } as const
export const UNITS = { 'meter-d': 1, 'meter-e': 2 } as const

const PERIOD_MS = 20_000
const UTC_OFFSET_MS = 8 * 3_600_000
/** Beside what the reading says of its own time: a meter looks at its terminals a few times a second. */
const NEAR_MS = 400
/** A round of questions on a bus that is well, where the clock's own error is not known. */
const UNKNOWN_NEAR_MS = 1_500
/** A meter that answers as late as it may, four times. */
const LONGEST_NEAR_MS = 8_000
/** Resolution of the coarsest meter, and of a float. */
const STEPS = { voltageV: 0.051, currentA: 0.0011, powerW: 0.15, energyWh: 10.1 } as const

/** Slow waves on a level. @param atMs of any clock, the same for the meter and for who checks it */
export function truthOf(meter: MeterName, atMs: number): MeterTruth {
  const level = LEVELS[meter]
  const wave = Math.sin(atMs / PERIOD_MS)
  return {
    voltageV: [220 + level / 10 + wave, 221 + level / 10 + wave, 222 + level / 10 + wave],
    currentA: [level * (2 + 0.3 * wave), level * (2.1 + 0.3 * wave), level * (2.2 + 0.3 * wave)],
    activePowerW: level * (1_000 + 200 * wave),
    reactivePowerVar: level * (300 + 50 * wave),
    activeEnergyWh: level * 100_000 + (atMs % 86_400_000) / 100,
  }
}

/** All but `meter-e` as simulated meters. @param atMs the moment that a monotonic time is, on the clock of the truth */
export function simulateMeters(atMs: (now: number) => number, random: () => number) {
  const delayMs = () => 20 + 60 * random()
  const localMs = (now: number) => atMs(now) + UTC_OFFSET_MS
  const truth = (meter: MeterName) => (now: number) => truthOf(meter, atMs(now))
  const common = (meter: 'meter-a' | 'meter-b' | 'meter-c') => ({
    address: ADDRESSES[meter],
    truth: truth(meter),
    delayMs,
    localMs,
  })
  const modbus = (meter: 'meter-d' | 'meter-e') =>
    new SimulatedModbusMeter({ unit: UNITS[meter], truth: truth(meter), delayMs })
  return {
    a: new SimulatedDlt645Meter(common('meter-a')),
    b: new SimulatedDlt645Meter(common('meter-b')),
    c: new SimulatedDlt698Meter(common('meter-c')),
    d: modbus('meter-d'),
    e: modbus('meter-e'),
  }
}

/** Entries for `drivers` of a configuration. */
export function meterDrivers(meterBusPort: string, modbusPort: string) {
  const common = { measuresAt: 'line', relayKind: 'internal' }
  const meters = (['meter-a', 'meter-b', 'meter-c'] as const).map((id) => ({
    id,
    protocol: id === 'meter-c' ? 'dlt698' : 'dlt645',
    address: ADDRESSES[id],
    ...common,
  }))
  const units = (['meter-d', 'meter-e'] as const).map((id) => ({ id, unit: UNITS[id], profile: 'sdm630', ...common }))
  const transport = { kind: 'rtu', ports: [modbusPort], baudRate: MODBUS_BAUD }
  return [
    { kind: 'meter-bus', ports: [meterBusPort], baudRate: METER_BUS_BAUD, meters },
    { kind: 'modbus', transport, meters: units },
  ] as const
}
export const METER_BUS_BAUD = 19_200
export const MODBUS_BAUD = 19_200

/**
 * Holds every value of a reading against what the meter measured about then.
 * @param spare `share`: so much more or less, where a sum of one byte on a bad line allows no better; `lateMs`: how late
 * the machine was then
 */
export function expectTrue(
  { sensor, measuredAt, clockErrorMs, fields }: ReadingOf<'power'>,
  { share = 0, lateMs = 0 }: { readonly share?: number; readonly lateMs?: number } = {},
): void {
  const meter = sensor as unknown as MeterName
  const nearMs = NEAR_MS + (clockErrorMs ?? UNKNOWN_NEAR_MS) + lateMs
  expect(nearMs - lateMs, `${meter} at ${measuredAt}: how sure is its time`).toBeLessThan(LONGEST_NEAR_MS + lateMs)
  const moments = Array.from({ length: 41 }, (_, i) => truthOf(meter, measuredAt + nearMs * (i / 20 - 1)))
  const near = (name: string, told: number | null, of: (truth: MeterTruth) => number | null, step: number) => {
    if (told === null) return
    const held = moments.map((truth) => of(truth) ?? Number.NaN)
    const what = `${meter} ${name} at ${new Date(measuredAt).toISOString()}: ${told}`
    const spare = step + share * Math.max(...held)
    expect(told, what).toBeGreaterThanOrEqual(Math.min(...held) - spare)
    expect(told, what).toBeLessThanOrEqual(Math.max(...held) + spare)
  }
  near('power', fields.activePowerW, (truth) => truth.activePowerW, STEPS.powerW)
  near('reactive power', fields.reactivePowerVar, (truth) => truth.reactivePowerVar, STEPS.powerW)
  near('energy', fields.activeEnergyWh, (truth) => truth.activeEnergyWh, STEPS.energyWh)
  const voltages = [fields.voltageAV, fields.voltageBV, fields.voltageCV]
  const currents = [fields.currentAA, fields.currentBA, fields.currentCA]
  for (const i of [0, 1, 2] as const) {
    near(`voltage ${i}`, voltages[i]!, (truth) => truth.voltageV[i], STEPS.voltageV)
    near(`current ${i}`, currents[i]!, (truth) => truth.currentA[i], STEPS.currentA)
  }
}
