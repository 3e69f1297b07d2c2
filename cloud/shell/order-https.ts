import type { SupplierId } from '@minewarden/protocol/ids.ts'
import { JOSE_MEDIA_TYPE } from '@minewarden/protocol/order.ts'
import { z } from 'zod'
import type { Delivery, OrderAdapter } from '../core/ports.ts'
import type { HttpsClient } from './https-client.ts'

/** Where a supplier takes orders. */
export interface OrderRoute {
  readonly supplier: SupplierId
  readonly ordersUrl: string
  readonly client: HttpsClient
}

/** A refusal at the door may carry a signed answer; only that answer counts, the rest is for the log. */
const Refusal = z.object({
  error: z.object({ code: z.string().max(100), message: z.string().max(1000) }),
  answer: z.string().optional(),
})

/** Orders as signed posts: the body is the compact JWS, the order's id the idempotency key. */
export function createOrderHttps(routes: readonly OrderRoute[]): OrderAdapter {
  const routeOf = new Map(routes.map((route) => [route.supplier, route]))
  return {
    async deliver(supplier, order, jws, signal) {
      const route = routeOf.get(supplier)
      if (!route) return { kind: 'failed', reason: `no address of supplier ${supplier}` }
      try {
        const headers = { 'idempotency-key': order, accept: `${JOSE_MEDIA_TYPE}, application/json` }
        const reply = await route.client.post(route.ordersUrl, JOSE_MEDIA_TYPE, jws, headers, signal)
        return readReply(reply.status, reply.mediaType, reply.body)
      } catch (error) {
        signal.throwIfAborted()
        return { kind: 'failed', reason: describe(error) }
      }
    },
  }
}

function readReply(status: number, mediaType: string, body: string): Delivery {
  const ok = status >= 200 && status < 300
  if (ok && mediaType === JOSE_MEDIA_TYPE) return { kind: 'answered', answers: [body.trim()] }
  if (ok)
    return { kind: 'failed', reason: `HTTP ${status} without a signed receipt (${mediaType || 'no content type'})` }
  const refusal = parseRefusal(body)
  if (refusal?.answer) return { kind: 'answered', answers: [refusal.answer] }
  const why = refusal ? `: ${refusal.error.code}: ${refusal.error.message}` : ''
  return { kind: 'failed', reason: `HTTP ${status}${why}` }
}

function parseRefusal(body: string): z.infer<typeof Refusal> | null {
  try {
    return Refusal.safeParse(JSON.parse(body)).data ?? null
  } catch {
    return null
  }
}

/** Code and message of a network failure; undici hides the code in the cause. */
function describe(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  return [code, message].filter(Boolean).join(': ').slice(0, 300) || 'unreachable'
}
