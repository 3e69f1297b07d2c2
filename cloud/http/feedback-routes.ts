import { IsoTime } from '@minewarden/protocol/site.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import { z } from 'zod'
import type { FalseAlarms } from '../core/feedback/false-alarms.ts'
import { MARK_CAUSES, MAX_NOTE, VERDICTS } from '../core/feedback/mark.ts'
import type { ServerDeps } from './deps.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { markDocument } from './mark-document.ts'
import { read } from './request-check.ts'
import { SitePath, siteOf } from './sites-routes.ts'
import type { Routes } from './web.ts'

const DAY_MS = 86_400_000
const DEFAULT_SPAN_MS = 30 * DAY_MS
const MAX_SPAN_MS = 366 * DAY_MS

const FindingPath = SitePath.extend({ number: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) })
export const Body = z.strictObject({
  verdict: z.enum(VERDICTS),
  cause: z.enum(MARK_CAUSES).nullable().default(null),
  note: z.string().trim().max(MAX_NOTE).default(''),
})
export const RatesQuery = z.strictObject({ from: IsoTime.optional(), to: IsoTime.optional() })

/** How often a site cried wolf within a span, as far as people have marked it. */
export interface FalseAlarmsDocument extends FalseAlarms {
  readonly from: string
  readonly to: string
  /** Whether all findings of the span were counted: of very many only the newest are. */
  readonly complete: boolean
}

/**
 * `POST /api/v1/sites/:site/findings/:number/mark {verdict, cause?, note?}` (officers) marks a finding true or false, or
 * changes its mark; `GET /api/v1/sites/:site/false-alarms?from&to` counts marks by class and reason (the last 30 days).
 */
export function feedbackRoutes({ sites, feedback, clock }: ServerDeps, gatekeeper: Gatekeeper): Routes {
  const spanOf = (input: unknown) => {
    const schema = RatesQuery.transform((query) => {
      const to = query.to ?? clock.now()
      return { from: query.from ?? instant(to - DEFAULT_SPAN_MS), to: instant(to) }
    }).superRefine(({ from, to }, context) => {
      if (from >= to) context.addIssue({ code: 'custom', path: ['to'], message: 'must be later than from' })
      if (to - from > MAX_SPAN_MS)
        context.addIssue({ code: 'custom', path: ['from'], message: 'must be at most 366 days before to' })
    })
    return read(schema, 'query', input)
  }
  return async (app) => {
    app.post('/api/v1/sites/:site/findings/:number/mark', async (request) => {
      const user = await gatekeeper.officer(request)
      const { site, number } = read(FindingPath, 'path', request.params)
      const wanted = read(Body, 'body', request.body)
      siteOf(sites, site)
      return markDocument(await feedback.mark(site, number, wanted, user), user)
    })
    app.get('/api/v1/sites/:site/false-alarms', async (request): Promise<FalseAlarmsDocument> => {
      await gatekeeper.reader(request)
      const { site } = read(SitePath, 'path', request.params)
      const span = spanOf(request.query)
      siteOf(sites, site)
      return { from: isoTime(span.from), to: isoTime(span.to), ...feedback.rates(site, span) }
    })
  }
}
