import { UserId } from '@minewarden/protocol/ids.ts'
import { AuditHead, Sha256 } from '@minewarden/protocol/order.ts'
import { z } from 'zod'
import { REVIEW_VERDICTS } from '../../../core/evidence/evidence-port.ts'
import type { AuditDocument } from '../../audit-routes.ts'
import type { EvidenceDocument, WaveformDocument } from '../../evidence-routes.ts'
import { Count, Iso, IsoOrNull } from './fields.ts'

export const EvidenceAnswer: z.ZodType<EvidenceDocument> = z
  .strictObject({
    order: z.string(),
    pieces: z.array(
      z.strictObject({
        sha256: Sha256,
        what: z.string(),
        kind: z.enum(['finding', 'readings', 'supplement']),
        size: Count.nullable(),
        frozenAt: IsoOrNull,
      }),
    ),
    contentSha256: Sha256,
    reviews: z.array(
      z.strictObject({
        number: Count,
        user: UserId,
        name: z.string(),
        department: z.string(),
        at: Iso,
        verdict: z.enum(REVIEW_VERDICTS),
        remark: z.string(),
        contentSha256: Sha256,
      }),
    ),
    reviewed: z.boolean(),
  })
  .meta({ id: 'Evidence' })

const Slices = z.array(z.number().nullable())
export const WaveformAnswer: z.ZodType<WaveformDocument> = z
  .strictObject({
    gateway: z.string(),
    sensor: z.string(),
    channel: z.string(),
    from: Iso,
    to: Iso,
    lows: Slices,
    highs: Slices,
  })
  .meta({ id: 'Waveform' })

export const AuditAnswer: z.ZodType<AuditDocument> = z
  .strictObject({
    entries: Count,
    head: AuditHead.nullable(),
    verified: Count,
    checkpoint: z.strictObject({ number: Count, sequence: Count, at: Iso }).nullable(),
    trouble: z.strictObject({ sequence: Count, reason: z.string() }).nullable(),
  })
  .meta({ id: 'Audit' })
