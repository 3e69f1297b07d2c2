import { documentSha256 } from '@minewarden/protocol/canonical-json.ts'
import type { OrderId } from '@minewarden/protocol/ids.ts'
import { type PrivateKey, signDocument } from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import { type Clock, instant } from '@minewarden/protocol/time.ts'
import { OrderRecord } from '../core/audit-export-line.ts'
import { bundleOf } from '../core/evidence/bundle.ts'
import type { EvidenceService, EvidenceView, PieceView } from '../core/evidence/evidence-port.ts'
import { frozenWaveforms, waveformFiles } from '../core/evidence/frozen-lines.ts'
import { pictureOf } from '../core/evidence/waveform-picture.ts'
import { CloudError } from '../errors.ts'
import { readEntriesOf } from './records/audit-repository.ts'
import type { Records } from './records/database.ts'
import { describeEvidence, readEvidence, readSupplements } from './records/evidence-repository.ts'
import { recordFact } from './records/orders-repository.ts'
import { insertReview, readReviews } from './records/reviews-repository.ts'

export interface EvidenceServiceDeps {
  readonly records: Records
  readonly clock: Clock
  readonly issuer: { readonly id: string; readonly name: string }
  readonly signingKey: PrivateKey
}

/** More entries of one order than this do not fit a bundle; the export of the log has them all. */
const MAX_ENTRIES = 5_000
/** Waveforms are pieces whose name says so: the others need not be read for a picture. */
const WAVEFORM_PIECE = /\bwaveform\b/

export function createEvidenceService({ records, clock, issuer, signingKey }: EvidenceServiceDeps): EvidenceService {
  const recordOf = async (id: OrderId) => {
    const row = await records
      .selectFrom('orders')
      .select(['record', 'drafted_at'])
      .where('id', '=', id)
      .executeTakeFirst()
    return row ? { ...OrderRecord.parse(JSON.parse(row.record)), draftedAtMs: row.drafted_at } : null
  }
  const needed = async (id: OrderId) => {
    const record = await recordOf(id)
    if (!record) throw new CloudError('not-found', `No order ${id}`)
    return record
  }

  const piecesOf = async (id: OrderId, record: OrderRecord): Promise<PieceView[]> => {
    const named = record.content.evidence
    const later = await readSupplements(records, id)
    const kept = new Map(
      (
        await describeEvidence(
          records,
          [...named, ...later].map(({ sha256 }) => sha256),
        )
      ).map((row) => [row.sha256, row]),
    )
    const viewed = (kind: PieceView['kind'], { what, sha256 }: { what: string; sha256: string }): PieceView => {
      const row = kept.get(sha256)
      return { kind, what, sha256, size: row?.size ?? null, frozenAt: row ? instant(row.frozen_at) : null }
    }
    const inOrder = new Set(named.map(({ sha256 }) => sha256))
    return [
      ...named.map((piece) => viewed(piece.what === 'state finding' ? 'finding' : 'readings', piece)),
      ...later.filter(({ sha256 }) => !inOrder.has(sha256)).map((piece) => viewed('supplement', piece)),
    ]
  }

  const viewOf = async (id: OrderId, record: OrderRecord): Promise<EvidenceView> => {
    const pieces = await piecesOf(id, record)
    const contentSha256 = await documentSha256(pieces.map(({ what, sha256 }) => ({ what, sha256 })))
    const reviews = await readReviews(records, id)
    const last = reviews.findLast((review) => review.contentSha256 === contentSha256)
    return { order: id, pieces, contentSha256, reviews, reviewed: last?.verdict === 'sound' }
  }

  const contentsOf = async (pieces: readonly PieceView[]) =>
    await Promise.all(
      pieces
        .filter(({ kind }) => kind !== 'finding')
        .map(async ({ what, sha256 }) => ({ what, sha256, content: await readEvidence(records, sha256) })),
    )

  return {
    async view(id) {
      const record = await recordOf(id)
      return record && (await viewOf(id, record))
    },

    async piece(id, sha256) {
      const record = await recordOf(id)
      if (!record) return null
      const isOfOrder = (await piecesOf(id, record)).some((piece) => piece.sha256 === sha256)
      return isOfOrder ? await readEvidence(records, sha256) : null
    },

    async waveforms(id) {
      const record = await needed(id)
      const pieces = (await piecesOf(id, record)).filter(({ what }) => WAVEFORM_PIECE.test(what))
      const contents = (await contentsOf(pieces)).flatMap(({ content }) => content ?? [])
      return waveformFiles(frozenWaveforms(contents)).flatMap(
        ({ miniSeed, ...address }) => pictureOf(address, miniSeed) ?? [],
      )
    },

    async review(id, by, { verdict, remark, contentSha256 }) {
      const record = await needed(id)
      const seen = await viewOf(id, record)
      if (seen.contentSha256 !== contentSha256)
        throw new CloudError('order-conflict', 'contentSha256: pieces have come since; look at them first')
      const { id: user, name, department } = by
      const at = clock.now()
      await insertReview(records, id, { user, name, department, at, verdict, remark, contentSha256 })
      return await viewOf(id, record)
    },

    async bundle(id, by) {
      const record = await needed(id)
      const { pieces, contentSha256, reviews, reviewed } = await viewOf(id, record)
      const fact = { at: clock.now(), actor: by.id, action: 'evidence.exported', subject: id }
      await recordFact(records, { ...fact, detail: { contentSha256, reviewed } })
      const entries = await readEntriesOf(records, id, MAX_ENTRIES)
      return await bundleOf({
        ...{ issuer: { id: issuer.id, name: issuer.name }, order: id, draftedAtMs: record.draftedAtMs },
        ...{
          document: record.content,
          documentSha256: record.documentSha256,
          finding: record.finding,
          jws: record.jws,
        },
        ...{ pieces: await contentsOf(pieces), contentSha256, reviews, reviewed },
        // That it was taken out is no part of what it shows, and the same evidence is the same file.
        entries: entries.filter(({ action }) => action !== 'evidence.exported'),
        sign: (manifest) => signDocument(manifest, DOCUMENT_TYPES.evidence, signingKey),
      })
    },
  }
}
