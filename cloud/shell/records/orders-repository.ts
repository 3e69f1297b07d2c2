import { sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import { Reason } from '@minewarden/protocol/finding.ts'
import type { PublicKey } from '@minewarden/protocol/jws.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { z } from 'zod'
import type { AuditFact } from '../../core/audit.ts'
import { orderOfRecord } from '../../core/orders/old-record.ts'
import { holdsSite, type Order, type OrderEvent } from '../../core/orders/order.ts'
import { describeNotes, note } from '../../core/orders/order-text.ts'
import { appendAudit } from './audit-repository.ts'
import type { Records, RecordsTransaction } from './database.ts'

/** An order and its story, oldest line first. */
export interface StoredOrder {
  readonly order: Order
  readonly story: readonly OrderEvent[]
}

/** A verified answer: a second copy of the same text is not taken again. */
export interface SeenAnswer {
  readonly sha256: string
  readonly receivedAt: Instant
  /** As received, with the key that it was verified with: what a court asks for. */
  readonly jws?: string
  readonly key?: PublicKey
}

export interface LoadedOrders {
  /** Newest first. */
  readonly orders: readonly StoredOrder[]
  /** Orders whose record is not the one that the audit log vouches for: somebody edited it. Not to be acted on. */
  readonly altered: readonly { readonly id: string; readonly site: string; readonly open: boolean }[]
}

/** All orders that have not ended (a watch may be without end), and the newest ended ones up to `limit`. */
export async function loadOrders(records: Records, limit: number): Promise<LoadedOrders> {
  const all = records.selectFrom('orders').select(['id', 'site', 'open', 'record'])
  const running = await all.where('ended_at', 'is', null).execute()
  const ended = await all.where('ended_at', 'is not', null).orderBy('sequence', 'desc').limit(limit).execute()
  const rows = [...running, ...ended]
  const orders: StoredOrder[] = []
  const altered: { id: string; site: string; open: boolean }[] = []
  for (const { id, site, open, record } of rows) {
    if (await isVouchedFor(records, id, record)) {
      orders.push({ order: orderOfRecord(record), story: await readStory(records, id) })
    } else altered.push({ id, site, open: open === 1 })
  }
  return { orders: orders.sort((a, b) => b.order.sequence - a.order.sequence), altered }
}

/** Whether the newest audit entry of an order's story names the hash of this record. */
async function isVouchedFor(records: Records, id: string, record: string): Promise<boolean> {
  const row = await records
    .selectFrom('order_events')
    .innerJoin('audit', 'audit.sequence', 'order_events.audit_sequence')
    .select('audit.detail')
    .where('order_id', '=', id)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined && JSON.parse(row.detail).recordSha256 === (await sha256Hex(record))
}

async function readStory(records: Records, id: string): Promise<OrderEvent[]> {
  const rows = await records
    .selectFrom('order_events')
    .innerJoin('audit', 'audit.sequence', 'order_events.audit_sequence')
    .select(['order_events.at', 'order_events.what', 'audit.actor', 'audit.detail as facts'])
    .where('order_id', '=', id)
    .orderBy('number')
    .execute()
  return rows.map(({ at, actor, what, facts }) => ({ at: instant(at), actor, what, notes: notesOf(facts) }))
}

const Facts = z.object({ detail: z.string(), notes: z.array(Reason).optional() })

/** Entries from before there were notes have one line of text. */
function notesOf(facts: string): readonly Reason[] {
  const { detail, notes } = Facts.parse(JSON.parse(facts))
  return notes ?? (detail === '' ? [] : [note('text', { text: detail })])
}

/** The highest number given to an order so far; 0 before the first. */
export async function lastSequence(records: Records): Promise<number> {
  const row = await records
    .selectFrom('orders')
    .select((select) => select.fn.max('sequence').as('last'))
    .executeTakeFirst()
  return Number(row?.last ?? 0)
}

/** Writes a new draft with its story and audit entries: all or nothing. Rejects when the site has an open order. */
export async function insertOrder(records: Records, order: Order, events: readonly OrderEvent[]): Promise<void> {
  await records.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('orders')
      .values({
        id: order.id,
        sequence: order.sequence,
        site: order.site,
        drafted_at: order.draftedAt,
        ...changing(order),
      })
      .execute()
    await appendEvents(transaction, order, events, 0, null)
  })
}

