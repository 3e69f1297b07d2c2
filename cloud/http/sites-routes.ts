import { SiteId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import type { SiteView } from '../core/ports.ts'
import { CloudError } from '../errors.ts'
import type { ServerDeps } from './deps.ts'
import type { Documents } from './documents.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { markDocument } from './mark-document.ts'
import { read } from './request-check.ts'
import type { Routes } from './web.ts'

export const SitePath = z.strictObject({ site: SiteId })
const MAX_FINDINGS = 500
export const FindingsQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(MAX_FINDINGS).default(100) })

/** @throws CloudError `not-found` */
export function siteOf(sites: ServerDeps['sites'], id: SiteId): SiteView {
  const view = sites.get(id)
  if (view === null) throw new CloudError('not-found', `No site ${id}`)
  return view
}

/** `GET /api/v1/sites`, `/sites/:site`, `/sites/:site/findings?limit=` (newest first). */
export function sitesRoutes(deps: ServerDeps, documents: Documents, gatekeeper: Gatekeeper): Routes {
  return async (app) => {
    app.get('/api/v1/sites', async (request) => {
      await gatekeeper.reader(request)
      return deps.sites.list().map(documents.site)
    })
    app.get('/api/v1/sites/:site', async (request) => {
      await gatekeeper.reader(request)
      const { site } = read(SitePath, 'path', request.params)
      return documents.site(siteOf(deps.sites, site))
    })
    app.get('/api/v1/sites/:site/findings', async (request) => {
      const reader = await gatekeeper.reader(request)
      const { site } = read(SitePath, 'path', request.params)
      const { limit } = read(FindingsQuery, 'query', request.query)
      siteOf(deps.sites, site)
      return deps.feedback.findings(site, limit).map(({ offset, finding, mark }) => ({
        ...documents.finding(finding),
        number: offset,
        mark: mark && markDocument(mark, reader),
      }))
    })
  }
}
