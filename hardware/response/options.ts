/**
 * How a configuration says what a count of a channel is worth: by the name of a sensor type, by a type of one's own, or
 * by the number itself. Drivers put {@link CalibrationOptions} into their options and hand it to {@link resolveCalibration}.
 */
import { z } from 'zod'
import { ADCS } from './adcs.ts'
import { type Calibration, calibrationOf, wholeInstrument } from './calibration.ts'
import { GEOPHONES } from './geophones.ts'
import { PRESSURE_SENSORS } from './pressure-sensors.ts'
import type { SensorType } from './sensor-type.ts'
import { WHOLE_INSTRUMENTS } from './whole-instruments.ts'

/** Every sensor type that can be named. */
export const SENSOR_TYPES = { ...GEOPHONES, ...PRESSURE_SENSORS, ...WHOLE_INSTRUMENTS } as const satisfies Record<
  string,
  SensorType
>
export type SensorTypeName = keyof typeof SENSOR_TYPES
export type AdcName = keyof typeof ADCS

const names = <K extends string>(table: Readonly<Record<K, unknown>>) => Object.keys(table) as [K, ...K[]]

const positive = z.number().positive()
/** Relative; a sensor that may be off by its own size tells nothing. */
const share = z.number().min(0).lt(1)

/** A coil or pressure sensor of one's own, as its data sheet gives it. */
const OwnSensor = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('coil'),
    sensitivityVPerMPerS: positive,
    naturalHz: positive.max(100),
    openDamping: positive.max(5),
    coilOhm: positive,
    movingMassKg: positive.max(1),
    tolerance: share.default(0.1),
  }),
  z.strictObject({
    kind: z.literal('pressure'),
    sensitivityVPerPa: positive,
    highestPa: positive,
    tolerance: share.default(0.1),
  }),
])

const KEYS_OF_EXPLICIT = ['countsPerUnit', 'unit'] as const
const KEYS_OF_TYPED = ['shuntOhm', 'frontGain', 'sensitivity', 'temperatureSpanK'] as const

/**
 * One channel's calibration. Exactly one of `sensor`, `ownSensor` and `countsPerUnit` (with `unit`); `gain` is the
 * converter's and must be one that it has. `cornerHz`, `damping` and `uncertainty` override what the type gives.
 */
export const CalibrationOptions = z
  .strictObject({
    sensor: z.enum(names(SENSOR_TYPES)).optional(),
    ownSensor: OwnSensor.optional(),
    countsPerUnit: positive.optional(),
    unit: z.enum(['m/s', 'Pa']).optional(),
    adc: z.enum(names(ADCS)).optional(),
    gain: positive.default(1),
    frontGain: positive.optional(),
    shuntOhm: positive.optional(),
    sensitivity: positive.optional(),
    cornerHz: positive.max(100).optional(),
    damping: positive.max(5).optional(),
    uncertainty: share.optional(),
    temperatureSpanK: z.number().min(0).max(100).optional(),
  })
  .superRefine((value, context) => {
    const complain = (key: string, message: string) => context.addIssue({ code: 'custom', message, path: [key] })
    const given = (['sensor', 'ownSensor', 'countsPerUnit'] as const).filter((key) => value[key] !== undefined)
    if (given.length !== 1)
      complain('sensor', 'exactly one of sensor, ownSensor and countsPerUnit says what a count is')
    const explicit = value.countsPerUnit !== undefined
    if (explicit && value.unit === undefined) complain('unit', 'countsPerUnit needs its unit, m/s or Pa')
    if (!explicit && value.unit !== undefined) complain('unit', 'the sensor type has its own unit')
    for (const key of explicit ? KEYS_OF_TYPED : []) {
      if (value[key] !== undefined) complain(key, `is part of ${KEYS_OF_EXPLICIT[0]} already`)
    }
  })
export type CalibrationOptions = z.infer<typeof CalibrationOptions>

/**
 * What a configuration's calibration means.
 * @param adcOfDriver the converter of the driver's own hardware, where the options name none; a driver that does not
 *   know what stands behind its counts leaves it out
 * @returns the calibration, or what is wrong with it in words for a person
 */
export function resolveCalibration(
  options: CalibrationOptions,
  adcOfDriver?: AdcName,
): Calibration | { readonly problem: string } {
  const adcName = options.adc ?? adcOfDriver
  const adc = adcName && ADCS[adcName]
  if (adc && !(adc.gains as readonly number[]).includes(options.gain)) {
    return { problem: `gain ${options.gain}: the ${adcName} has ${adc.gains.join(', ')}` }
  }
  const { countsPerUnit, unit, cornerHz = null, damping = null, uncertainty = null } = options
  if (countsPerUnit !== undefined && unit !== undefined) {
    const averaging = adc ? { averaging: adc.averaging } : {}
    return { countsPerUnit, unit, response: { cornerHz, damping, uncertainty, ...averaging }, largest: null }
  }
  const type = options.sensor ? SENSOR_TYPES[options.sensor] : ownType(options.ownSensor)
  if (!type) return { problem: 'no sensor named' }
  if (type.kind === 'counts') return wholeInstrument(type, options)
  return adc
    ? calibrationOf(type, adc, options.gain, options)
    : { problem: 'adc: the converter of the sensor is missing' }
}

/** A technician's own type, with what a data sheet seldom gives filled in as for its kin. */
function ownType(own: CalibrationOptions['ownSensor']): SensorType | null {
  if (!own) return null
  const origin = { source: 'configuration', nominal: false, temperaturePerK: 2e-4 }
  return own.kind === 'coil'
    ? { ...own, ...origin, naturalTolerance: 0.1, dampingTolerance: 0.1, highestHz: 150 }
    : { ...own, ...origin, lowestHz: 0.1, highestHz: 250 }
}
