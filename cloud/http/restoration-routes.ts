import { OrderId } from '@minewarden/protocol/ids.ts'
import { DocumentTime, Sha256 } from '@minewarden/protocol/order.ts'
import { GasReading, MAX_GAS_READINGS } from '@minewarden/protocol/restoration.ts'
import { z } from 'zod'
import type { RestorationAct } from '../core/ports.ts'
import type { ServerDeps } from './deps.ts'
import type { Documents } from './documents.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { Given } from './proofs-routes.ts'
import { read } from './request-check.ts'
import type { Routes } from './web.ts'

const OrderPath = z.strictObject({ order: OrderId })
const Text = z.string().trim().min(1).max(500)
export const Draft = z.strictObject({
  mine: z.enum(['coal', 'non-coal']),
  subject: Text,
  measures: Text,
  measuresMetAt: DocumentTime,
  restoreTime: DocumentTime,
  restoreContent: Text,
})
export const Approval = z.strictObject({ documentSha256: Sha256, proof: Given.default({ kind: 'link' }) })
export const Check = z.strictObject({
  stage: z.number().int().min(1).max(3),
  measuredAt: DocumentTime,
  measuredBy: Text,
  witness: Text,
  readings: z.array(GasReading).min(1).max(MAX_GAS_READINGS),
})
export const WithReason = z.strictObject({ reason: z.string().trim().min(1, 'a reason is needed').max(500) })

/** `POST /api/v1/orders/:order/restoration` drafts; `/restoration/approve`, `/gas-check`, `/cancel` go on with it. */
export function restorationRoutes(deps: ServerDeps, documents: Documents, gatekeeper: Gatekeeper): Routes {
  return async (app) => {
    const route = (path: string, act: (body: unknown) => RestorationAct) =>
      app.post(`/api/v1/orders/:order/restoration${path}`, async (request) => {
        const user = await gatekeeper.officer(request)
        const { order } = read(OrderPath, 'path', request.params)
        return documents.order(await deps.orders.restore(order, user, act(request.body)))
      })
    route('', (body) => ({ kind: 'draft', asked: read(Draft, 'body', body) }))
    route('/approve', (body) => ({ kind: 'approve', ...read(Approval, 'body', body) }))
    route('/gas-check', (body) => ({ kind: 'gas-check', check: read(Check, 'body', body) }))
    route('/cancel', (body) => ({ kind: 'cancel', ...read(WithReason, 'body', body) }))
  }
}
