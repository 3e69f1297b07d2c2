import { SiteId, SupplyPointId } from '@minewarden/protocol/ids.ts'
import { IsoTime } from '@minewarden/protocol/site.ts'
import { StandingId } from '@minewarden/protocol/standing.ts'
import { z } from 'zod'
import type { StandingService, StandingView } from '../core/orders/standing-port.ts'
import { CloudError } from '../errors.ts'
import type { ReasonText } from './deps.ts'
import type { ReasonDocument } from './documents.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { Given } from './proofs-routes.ts'
import { read } from './request-check.ts'
import type { Routes } from './web.ts'

const StandingPath = z.strictObject({ standing: StandingId })
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256: 64 hexadecimal digits, lower case')
export const Proposal = z.strictObject({
  site: SiteId,
  supplyPoints: z.array(SupplyPointId).min(1).max(32),
  from: IsoTime,
  to: IsoTime,
  reason: z.string().trim().min(1, 'a reason is needed').max(500),
})
export const Approval = z.strictObject({ documentSha256: Sha256, proof: Given.default({ kind: 'link' }) })
export const Revocation = z.strictObject({ reason: z.string().trim().min(1, 'a reason is needed').max(500) })

/** A standing authorisation as JSON: times are ISO 8601, problems in both languages. */
export interface StandingDocument extends Omit<StandingView, 'problems' | 'approvals' | 'revoked'> {
  readonly problems: readonly ReasonDocument[]
  readonly approvals: readonly (Omit<StandingView['approvals'][number], 'at'> & { readonly at: string })[]
  readonly revoked: { readonly by: string; readonly at: string; readonly reason: string } | null
}

const iso = (at: number) => new Date(at).toISOString()

/**
 * `GET /api/v1/standings`, `/standings/:standing`; `POST /standings` proposes, `/standings/:standing/question` asks for a
 * proof, `/approve {documentSha256, proof}`, `/revoke {reason}`.
 */
export function standingRoutes(
  deps: { readonly standings: StandingService; readonly reasonText: ReasonText },
  gatekeeper: Gatekeeper,
): Routes {
  const { standings, reasonText } = deps
  const document = (view: StandingView): StandingDocument => ({
    ...view,
    problems: view.problems.map((one) => ({ code: one.code, values: one.values, ...reasonText(one) })),
    approvals: view.approvals.map((one) => ({ ...one, at: iso(one.at) })),
    revoked: view.revoked && { ...view.revoked, at: iso(view.revoked.at) },
  })
  return async (app) => {
    app.get('/api/v1/standings', async (request) => {
      await gatekeeper.reader(request)
      return standings.list().map(document)
    })
    app.get('/api/v1/standings/:standing', async (request) => {
      await gatekeeper.reader(request)
      const { standing } = read(StandingPath, 'path', request.params)
      const view = standings.get(standing)
      if (view === null) throw new CloudError('not-found', `No standing authorisation ${standing}`)
      return document(view)
    })
    app.post('/api/v1/standings', async (request) => {
      const user = await gatekeeper.officer(request)
      return document(await standings.propose(user, read(Proposal, 'body', request.body)))
    })
    app.post('/api/v1/standings/:standing/question', async (request) => {
      const user = await gatekeeper.officer(request)
      return await standings.question(read(StandingPath, 'path', request.params).standing, user)
    })
    app.post('/api/v1/standings/:standing/approve', async (request) => {
      const user = await gatekeeper.officer(request)
      const { standing } = read(StandingPath, 'path', request.params)
      const { documentSha256, proof } = read(Approval, 'body', request.body)
      return document(await standings.approve(standing, user, documentSha256, proof))
    })
    app.post('/api/v1/standings/:standing/revoke', async (request) => {
      const user = await gatekeeper.officer(request)
      const { standing } = read(StandingPath, 'path', request.params)
      return document(await standings.revoke(standing, user, read(Revocation, 'body', request.body).reason))
    })
  }
}
