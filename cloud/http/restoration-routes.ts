import { OrderId, SupplyPointId } from '@minewarden/protocol/ids.ts'
import { DocumentTime } from '@minewarden/protocol/order.ts'
import { GasReading, MAX_GAS_READINGS } from '@minewarden/protocol/restoration.ts'
import { IsoTime } from '@minewarden/protocol/site.ts'
import { z } from 'zod'
import type { RestorationAct } from '../core/ports.ts'
import type { ServerDeps } from './deps.ts'
import type { Documents } from './documents.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { Approval, WithReason } from './orders-routes.ts'
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
export const Report = z.strictObject({ people: Text, seenAt: IsoTime, text: Text })
const PointPath = z.strictObject({ order: OrderId, point: SupplyPointId })
export const Check = z.strictObject({
  stage: z.number().int().min(1).max(3),
  measuredAt: DocumentTime,
  measuredBy: Text,
  witness: Text,
  readings: z.array(GasReading).min(1).max(MAX_GAS_READINGS),
})

/** `POST /api/v1/orders/:order/restoration` drafts; `/restoration/approve`, `/gas-check`, `/cancel` go on with it. */
export function restorationRoutes(deps: ServerDeps, documents: Documents, gatekeeper: Gatekeeper): Routes {
  return async (app) => {
    const route = (path: string, act: (body: unknown) => RestorationAct) =>
      app.post(`/api/v1/orders/:order/restoration${path}`, async (request) => {
        const user = await gatekeeper.officer(request)
        const { order } = read(OrderPath, 'path', request.params)
        return documents.order(await deps.orders.restore(order, user, act(request.body)))
      })
    app.post('/api/v1/orders/:order/points/:point/report', async (request) => {
      const user = await gatekeeper.officer(request)
      const { order, point } = read(PointPath, 'path', request.params)
      const report = { point, ...read(Report, 'body', request.body) }
      return documents.order(await deps.orders.reportCut(order, user, report))
    })
    route('', (body) => ({ kind: 'draft', asked: read(Draft, 'body', body) }))
    route('/approve', (body) => ({ kind: 'approve', ...read(Approval, 'body', body) }))
    route('/gas-check', (body) => ({ kind: 'gas-check', check: read(Check, 'body', body) }))
    route('/cancel', (body) => ({ kind: 'cancel', ...read(WithReason, 'body', body) }))
  }
}
