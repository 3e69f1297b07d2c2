import type { OrderId, UserId } from '@minewarden/protocol/ids.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { User } from '../ports.ts'
import type { WaveformPicture } from './waveform-picture.ts'

/** One frozen piece of an order's evidence. */
export interface PieceView {
  readonly sha256: string
  readonly what: string
  /** `finding` and `readings` stand in the order's document; a `supplement` came after the draft. */
  readonly kind: 'finding' | 'readings' | 'supplement'
  /** Characters; `null`: named by the order, but not kept here. */
  readonly size: number | null
  readonly frozenAt: Instant | null
}

export const REVIEW_VERDICTS = ['sound', 'doubtful'] as const

/** What a person said of the evidence, before it is used as such. */
export interface EvidenceReview {
  readonly number: number
  readonly user: UserId
  readonly name: string
  readonly department: string
  readonly at: Instant
  readonly verdict: (typeof REVIEW_VERDICTS)[number]
  readonly remark: string
  /** Of the pieces as they were then; pieces that came later were not seen. */
  readonly contentSha256: string
}

export interface EvidenceView {
  readonly order: OrderId
  readonly pieces: readonly PieceView[]
  /** SHA-256 of the list of pieces: what a review is of. */
  readonly contentSha256: string
  readonly reviews: readonly EvidenceReview[]
  /** A review says that it is sound, and it is of all of these pieces. */
  readonly reviewed: boolean
}

/** The evidence of orders: what was frozen, what people say of it, and all of it as one file. */
export interface EvidenceService {
  /** `null`: no such order. */
  view(order: OrderId): Promise<EvidenceView | null>
  /** Content of a piece; `null`: not of this order, or not kept. */
  piece(order: OrderId, sha256: string): Promise<string | null>
  /** Waveforms, thinned for a picture. */
  waveforms(order: OrderId): Promise<readonly WaveformPicture[]>
  /** @throws CloudError `not-found`, `order-conflict` (pieces have come since) */
  review(
    order: OrderId,
    by: User,
    said: Pick<EvidenceReview, 'verdict' | 'remark' | 'contentSha256'>,
  ): Promise<EvidenceView>
  /** A tar of everything; that somebody took it is on record. @throws CloudError `not-found` */
  bundle(order: OrderId, by: User): Promise<Uint8Array>
}
