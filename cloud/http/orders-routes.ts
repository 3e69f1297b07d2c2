import { OrderId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import { CloudError } from '../errors.ts'
import type { ServerDeps } from './deps.ts'
import type { Documents } from './documents.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { Given } from './proofs-routes.ts'
import { read } from './request-check.ts'
import type { Routes } from './web.ts'

const OrderPath = z.strictObject({ order: OrderId })
export const Approval = z.strictObject({
  documentSha256: z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256: 64 hexadecimal digits, lower case'),
  proof: Given.default({ kind: 'link' }),
})
export const WithReason = z.strictObject({ reason: z.string().trim().min(1, 'a reason is needed').max(500) })

/** `GET /api/v1/orders`, `/orders/:order`; `POST /orders/:order/approve {documentSha256, proof}`, `/question`, `/cancel`, `/stop`, `/close`, `/veto` `{reason}`, `/seen`. */
export function ordersRoutes(deps: ServerDeps, documents: Documents, gatekeeper: Gatekeeper): Routes {
  return async (app) => {
    app.get('/api/v1/orders', async (request) => {
      await gatekeeper.reader(request)
      return deps.orders.list().map(documents.order)
    })
    app.get('/api/v1/orders/:order', async (request) => {
      await gatekeeper.reader(request)
      const { order } = read(OrderPath, 'path', request.params)
      const view = deps.orders.get(order)
      if (view === null) throw new CloudError('not-found', `No order ${order}`)
      return documents.order(view)
    })
    app.post('/api/v1/orders/:order/approve', async (request) => {
      const user = await gatekeeper.officer(request)
      const { order } = read(OrderPath, 'path', request.params)
      const { documentSha256, proof } = read(Approval, 'body', request.body)
      return documents.order(await deps.orders.approve(order, user, documentSha256, proof))
    })
    app.post('/api/v1/orders/:order/question', async (request) => {
      const user = await gatekeeper.officer(request)
      return await deps.orders.question(read(OrderPath, 'path', request.params).order, user)
    })
    app.post('/api/v1/orders/:order/seen', async (request) => {
      const user = await gatekeeper.officer(request)
      return documents.order(await deps.orders.seen(read(OrderPath, 'path', request.params).order, user))
    })
    for (const act of ['cancel', 'stop', 'close', 'veto'] as const) {
      app.post(`/api/v1/orders/:order/${act}`, async (request) => {
        const user = await gatekeeper.officer(request)
        const { order } = read(OrderPath, 'path', request.params)
        const { reason } = read(WithReason, 'body', request.body)
        return documents.order(await deps.orders[act](order, user, reason))
      })
    }
  }
}
