import { AreaCode, CountyCode } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import { countProbes, KNOWN_STATUSES } from '../core/probes/online-rate.ts'
import type { ServerDeps } from './deps.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { type ProbesDocument, probeDocument } from './probe-documents.ts'
import { read } from './request-check.ts'
import type { Routes } from './web.ts'

export const Query = z.strictObject({
  county: CountyCode.optional(),
  township: AreaCode.optional(),
  area: z.enum(['key', 'general']).optional(),
  status: z.enum(KNOWN_STATUSES).optional(),
})

/**
 * `GET /api/v1/probes?county=&township=&area=&status=`: the camera probes there, and how many are online, of all of them
 * and by county, township and kind of area. `status` chooses among the probes that are listed, not those counted.
 */
export function probeRoutes({ probes, sites }: ServerDeps, gatekeeper: Gatekeeper): Routes {
  return async (app) => {
    app.get('/api/v1/probes', async (request): Promise<ProbesDocument> => {
      await gatekeeper.reader(request)
      const { county, township, area, status } = read(Query, 'query', request.query)
      const chosen = probes
        .list()
        .filter(
          ({ place }) =>
            (county === undefined || place.county === county) &&
            (township === undefined || place.township === township) &&
            (area === undefined || place.area === area),
        )
      const listed = chosen.filter((probe) => status === undefined || probe.status === status)
      return {
        counts: countProbes(chosen),
        probes: listed.map((probe) => probeDocument(probe, sites.get(probe.site)?.name ?? probe.site)),
      }
    })
  }
}
