import { CountyCode, GatewayId, SensorId, SiteId } from '@minewarden/protocol/ids.ts'
import { ExpectedLoad, IsoTime, Permit } from '@minewarden/protocol/site.ts'
import { z } from 'zod'

/** A file beside `recording.json`: a plain name, so that a recording cannot reach out of its folder. */
const FileName = z.string().regex(/^[^/\\\0.][^/\\\0]{0,254}$/, 'a file name in the folder of the recording')

/** What one unit is in counts of the digitiser. */
const scale = <U extends string>(unit: U) =>
  z.strictObject({ countsPerUnit: z.number().positive(), unit: z.literal(unit) })

const atLeastOne = (channels: object) => Object.values(channels).some((channel) => channel !== undefined)

const Geophone = z.strictObject({
  id: SensorId,
  kind: z.literal('geophone'),
  file: FileName,
  channels: z
    .strictObject({
      HHZ: scale('m/s').optional(),
      HHN: scale('m/s').optional(),
      HHE: scale('m/s').optional(),
    })
    .refine(atLeastOne, 'at least one of HHZ, HHN, HHE'),
})

const AirPressure = z.strictObject({
  id: SensorId,
  kind: z.literal('air-pressure'),
  file: FileName,
  channels: z.strictObject({ HDF: scale('Pa') }),
})

const PowerMeter = z.strictObject({ id: SensorId, kind: z.literal('power-meter'), file: FileName })
const CameraProbe = z.strictObject({ id: SensorId, kind: z.literal('camera-probe'), file: FileName })

const Latitude = z.number().min(-90).max(90)
const Longitude = z.number().min(-180).max(180)

const RecordedGateway = z.strictObject({
  id: GatewayId,
  latitude: Latitude,
  longitude: Longitude,
  sensors: z
    .array(z.discriminatedUnion('kind', [Geophone, AirPressure, PowerMeter, CameraProbe]))
    .superRefine(unique('sensor')),
})

const RecordedSite = z.strictObject({
  id: SiteId,
  name: z.string().min(1),
  county: CountyCode,
  latitude: Latitude,
  longitude: Longitude,
  closedOn: z.iso.date(),
  area: z.enum(['key', 'general']),
  expectedLoads: z.array(ExpectedLoad).default([]),
  permits: z
    .array(Permit.refine(({ from, to }) => from <= to, { message: 'ends before it begins', path: ['to'] }))
    .default([]),
  gateways: z.array(RecordedGateway).superRefine(unique('gateway')),
})

/** `recording.json`, format `minewarden-recording/1`. Unknown fields are an error. */
export const RecordingFile = z
  .strictObject({
    format: z.literal('minewarden-recording/1'),
    start: IsoTime,
    end: IsoTime,
    sites: z.array(RecordedSite).superRefine(unique('site')),
  })
  .refine(({ start, end }) => start < end, { message: 'not after start', path: ['end'] })
  .superRefine(({ sites }, context) => {
    const seen = new Set<string>()
    sites.forEach((site, s) => {
      site.gateways.forEach((gateway, g) => {
        if (seen.has(gateway.id)) {
          const path = ['sites', s, 'gateways', g, 'id']
          context.addIssue({ code: 'custom', message: `gateway ${gateway.id} stands at two sites`, path })
        }
        seen.add(gateway.id)
      })
    })
  })
export type RecordingFile = z.infer<typeof RecordingFile>

function unique(what: string) {
  return (items: readonly { readonly id: string }[], context: z.core.$RefinementCtx) => {
    const seen = new Set<string>()
    items.forEach(({ id }, i) => {
      if (seen.has(id))
        context.addIssue({ code: 'custom', message: `${what} ${id} stands here twice`, path: [i, 'id'] })
      seen.add(id)
    })
  }
}
