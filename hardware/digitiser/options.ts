import { SensorId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import { SERIAL_PLACES } from '../line/port-finder.ts'
import { CalibrationOptions, resolveCalibration } from '../response/options.ts'

/** More places than a gateway has ports. */
const MOST_PORTS = 16

/** What hangs on one channel of the ADC, in the unit that the channel must have. */
const channelOf = (unit: 'm/s' | 'Pa') =>
  CalibrationOptions.superRefine((value, context) => {
    const complain = (path: string, message: string) => context.addIssue({ code: 'custom', message, path: [path] })
    if (value.adc !== undefined && value.adc !== 'ads131m04') complain('adc', 'the digitiser has an ads131m04')
    const calibration = resolveCalibration({ ...value, adc: 'ads131m04' })
    if ('problem' in calibration) complain('gain', calibration.problem)
    else if (calibration.unit !== unit) complain('sensor', `measures ${calibration.unit}, this channel ${unit}`)
  })

const GeophoneChannel = z.strictObject({ code: z.enum(['HHZ', 'HHN', 'HHE']), calibration: channelOf('m/s') })

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
    geophone: z
      .strictObject({
        id: SensorId,
        channels: z
          .array(GeophoneChannel)
          .min(1)
          .max(3)
          .refine((all) => new Set(all.map(({ code }) => code)).size === all.length, 'a channel stands once'),
      })
      .optional(),
    airPressure: z.strictObject({ id: SensorId, calibration: channelOf('Pa') }).optional(),
  })
  .refine(({ geophone, airPressure }) => geophone || airPressure, 'a digitiser needs geophone or airPressure')
export type DigitiserOptions = z.infer<typeof DigitiserOptions>
