import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { verifyChain } from '@minewarden/cloud/shell/records/audit-repository.ts'
import { openRecords, type Records } from '@minewarden/cloud/shell/records/database.ts'
import { insertOrder, loadOrders, recordFact, updateOrder } from '@minewarden/cloud/shell/records/orders-repository.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { note } from '../../../cloud/core/orders/order-text.ts'
import { draftedOrder } from '../../support/cut-off/drafts.ts'
import { NOW } from '../../support/cut-off/fixtures.ts'

let folder: string
let path: string
let records: Records

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'minewarden-records-'))
  path = join(folder, 'records.sqlite')
  records = await openRecords(path)
})
afterEach(async () => {
  await records.destroy()
  await rm(folder, { recursive: true, force: true })
})

const event = (what: string) => ({ at: NOW, actor: 'u1', what, notes: [note('text', { text: '停电' })] })

/** Three facts, an order and its step: five entries, two of which the order's story names. */
async function fill() {
  for (const subject of ['a', 'b', 'c']) {
    await recordFact(records, { at: NOW, actor: 'u1', action: 'test', subject, detail: { n: 1.5, text: 'é停' } })
  }
  const order = await draftedOrder()
  await insertOrder(records, order, [event('drafted')])
  const next = { ...order, state: 'approved-once' as const, version: 2 }
  await updateOrder(records, next, [event('approved-once')], 1, null)
}

/** Edits the file behind the product's back, as somebody with access to the database would. */
function tamper(...statements: string[]) {
  const database = new DatabaseSync(path)
  for (const statement of statements) database.exec(statement)
  database.close()
}
const DISARM = ['DROP TRIGGER audit_no_update', 'DROP TRIGGER audit_no_delete', 'PRAGMA foreign_keys = OFF']

test('an untouched log verifies', async () => {
  expect(await verifyChain(records)).toEqual({ intact: true, entries: 0, last: null })
  await fill()
  expect(await verifyChain(records)).toMatchObject({ intact: true, entries: 5 })
})

test('the log goes on where it was after a restart', async () => {
  await fill()
  await records.destroy()
  records = await openRecords(path)
  await recordFact(records, { at: NOW, actor: 'u1', action: 'test', subject: 'd', detail: {} })
  expect(await verifyChain(records)).toMatchObject({ intact: true, entries: 6 })
})

test.each([
  ['an update', "UPDATE audit SET actor = 'x' WHERE sequence = 2"],
  ['a deletion', 'DELETE FROM audit WHERE sequence = 2'],
  ['a deletion of everything', 'DELETE FROM audit'],
])('the database itself refuses %s', async (_name, statement) => {
  await fill()
  expect(() => tamper(statement)).toThrow('append-only')
})

test.each([
  ['an actor', "UPDATE audit SET actor = 'x' WHERE sequence = 2", 2],
  ['a time', 'UPDATE audit SET at = at + 1 WHERE sequence = 3', 3],
  ['an action', "UPDATE audit SET action = 'x' WHERE sequence = 1", 1],
  ['a subject', "UPDATE audit SET subject = 'x' WHERE sequence = 1", 1],
  ['a detail', `UPDATE audit SET detail = '{"n":2.5,"text":"é停"}' WHERE sequence = 3`, 3],
  ['a detail made unreadable', "UPDATE audit SET detail = '{' WHERE sequence = 3", 3],
  ['a hash', `UPDATE audit SET hash = '${'0'.repeat(64)}' WHERE sequence = 2`, 2],
  ['a link', `UPDATE audit SET previous = '${'f'.repeat(64)}' WHERE sequence = 2`, 2],
  ['a missing entry in the middle', 'DELETE FROM audit WHERE sequence = 3', 3],
  ['a missing first entry', 'DELETE FROM audit WHERE sequence = 1', 1],
  ['a missing last entry', 'DELETE FROM audit WHERE sequence = 5', 5],
  ['two entries exchanged', 'UPDATE audit SET sequence = 6 - sequence WHERE sequence IN (2, 4)', 2],
  ['a line of the story changed', "UPDATE order_events SET what = 'executed' WHERE number = 2", 5],
])('with the triggers taken off, %s is found', async (_name, statement, sequence) => {
  await fill()
  // Exchanged numbers would clash on the way: moved aside first.
  const exchange = statement.includes('6 - sequence')
    ? [
        'UPDATE audit SET sequence = -sequence WHERE sequence IN (2, 4)',
        'UPDATE audit SET sequence = 6 + sequence WHERE sequence < 0',
      ]
    : [statement]
  tamper(...DISARM, ...exchange)
  expect(await verifyChain(records)).toMatchObject({ intact: false, sequence })
})

