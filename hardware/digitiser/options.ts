import { SensorId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import { SERIAL_PLACES } from '../line/port-finder.ts'
import { CalibrationOptions, resolveCalibration } from '../response/options.ts'

/** More places than a gateway has ports. */
const MOST_PORTS = 16

/** In the order of the ADC's channels 0, 1, 2. */
export const GROUND_CODES = ['HHZ', 'HHN', 'HHE'] as const

/** What hangs on one channel of the ADC, in the unit that the channel must have. */
const channelOf = (unit: 'm/s' | 'Pa') =>
  CalibrationOptions.superRefine((value, context) => {
    const complain = (path: string, message: string) => context.addIssue({ code: 'custom', message, path: [path] })
    if (value.adc !== undefined && value.adc !== 'ads131m04') complain('adc', 'the digitiser has an ads131m04')
    const calibration = resolveCalibration({ ...value, adc: 'ads131m04' })
    if ('problem' in calibration) complain('gain', calibration.problem)
    else if (calibration.unit !== unit) complain('sensor', `measures ${calibration.unit}, this channel ${unit}`)
  })

/** Channels by their SEED code, each with what a count of it is worth. */
const channels = <C extends string>(codes: readonly C[], unit: 'm/s' | 'Pa') =>
  z
    .partialRecord(z.enum(codes), channelOf(unit))
    .refine((all) => Object.keys(all).length > 0, `at least one of ${codes.join(', ')}`)

/** A digitiser on a serial port: channels 0, 1, 2 of its ADC are HHZ, HHN, HHE, channel 3 is HDF. */
export const DigitiserOptions = z
  .strictObject({
    kind: z.literal('digitiser'),
    /** Paths, `*` in the last part; the first on which such a digitiser answers is it. */
    ports: z
      .array(z.string().startsWith('/', 'a path such as /dev/ttyUSB0'))
      .min(1)
      .max(MOST_PORTS)
      .default([...SERIAL_PLACES]),
    /** Of the digitiser; by default the first that answers is taken. */
    serial: z
      .string()
      .regex(/^[0-9a-f]{16}$/, 'serial number: 16 hexadecimal digits in lower case')
      .optional(),
    rateHz: z.union([z.literal(250), z.literal(500), z.literal(1000)]).default(250),
    geophone: z.strictObject({ id: SensorId, channels: channels(GROUND_CODES, 'm/s') }).optional(),
    airPressure: z.strictObject({ id: SensorId, channels: channels(['HDF'], 'Pa') }).optional(),
  })
  .refine(({ geophone, airPressure }) => geophone || airPressure, 'a digitiser needs geophone or airPressure')
export type DigitiserOptions = z.infer<typeof DigitiserOptions>
