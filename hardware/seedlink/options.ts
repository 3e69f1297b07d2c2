/** What a configuration says of a SeedLink server and its stations. */
import { SensorId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import { CalibrationOptions } from '../response/options.ts'

/** More stations belong to more connections. */
export const MAX_STATIONS = 16
/** A geophone has three axes; what has more is two sensors. */
export const MAX_CHANNELS = 3

const NetworkCode = z.string().regex(/^[A-Z0-9]{1,2}$/, 'network code: one or two capital letters or digits')
const StationCode = z.string().regex(/^[A-Z0-9]{1,5}$/, 'station code: at most five capital letters or digits')
const LocationCode = z.string().regex(/^([A-Z0-9]{2})?$/, 'location code: two capital letters or digits, or empty')
const ChannelCode = z.string().regex(/^[A-Z][A-Z][A-Z0-9]$/, 'channel code of SEED, such as EHZ')

/** A channel's calibration, and its location where a station has several of one code. */
const Channel = CalibrationOptions.safeExtend({ location: LocationCode.optional() })

const Station = z
  .strictObject({
    network: NetworkCode,
    station: StationCode,
    id: SensorId,
    kind: z.enum(['geophone', 'air-pressure']),
    channels: z
      .record(ChannelCode, Channel)
      .refine((channels) => Object.keys(channels).length >= 1, 'at least one channel')
      .refine((channels) => Object.keys(channels).length <= MAX_CHANNELS, `at most ${MAX_CHANNELS} channels`),
    /** What holds the instrument's clock when all is well. */
    clock: z.enum(['ntp', 'gnss']).optional(),
    /** How far that clock may be off then. */
    clockErrorMs: z.number().positive().max(60_000).optional(),
  })
  .refine(
    ({ clock, clockErrorMs }) => clock !== undefined || clockErrorMs === undefined,
    'clockErrorMs needs clock: what holds it',
  )

export const SeedLinkOptions = z
  .strictObject({
    kind: z.literal('seedlink'),
    host: z.string().min(1).max(253),
    port: z.number().int().min(1).max(65_535).default(18_000),
    /** `uni-station`: an old server with one station on its port, which does not know `STATION`. */
    mode: z.enum(['multi-station', 'uni-station']).default('multi-station'),
    stations: z.array(Station).min(1).max(MAX_STATIONS),
  })
  .superRefine(({ mode, stations }, context) => {
    const names = new Set(stations.map(({ network, station }) => `${network}.${station}`))
    if (mode === 'uni-station' && names.size > 1) {
      context.addIssue({ code: 'custom', path: ['mode'], message: 'uni-station: one station on a port' })
    }
  })
export type SeedLinkOptions = z.infer<typeof SeedLinkOptions>
