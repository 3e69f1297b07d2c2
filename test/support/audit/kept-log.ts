import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { exportAudit } from '@minewarden/cloud/shell/audit-export.ts'
import { createAuditKeeper } from '@minewarden/cloud/shell/audit-keeper.ts'
import { type AuditWitnesses, verifyExport } from '@minewarden/cloud/shell/audit-verification.ts'
import { createCheckpointFile } from '@minewarden/cloud/shell/checkpoint-file.ts'
import { appendAudit, readHead } from '@minewarden/cloud/shell/records/audit-repository.ts'
import { openRecords, type Records } from '@minewarden/cloud/shell/records/database.ts'
import { insertOrder, recordFact, updateOrder } from '@minewarden/cloud/shell/records/orders-repository.ts'
import { writeStanding } from '@minewarden/cloud/shell/records/standing-repository.ts'
import { documentSha256, sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import { generatePrivateKey, type PrivateKey, publicKeyOf, signDocument } from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import type { Standing } from '../../../cloud/core/orders/authorisation.ts'
import { note } from '../../../cloud/core/orders/order-text.ts'
import { orderDocument } from '../../../cloud/core/orders/signed-document.ts'
import { answerTo, approvedOrder } from '../cut-off/drafts.ts'
import { ISSUER, NOW } from '../cut-off/fixtures.ts'
import { createManualClock } from '../cut-off/manual-clock.ts'

const LOGGER = { debug() {}, info() {}, warn() {}, error() {}, child: () => LOGGER }
export const NO_WITNESSES: AuditWitnesses = { keys: null, checkpoints: [], orders: [] }

/** A records file with an audit log that was kept: facts, an issued order with an answer, evidence, checkpoints. */
export async function keptLog(rules = { entries: 3, ms: 60_000 }) {
  const folder = await mkdtemp(join(tmpdir(), 'minewarden-audit-'))
  const paths = { records: join(folder, 'records.sqlite'), checkpoints: join(folder, 'checkpoints.ndjson') }
  const records = await openRecords(paths.records)
  const [signingKey, supplierKey] = await Promise.all([generatePrivateKey(), generatePrivateKey()])
  const file = createCheckpointFile(paths.checkpoints)
  const clock = createManualClock(NOW)
  const keeper = () => createAuditKeeper({ records, file, signingKey, issuer: ISSUER.id, clock, logger: LOGGER, rules })
  const deps = { recordsPath: paths.records, checkpointFile: file, signingKey, issuer: ISSUER }
  const kept = keeper()
  const orderJws = await fill(records, signingKey, supplierKey, () => kept.tend())
  return {
    ...{ folder, paths, records, signingKey, clock, keeper, orderJws },
    checkpointLines: () => file.read(),
    fact: (subject: string) => recordFact(records, factOf(subject)),
    exported: async () => {
      const lines: string[] = []
      for await (const line of exportAudit(deps, 'head-1', clock.now())) lines.push(line)
      return lines.join('')
    },
    /** Runs SQL behind the product's back, with the triggers taken off. */
    tamper(work: (database: DatabaseSync) => void) {
      const database = new DatabaseSync(paths.records)
      for (const table of ['audit', 'audit_checkpoints', 'evidence'])
        for (const operation of ['update', 'delete']) database.exec(`DROP TRIGGER ${table}_no_${operation}`)
      database.exec('PRAGMA foreign_keys = OFF')
      work(database)
      database.close()
    },
    async [Symbol.asyncDispose]() {
      await records.destroy()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const factOf = (subject: string) => ({
  ...{ at: NOW, actor: 'officer-1', action: 'test', subject },
  detail: { n: 1.5e-7, text: 'é 停电 "\\', list: [null, true, { z: 1, a: -0.5 }] },
})

async function fill(records: Records, key: PrivateKey, supplierKey: PrivateKey, tend: () => Promise<void>) {
  for (const subject of ['a', 'b', 'c', 'd']) {
    await recordFact(records, factOf(subject))
    await tend()
  }
  const event = (what: string) => ({ at: NOW, actor: 'officer-1', what, notes: [note('text', { text: '停电' })] })
  const content = 'a reading\n'
  const piece = { sha256: await sha256Hex(content), what: 'gw-1 geo-1 event' }
  await records.transaction().execute(async (transaction) => {
    const values = { ...piece, site: 'site-1', finding_at: NOW, content, frozen_at: NOW }
    await transaction.insertInto('evidence').values(values).execute()
    await appendAudit(transaction, { ...factOf('site-1'), action: 'evidence.frozen', detail: { pieces: [piece] } })
  })
  const approved = await approvedOrder()
  const finding = { what: 'state finding', sha256: await documentSha256(approved.finding) }
  const document = { ...approved.content, evidence: [finding, piece] }
  const sha256 = await documentSha256(document)
  const approvals = approved.approvals.map((approval) => ({ ...approval, orderSha256: sha256 }))
  const drafted = { ...approved, content: document, documentSha256: sha256, approvals }
  await insertOrder(records, drafted, [event('drafted')])
  const signed = orderDocument(drafted, NOW, await readHead(records))
  if (!signed.ok) throw new Error(JSON.stringify(signed.problems))
  const jws = await signDocument(signed.value, DOCUMENT_TYPES.order, key)
  const issued = { ...drafted, version: 2, state: 'issued' as const, jws, issuedAt: NOW }
  await updateOrder(records, issued, [event('issued')], 1, null)
  await tend()
  const answer = await signDocument(answerTo(issued, { kind: 'received' }), DOCUMENT_TYPES.answer, supplierKey)
  const seen = {
    ...{ sha256: await sha256Hex(answer), receivedAt: NOW, jws: answer },
    key: await publicKeyOf(supplierKey),
  }
  const standing = { id: 'standing-1', version: 1, content: { site: { id: 'site-1' } } } as unknown as Standing
  await writeStanding(records, standing, { ...factOf('standing-1'), action: 'standing.proposed' })
  const received = { ...issued, version: 3, state: 'received' as const }
  await updateOrder(records, received, [event('received')], 2, seen)
  await tend()
  return jws
}

/** The verdict over an export that is held in memory, given in pieces of this many bytes. */
export async function verdictOf(text: string | Uint8Array, witnesses = NO_WITNESSES, pieceBytes = 4096) {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  }
  return await verifyExport(pieces(), witnesses)
}
