import { OrderId, SiteId } from '@minewarden/protocol/ids.ts'
import { IsoTime } from '@minewarden/protocol/site.ts'
import { z } from 'zod'
import { STEP_CODES } from '../core/law/rules.ts'
import type { SiteRecord } from '../core/orders/site-record.ts'
import type { ServerDeps } from './deps.ts'
import type { Documents } from './documents.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { legalDocument } from './order-record-documents.ts'
import { read } from './request-check.ts'
import type { Routes } from './web.ts'

const OrderPath = z.strictObject({ order: OrderId })
const SitePath = z.strictObject({ site: SiteId })
const Name = z.string().trim().min(1).max(100)
const Words = z.string().trim().max(500)
const OnSite = z.strictObject({ name: Name, unit: Name })
const People = z.array(OnSite).max(8)
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256: 64 hexadecimal digits, lower case')

export const LegalStep = z.strictObject({
  step: z.enum(STEP_CODES),
  number: Name.nullable().default(null),
  at: IsoTime,
  people: z
    .array(z.strictObject({ name: Name, certificate: Name.nullable().default(null) }))
    .max(4)
    .default([]),
  details: z.record(z.string().max(64), Words).default({}),
  stopAt: IsoTime.nullable().default(null),
  note: Words.default(''),
  attachmentSha256: Sha256.nullable().default(null),
})
export const Waiver = z.strictObject({ number: Name, at: IsoTime, danger: Words, reason: Words })
export const Sighting = z.strictObject({ at: IsoTime, person: Name, unit: Name, saw: Words })
export const Statement = z.strictObject({
  kind: z.enum(['none-confirmed', 'unknown', 'present']),
  at: IsoTime,
  people: People.default([]),
  note: Words.default(''),
})
export const Evacuation = z.strictObject({
  siren: z.boolean(),
  loudspeaker: z.boolean().default(false),
  messages: Words,
  rescue: OnSite,
  police: OnSite,
  neighbours: Words,
  delayMinutes: z
    .number()
    .min(0)
    .max(24 * 60)
    .nullable()
    .default(null),
})
export const AllOut = z.strictObject({ at: IsoTime, people: People, rescue: OnSite })
/** Above this no instrument of a rescue team reads. */
const Ppm = z.number().min(0).max(100_000)
export const Fumes = z.strictObject({ at: IsoTime, people: People, coPpm: Ppm, no2Ppm: Ppm })

/** Where each is recorded, and what it makes of the body. */
const RECORDS: Readonly<Record<string, (body: unknown) => SiteRecord>> = {
  'legal-steps': (body) => ({ kind: 'legal-step', entry: read(LegalStep, 'body', body) }),
  waiver: (body) => ({ kind: 'legal-waiver', waiver: read(Waiver, 'body', body) }),
  sighting: (body) => ({ kind: 'sighting', sighting: read(Sighting, 'body', body) }),
  people: (body) => ({ kind: 'people-statement', statement: read(Statement, 'body', body) }),
  evacuation: (body) => ({ kind: 'evacuation', evacuation: read(Evacuation, 'body', body) }),
  'all-out': (body) => ({ kind: 'all-out', allOut: read(AllOut, 'body', body) }),
  fumes: (body) => ({ kind: 'fumes', fumes: read(Fumes, 'body', body) }),
}

/**
 * `POST /api/v1/orders/:order/legal-steps`, `/waiver`, `/sighting`, `/people`, `/evacuation`, `/all-out`, `/fumes`; and of a site
 * before there is an order: `GET /api/v1/sites/:site/legal`, `POST /api/v1/sites/:site/legal-steps`.
 */
export function orderRecordsRoutes(deps: ServerDeps, documents: Documents, gatekeeper: Gatekeeper): Routes {
  return async (app) => {
    app.get('/api/v1/sites/:site/legal', async (request) => {
      await gatekeeper.person(request)
      return legalDocument(deps.orders.legalOf(read(SitePath, 'path', request.params).site))
    })
    app.post('/api/v1/sites/:site/legal-steps', async (request) => {
      const user = await gatekeeper.recorder(request)
      const { site } = read(SitePath, 'path', request.params)
      return legalDocument(await deps.orders.recordLegal(site, user, read(LegalStep, 'body', request.body)))
    })
    for (const [name, recordOf] of Object.entries(RECORDS)) {
      app.post(`/api/v1/orders/:order/${name}`, async (request) => {
        const user = await gatekeeper.recorder(request)
        const { order } = read(OrderPath, 'path', request.params)
        return documents.order(await deps.orders.record(order, user, recordOf(request.body)))
      })
    }
  }
}