test('INSERT OR REPLACE on our own connection does not slip past the trigger', async () => {
  await fill()
  const row = await records.selectFrom('audit').selectAll().where('sequence', '=', 2).executeTakeFirstOrThrow()
  await expect(
    records
      .replaceInto('audit')
      .values({ ...row, actor: 'x' })
      .execute(),
  ).rejects.toThrow('append-only')
})

describe('an order, its story and its audit entries', () => {
  test('are written together or not at all', async () => {
    const order = await draftedOrder()
    const unwritable = { ...event('drafted'), notes: [{ code: 'text', values: { text: '\ud800' } }] }
    await expect(insertOrder(records, order, [event('a'), unwritable])).rejects.toThrow('surrogate')
    expect(await loadOrders(records, 10)).toEqual({ orders: [], altered: [] })
    expect(await verifyChain(records)).toMatchObject({ entries: 0 })
  })

  test('are read back as they were written', async () => {
    const order = await draftedOrder()
    await insertOrder(records, order, [event('drafted')])
    expect(await loadOrders(records, 10)).toEqual({ orders: [{ order, story: [event('drafted')] }], altered: [] })
  })

  test('a step is written only over the version it was taken from', async () => {
    const order = await draftedOrder()
    await insertOrder(records, order, [event('drafted')])
    const next = { ...order, version: 2, state: 'cancelled' as const, endedAt: NOW }
    expect(await updateOrder(records, next, [event('cancelled')], 1, null)).toBe(true)
    expect(await updateOrder(records, next, [event('cancelled')], 1, null)).toBe(false)
    expect(await verifyChain(records)).toMatchObject({ entries: 2 })
  })

  test('a record that somebody edited is not loaded as an order', async () => {
    await fill()
    tamper("UPDATE orders SET record = replace(record, 'approved-once', 'approved')")
    expect(await loadOrders(records, 10)).toEqual({
      orders: [],
      altered: [{ id: '450324-1', site: 'site-1', open: true }],
    })
  })

  test('a second open order for a site is refused by the database, and possible after the end of the first', async () => {
    const order = await draftedOrder()
    await insertOrder(records, order, [event('drafted')])
    const second = { ...order, id: '450324-2' as typeof order.id, sequence: 2 }
    await expect(insertOrder(records, second, [event('drafted')])).rejects.toThrow('UNIQUE')
    const ended = { ...order, version: 2, state: 'cancelled' as const, endedAt: NOW }
    await updateOrder(records, ended, [event('cancelled')], 1, null)
    await insertOrder(records, second, [event('drafted')])
    expect((await loadOrders(records, 10)).orders.map((stored) => stored.order.id)).toEqual(['450324-2', order.id])
  })
})

test('a commit is on the disk when it returns: WAL with full synchronisation', async () => {
  const one = async (pragma: string) => {
    const { sql } = await import('kysely')
    const { rows } = await sql.raw<Record<string, unknown>>(`PRAGMA ${pragma}`).execute(records)
    return Object.values(rows[0] ?? {})[0]
  }
  expect(await one('journal_mode')).toBe('wal')
  expect(await one('synchronous')).toBe(2)
})

test('opening again applies no migration twice', async () => {
  const before = await records.selectFrom('migrations').selectAll().execute()
  await records.destroy()
  records = await openRecords(path)
  expect(await records.selectFrom('migrations').selectAll().execute()).toEqual(before)
})
