import { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import { isReadingKind, READING_KINDS, type ReadingKind } from '@minewarden/protocol/reading.ts'
import { IsoTime } from '@minewarden/protocol/site.ts'
import { isoTime } from '@minewarden/protocol/time.ts'
import { z } from 'zod'
import type { HistoryQuestion, HistorySeries } from '../core/ports.ts'
import { CloudError } from '../errors.ts'
import type { ServerDeps } from './deps.ts'
import type { TraceDocument } from './documents.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { read } from './request-check.ts'
import { SitePath, siteOf } from './sites-routes.ts'
import type { Routes } from './web.ts'

/** A trace of a page; longer studies belong to the history's own tools. */
const MAX_SPAN_MS = 31 * 24 * 3_600_000
const MAX_POINTS = 5000
const MAX_FIELDS = 16

export const TraceQuery = z
  .strictObject({
    gateway: GatewayId,
    sensor: SensorId,
    kind: z.string().transform((word, context): ReadingKind => {
      if (isReadingKind(word)) return word
      context.addIssue({ code: 'custom', message: `not a kind of reading: ${word.slice(0, 40)}` })
      return z.NEVER
    }),
    fields: z.string().transform((list) => list.split(',')),
    from: IsoTime,
    to: IsoTime,
    maxPoints: z.coerce.number().int().min(10).max(MAX_POINTS).default(1200),
  })
  .superRefine((query, context) => {
    const complain = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (query.to <= query.from) complain('to', 'must be later than from')
    if (query.to - query.from > MAX_SPAN_MS) complain('from', 'must be at most 31 days before to')
    if (query.fields.length > MAX_FIELDS) complain('fields', `at most ${MAX_FIELDS}`)
    for (const field of query.fields.slice(0, MAX_FIELDS)) {
      if (typeOf(query.kind, field) === null) complain('fields', `not a field of ${query.kind}: ${field.slice(0, 40)}`)
    }
  })

/** `GET /api/v1/sites/:site/trace?gateway&sensor&kind&fields=a,b&from&to&maxPoints`. */
export function historyRoutes(deps: ServerDeps, gatekeeper: Gatekeeper): Routes {
  return async (app) => {
    app.get('/api/v1/sites/:site/trace', async (request) => {
      await gatekeeper.reader(request)
      const { site } = read(SitePath, 'path', request.params)
      const question = read(TraceQuery, 'query', request.query)
      const known = siteOf(deps.sites, site).site.sensors.some(
        (s) => s.gateway === question.gateway && s.id === question.sensor,
      )
      if (!known) throw new CloudError('not-found', `No sensor ${question.gateway}/${question.sensor} at ${site}`)
      return traceDocument(question, await deps.history.query(question))
    })
  }
}

/** Type of a field that can be drawn or listed; `null` for no such field, or bytes. */
function typeOf(kind: ReadingKind, field: string): string | null {
  const fields: Record<string, { type: string } | undefined> = READING_KINDS[kind].fields
  const type = Object.hasOwn(fields, field) ? fields[field]?.type : undefined
  return type && type !== 'bytes' ? type : null
}

function traceDocument(question: HistoryQuestion, series: readonly HistorySeries[]): TraceDocument {
  const units: Record<string, { unit: string } | undefined> = READING_KINDS[question.kind].fields
  return {
    gateway: question.gateway,
    sensor: question.sensor,
    kind: question.kind,
    from: isoTime(question.from),
    to: isoTime(question.to),
    series: series.map((one) => ({
      field: one.field,
      unit: units[one.field]?.unit ?? '',
      channel: one.channel,
      offsetsMs: one.timesMs.map((at) => at - question.from),
      values: one.values,
    })),
  }
}
