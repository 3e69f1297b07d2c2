import { SERIAL_PLACES } from '@minewarden/hardware/line/port-finder.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'

/** An air-pressure sensor on a serial port that prints 50 lines a second. */
export const BarometerOptions = z.strictObject({
  kind: z.literal('barometer'),
  id: SensorId,
  /** Paths, `*` in the last part; the first on which sound lines arrive is it. */
  ports: z
    .array(z.string().startsWith('/', 'a path such as /dev/ttyUSB0'))
    .min(1)
    .max(16)
    .default([...SERIAL_PLACES]),
  baudRate: z.number().int().min(1_200).max(1_000_000).default(9_600),
})
export type BarometerOptions = z.infer<typeof BarometerOptions>
