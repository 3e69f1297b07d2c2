import { SensorId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import { SCENARIO_NAMES } from './scenarios.ts'

/** Above, a block is no longer made in a small part of the time it stands for. */
const MAX_RATE_HZ = 2_000
const Channels = z
  .array(z.enum(['HHZ', 'HHN', 'HHE']))
  .min(1)
  .max(3)
  .refine((channels) => new Set(channels).size === channels.length, 'a channel stands once')

/** One sensor of a simulated site. A geophone has one channel or three; meters read each `everyS` whole seconds. */
export const SimulatedSensor = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('geophone'),
    id: SensorId,
    channels: Channels.default(['HHZ', 'HHN', 'HHE']),
    rateHz: z.number().int().min(50).max(MAX_RATE_HZ).default(250),
  }),
  z.strictObject({
    kind: z.literal('air-pressure'),
    id: SensorId,
    rateHz: z.number().int().min(20).max(MAX_RATE_HZ).default(100),
  }),
  z.strictObject({ kind: z.literal('power-meter'), id: SensorId, everyS: z.number().int().min(1).max(900).default(1) }),
  z.strictObject({
    kind: z.literal('camera-probe'),
    id: SensorId,
    /** Gives a still picture when it is asked for one: always the same. */
    pictures: z.boolean().default(false),
  }),
])
export type SimulatedSensor = z.infer<typeof SimulatedSensor>

/** What a configuration says of a simulated site; time and supply are handed to it by the program. */
export const SimulatedSiteOptions = z.strictObject({
  scenario: z.enum(SCENARIO_NAMES),
  seed: z.number().int().min(0).max(0xffff_ffff),
  sensors: z.array(SimulatedSensor).min(1).max(32),
})
export type SimulatedSiteOptions = z.infer<typeof SimulatedSiteOptions>
