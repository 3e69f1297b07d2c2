import type { SiteId } from '@minewarden/protocol/ids.ts'
import { IsoTime } from '@minewarden/protocol/site.ts'
import { z } from 'zod'
import type { MarkedThen } from '../core/tuning/replay.ts'
import { PARAMETER_BOUNDS, SiteParameters, shownParameters } from '../core/tuning/site-parameters.ts'
import { CloudError } from '../errors.ts'
import type { ServerDeps } from './deps.ts'
import type { Documents } from './documents.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { read } from './request-check.ts'
import { SitePath, siteOf } from './sites-routes.ts'
import { type ParametersDocument, replayDocument, versionDocument } from './tuning-documents.ts'
import type { Routes } from './web.ts'

const DAY_MS = 86_400_000
const MOST_DAYS = 7
/** Findings that are looked through for marks of the span. */
const MOST_FINDINGS = 5_000

export const Change = z.strictObject({
  parameters: SiteParameters,
  /** Absent: at once. */
  effectiveAt: IsoTime.nullable().default(null),
  reason: z.string().trim().min(4, 'a reason is needed').max(500),
})
export const Preview = z.strictObject({
  parameters: SiteParameters,
  days: z.number().int().min(1).max(MOST_DAYS).default(MOST_DAYS),
})
const ReplayPath = z.strictObject({ replay: z.uuid() })

/**
 * `GET /api/v1/sites/:site/parameters`; `POST` there `{parameters, effectiveAt?, reason}` (officers) changes them. `POST
 * /api/v1/sites/:site/replays {parameters, days?}` (officers) answers 202 with a replay that runs: what the last days
 * would have looked like; `GET /api/v1/replays/:replay` tells how far it is and what came out, `POST .../cancel` ends it.
 */
export function tuningRoutes(deps: ServerDeps, documents: Documents, gatekeeper: Gatekeeper): Routes {
  const { sites, tuning, replays, feedback, clock } = deps
  const markedOf = (site: SiteId, from: number): MarkedThen[] =>
    feedback
      .findings(site, MOST_FINDINGS)
      .flatMap(({ finding, mark }) => (mark && finding.at >= from ? [{ finding, verdict: mark.verdict }] : []))
  return async (app) => {
    app.get('/api/v1/sites/:site/parameters', async (request): Promise<ParametersDocument> => {
      await gatekeeper.person(request)
      const { site } = read(SitePath, 'path', request.params)
      siteOf(sites, site)
      return {
        inForce: shownParameters(tuning.parametersOf(site, clock.now())),
        county: shownParameters(tuning.tried({})),
        bounds: PARAMETER_BOUNDS,
        versions: tuning.versionsOf(site).map(versionDocument),
      }
    })
    app.post('/api/v1/sites/:site/parameters', async (request) => {
      const user = await gatekeeper.officer(request)
      const { site } = read(SitePath, 'path', request.params)
      const wanted = read(Change, 'body', request.body)
      siteOf(sites, site)
      return versionDocument(await tuning.change(site, wanted, user))
    })
    app.post('/api/v1/sites/:site/replays', async (request, reply) => {
      await gatekeeper.officer(request)
      const { site } = read(SitePath, 'path', request.params)
      const { parameters, days } = read(Preview, 'body', request.body)
      const view = siteOf(sites, site)
      const to = clock.now()
      const from = to - days * DAY_MS
      const task = {
        ...{ site: view.site, from, to, snapshot: deps.snapshotOf(site), marked: markedOf(site, from) },
        present: tuning.parametersOf(site, to),
        proposed: tuning.tried(parameters),
      }
      return reply.code(202).send(replayDocument(replays.begin(site, task), documents))
    })
    app.get('/api/v1/replays/:replay', async (request) => {
      await gatekeeper.person(request)
      const { replay } = read(ReplayPath, 'path', request.params)
      return replayDocument(known(replays.get(replay), replay), documents)
    })
    app.post('/api/v1/replays/:replay/cancel', async (request) => {
      await gatekeeper.officer(request)
      const { replay } = read(ReplayPath, 'path', request.params)
      return replayDocument(known(await replays.cancel(replay), replay), documents)
    })
  }
}

function known<T>(view: T | null, id: string): T {
  if (view === null) throw new CloudError('not-found', `No replay ${id}`)
  return view
}