/**
 * Writes a step with its story, its audit entries and the answer that caused it: all or nothing.
 * Resolves to false when the order has moved on since the step was taken: then nothing was written.
 */
export async function updateOrder(
  records: Records,
  order: Order,
  events: readonly OrderEvent[],
  storyLength: number,
  answer: SeenAnswer | null,
): Promise<boolean> {
  return await records.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('orders')
      .set(changing(order))
      .where('id', '=', order.id)
      .where('version', '=', order.version - 1)
      .executeTakeFirst()
    if (numUpdatedRows !== 1n) return false
    await appendEvents(transaction, order, events, storyLength, answer)
    if (answer) await insertAnswer(transaction, order, answer)
    return true
  })
}

const changing = (order: Order) => ({
  state: order.state,
  open: holdsSite(order.state) ? 1 : 0,
  version: order.version,
  record: JSON.stringify(order),
  ended_at: order.endedAt,
})

async function appendEvents(
  transaction: RecordsTransaction,
  order: Order,
  events: readonly OrderEvent[],
  before: number,
  answer: SeenAnswer | null,
): Promise<void> {
  for (const [i, { at, actor, what, notes }] of events.entries()) {
    const detail = describeNotes(notes)
    const fact: AuditFact = {
      at,
      actor,
      action: `order.${what}`,
      subject: order.id,
      detail: { ...(await factsOf(order, detail, notes)), ...(answer ? { answerSha256: answer.sha256 } : {}) },
    }
    const { sequence } = await appendAudit(transaction, fact)
    await transaction
      .insertInto('order_events')
      .values({ order_id: order.id, number: before + i + 1, at, what, detail, audit_sequence: sequence })
      .execute()
  }
}

const factsOf = async (order: Order, detail: string, notes: readonly Reason[]) => ({
  detail,
  notes,
  site: order.site,
  state: order.state,
  version: order.version,
  documentSha256: order.documentSha256,
  recordSha256: await sha256Hex(JSON.stringify(order)),
})

const insertAnswer = (transaction: RecordsTransaction, order: Order, answer: SeenAnswer) =>
  transaction
    .insertInto('order_answers')
    .values({
      sha256: answer.sha256,
      order_id: order.id,
      received_at: answer.receivedAt,
      jws: answer.jws ?? null,
      public_key: answer.key ? JSON.stringify(answer.key) : null,
    })
    .execute()

/** Whether this very answer was taken before. */
export async function wasAnswerSeen(records: Records, sha256: string): Promise<boolean> {
  const row = await records.selectFrom('order_answers').select('sha256').where('sha256', '=', sha256).executeTakeFirst()
  return row !== undefined
}

/** Notes an answer that changed nothing, so that its next copy is known at once. */
export async function noteAnswer(records: Records, order: Order, answer: SeenAnswer): Promise<void> {
  const { sha256, receivedAt } = answer
  const fact = { at: receivedAt, actor: `supplier:${order.supplier}`, action: 'answer.noted', subject: order.id }
  await records.transaction().execute(async (transaction) => {
    await insertAnswer(transaction, order, answer)
    await appendAudit(transaction, { ...fact, detail: { answerSha256: sha256 } })
  })
}

/** Records what belongs to no order's story: refusals, sign-ins. */
export async function recordFact(records: Records, fact: AuditFact): Promise<void> {
  await records.transaction().execute((transaction) => appendAudit(transaction, fact))
}
