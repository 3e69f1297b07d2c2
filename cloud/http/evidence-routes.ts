import { OrderId } from '@minewarden/protocol/ids.ts'
import { Sha256 } from '@minewarden/protocol/order.ts'
import { isoTime } from '@minewarden/protocol/time.ts'
import { z } from 'zod'
import {
  type EvidenceReview,
  type EvidenceView,
  type PieceView,
  REVIEW_VERDICTS,
} from '../core/evidence/evidence-port.ts'
import type { WaveformPicture } from '../core/evidence/waveform-picture.ts'
import { CloudError } from '../errors.ts'
import type { ServerDeps } from './deps.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { read } from './request-check.ts'
import type { Routes } from './web.ts'

const OrderPath = z.strictObject({ order: OrderId })
const PiecePath = OrderPath.extend({ sha256: Sha256 })
export const Review = z.strictObject({
  verdict: z.enum(REVIEW_VERDICTS),
  remark: z.string().trim().min(1, 'what was looked at, and what was found').max(2000),
  contentSha256: Sha256,
})

/** `GET /api/v1/orders/:order/evidence`. Times are ISO 8601. */
export interface EvidenceDocument {
  readonly order: string
  readonly pieces: readonly (Omit<PieceView, 'frozenAt'> & { readonly frozenAt: string | null })[]
  readonly contentSha256: string
  readonly reviews: readonly (Omit<EvidenceReview, 'at'> & { readonly at: string })[]
  readonly reviewed: boolean
}
/** `GET /api/v1/orders/:order/evidence/waveforms`. */
export type WaveformDocument = Omit<WaveformPicture, 'from' | 'to'> & { readonly from: string; readonly to: string }

/**
 * What an order rests on, for people who are signed in: `GET /api/v1/orders/:order/evidence`, its `/waveforms` thinned for a
 * picture, and each piece word for word by its hash, `/evidence/:sha256`. `POST /evidence/reviews {verdict, remark,
 * contentSha256}` (officers) records a review of exactly these pieces; `GET /evidence/bundle` (officers, on record) is
 * all of it as a tar with a signed manifest.
 */
export function evidenceRoutes({ evidence }: Pick<ServerDeps, 'evidence'>, gatekeeper: Gatekeeper): Routes {
  return async (app) => {
    app.get('/api/v1/orders/:order/evidence', async (request): Promise<EvidenceDocument> => {
      await gatekeeper.person(request)
      const { order } = read(OrderPath, 'path', request.params)
      const view = await evidence.view(order)
      if (view === null) throw new CloudError('not-found', `No order ${order}`)
      return evidenceDocument(view)
    })
    app.get('/api/v1/orders/:order/evidence/waveforms', async (request): Promise<WaveformDocument[]> => {
      await gatekeeper.person(request)
      const { order } = read(OrderPath, 'path', request.params)
      const pictures = await evidence.waveforms(order)
      return pictures.map(({ from, to, ...one }) => ({ ...one, from: isoTime(from), to: isoTime(to) }))
    })
    app.get('/api/v1/orders/:order/evidence/bundle', async (request, reply) => {
      const user = await gatekeeper.officer(request)
      const { order } = read(OrderPath, 'path', request.params)
      const bundle = await evidence.bundle(order, user)
      return reply
        .type('application/x-tar')
        .header('content-disposition', `attachment; filename="evidence-${order}.tar"`)
        .send(Buffer.from(bundle))
    })
    app.get('/api/v1/orders/:order/evidence/:sha256', async (request, reply) => {
      await gatekeeper.person(request)
      const { order, sha256 } = read(PiecePath, 'path', request.params)
      const content = await evidence.piece(order, sha256)
      if (content === null) throw new CloudError('not-found', `No piece ${sha256} of order ${order}`)
      return reply.type('application/x-ndjson').send(content)
    })
    app.post('/api/v1/orders/:order/evidence/reviews', async (request): Promise<EvidenceDocument> => {
      const user = await gatekeeper.officer(request)
      const { order } = read(OrderPath, 'path', request.params)
      return evidenceDocument(await evidence.review(order, user, read(Review, 'body', request.body)))
    })
  }
}

const evidenceDocument = ({ order, pieces, contentSha256, reviews, reviewed }: EvidenceView): EvidenceDocument => ({
  order,
  pieces: pieces.map((piece) => ({ ...piece, frozenAt: piece.frozenAt === null ? null : isoTime(piece.frozenAt) })),
  contentSha256,
  reviews: reviews.map((review) => ({ ...review, at: isoTime(review.at) })),
  reviewed,
})
