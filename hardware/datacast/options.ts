/** What a configuration says of a Raspberry Shake's datacast. */
import { isIP } from 'node:net'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import { CalibrationOptions } from '../response/options.ts'

const MAX_CHANNELS = 3
const Address = z.string().refine((text) => isIP(text) !== 0, 'an IP address')
const ChannelCode = z.string().regex(/^[A-Z][A-Z0-9]{2}$/, 'channel code of SEED, such as EHZ')

const Station = z
  .strictObject({
    id: SensorId,
    kind: z.enum(['geophone', 'air-pressure']),
    channels: z
      .record(ChannelCode, CalibrationOptions)
      .refine((channels) => Object.keys(channels).length >= 1, 'at least one channel')
      .refine((channels) => Object.keys(channels).length <= MAX_CHANNELS, `at most ${MAX_CHANNELS} channels`),
    /** Found out from the packets by default. */
    rateHz: z.number().positive().max(1000).optional(),
    clock: z.enum(['ntp', 'gnss']).optional(),
    clockErrorMs: z.number().positive().max(60_000).optional(),
  })
  .refine(
    ({ clock, clockErrorMs }) => clock !== undefined || clockErrorMs === undefined,
    'clockErrorMs needs clock: what holds it',
  )

export const DatacastOptions = z
  .strictObject({
    kind: z.literal('datacast'),
    /** Where packets are taken in. */
    bind: Address.default('0.0.0.0'),
    /** 0: any free one, for tests. */
    port: z.number().int().min(0).max(65_535).default(8888),
    /** The instrument: packets of anybody else are counted and dropped, for the protocol knows no proof of identity. */
    sender: Address,
    stations: z.array(Station).min(1).max(4),
  })
  .superRefine(({ stations }, context) => {
    const codes = stations.flatMap(({ channels }) => Object.keys(channels))
    const twice = codes.find((code, i) => codes.indexOf(code) !== i)
    if (twice)
      context.addIssue({ code: 'custom', path: ['stations'], message: `channel ${twice} belongs to two sensors` })
  })
export type DatacastOptions = z.infer<typeof DatacastOptions>
