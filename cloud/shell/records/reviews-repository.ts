import { UserId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { z } from 'zod'
import { type EvidenceReview, REVIEW_VERDICTS } from '../../core/evidence/evidence-port.ts'
import { appendAudit } from './audit-repository.ts'
import type { Records } from './database.ts'

const Review = z.strictObject({
  number: z.number(),
  user: UserId,
  name: z.string(),
  department: z.string(),
  at: z.number().transform(instant),
  verdict: z.enum(REVIEW_VERDICTS),
  remark: z.string(),
  contentSha256: z.string(),
})

/** Oldest first. */
export async function readReviews(records: Records, order: string): Promise<EvidenceReview[]> {
  const rows = await records
    .selectFrom('evidence_reviews')
    .select('record')
    .where('order_id', '=', order)
    .orderBy('number')
    .execute()
  return rows.map(({ record }) => Review.parse(JSON.parse(record)))
}

/** Writes a review and its entry in the log: both or neither. */
export async function insertReview(
  records: Records,
  order: string,
  said: Omit<EvidenceReview, 'number'>,
): Promise<void> {
  await records.transaction().execute(async (transaction) => {
    const last = await transaction
      .selectFrom('evidence_reviews')
      .select((select) => select.fn.max('number').as('number'))
      .where('order_id', '=', order)
      .executeTakeFirst()
    const number = Number(last?.number ?? 0) + 1
    const { at, user, ...detail } = said
    const fact = { at, actor: user, action: 'evidence.reviewed', subject: order, detail: { number, ...detail } }
    const { sequence } = await appendAudit(transaction, fact)
    const record = JSON.stringify({ number, ...said })
    await transaction
      .insertInto('evidence_reviews')
      .values({ order_id: order, number, record, audit_sequence: sequence })
      .execute()
  })
}
