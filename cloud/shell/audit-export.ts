import { createHash, type Hash } from 'node:crypto'
import type { ExportSeal } from '@minewarden/protocol/audit.ts'
import { canonicalJson } from '@minewarden/protocol/canonical-json.ts'
import { type PrivateKey, type PublicKey, publicKeyOf, signDocument } from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import { EXPORT_FORMAT, type ExportKind } from '../core/audit-export-line.ts'
import type { CheckpointFile } from './checkpoint-file.ts'
import { readAudit, readHead } from './records/audit-repository.ts'
import { readCheckpoints } from './records/checkpoint-repository.ts'
import { openSnapshot, type Records } from './records/database.ts'

/**
 * The whole audit log as one file of lines of canonical JSON, which is verified without us (`audit-verification.ts`,
 * docs/verify-audit.mjs): header, public keys, checkpoints, orders, answers, hashes of the evidence, entries, seal.
 */

export interface ExportDeps {
  /** The SQLite file of the records: it is read as it stands at one moment. */
  readonly recordsPath: string
  readonly checkpointFile: CheckpointFile
  readonly signingKey: PrivateKey
  readonly formerKeys?: readonly PublicKey[]
  readonly issuer: { readonly id: string; readonly name: string }
}

/** Rows read at once. */
const PAGE = 500

/** Lines with their ends, one string each; drawn as fast as they are taken. @throws CloudError `data-unusable` */
export async function* exportAudit(deps: ExportDeps, by: string, at: Instant): AsyncGenerator<string> {
  const records = await openSnapshot(deps.recordsPath)
  try {
    const whole = createHash('sha256')
    const sections = new Map<ExportKind, { lines: number; hash: Hash }>()
    let lines = 0
    for await (const [kind, body] of contents(records, deps, by, at)) {
      const line = lineOf(kind, body)
      const section = sections.get(kind) ?? { lines: 0, hash: createHash('sha256') }
      section.lines++
      section.hash.update(line)
      sections.set(kind, section)
      whole.update(line)
      lines++
      yield line
    }
    const seal: ExportSeal = {
      ...{ type: 'audit-export', version: 1, issuer: deps.issuer.id, at: isoTime(at), by },
      ...{ head: await readHead(records), lines, sha256: whole.digest('hex') },
      sections: [...sections].map(([kind, { lines, hash }]) => ({ kind, lines, sha256: hash.digest('hex') })),
    }
    yield `${canonicalJson({ kind: 'seal', jws: await signDocument(seal, DOCUMENT_TYPES.auditExport, deps.signingKey) })}\n`
  } finally {
    await records.destroy()
  }
}

/** What somebody made unreadable in the database must not hold up the export: it stands there as such, and is found. */
function lineOf(kind: ExportKind, body: Record<string, unknown>): string {
  try {
    return `${canonicalJson({ kind, ...body })}\n`
  } catch {
    return `${canonicalJson({ kind, unreadable: true })}\n`
  }
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return { unreadable: true }
  }
}

type Content = readonly [ExportKind, Record<string, unknown>]

async function* contents(records: Records, deps: ExportDeps, by: string, at: Instant): AsyncGenerator<Content> {
  const { issuer, signingKey, formerKeys = [] } = deps
  yield [
    'header',
    { format: EXPORT_FORMAT, version: 1, issuer: { id: issuer.id, name: issuer.name }, by, at: isoTime(at) },
  ]
  for (const key of [await publicKeyOf(signingKey), ...formerKeys]) yield ['key', { key }]
  yield* checkpoints(records, deps.checkpointFile)
  yield* orders(records)
  yield* standings(records)
  yield* answers(records)
  yield* evidence(records)
  yield* entries(records)
}

/** Those of the database and those of the file: where the two differ, both stand here for whoever verifies. */
async function* checkpoints(records: Records, file: CheckpointFile): AsyncGenerator<Content> {
  const [kept, copied] = [await readCheckpoints(records), await file.read()]
  for (let i = 0; i < Math.max(kept.length, copied.length); i++) {
    const both = new Set([copied[i], kept[i]].filter((jws) => jws !== undefined))
    for (const jws of both) yield ['checkpoint', { jws }]
  }
}

async function* orders(records: Records): AsyncGenerator<Content> {
  for (let after = 0; ; ) {
    const page = await records
      .selectFrom('orders')
      .select(['id', 'sequence', 'record'])
      .where('sequence', '>', after)
      .orderBy('sequence')
      .limit(PAGE)
      .execute()
    for (const { id, record } of page) yield ['order', { id, record }]
    const last = page.at(-1)
    if (!last) return
    after = last.sequence
  }
}

/** Standing authorisations that orders may be carried by. */
async function* standings(records: Records): AsyncGenerator<Content> {
  for (let after = ''; ; ) {
    const page = await records
      .selectFrom('standings')
      .select(['id', 'record'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute()
    for (const { id, record } of page) yield ['standing', { id, record }]
    const last = page.at(-1)
    if (!last) return
    after = last.id
  }
}

async function* answers(records: Records): AsyncGenerator<Content> {
  for (let after = ''; ; ) {
    const page = await records
      .selectFrom('order_answers')
      .selectAll()
      .where('sha256', '>', after)
      .orderBy('sha256')
      .limit(PAGE)
      .execute()
    for (const { sha256, order_id, received_at, jws, public_key } of page) {
      yield ['answer', { sha256, order: order_id, receivedAt: received_at, jws, key: parsed(public_key) }]
    }
    const last = page.at(-1)
    if (!last) return
    after = last.sha256
  }
}

async function* evidence(records: Records): AsyncGenerator<Content> {
  for (let after = ''; ; ) {
    const page = await records
      .selectFrom('evidence')
      .select(['sha256', 'site', 'what', 'finding_at', 'frozen_at'])
      .where('sha256', '>', after)
      .orderBy('sha256')
      .limit(PAGE)
      .execute()
    for (const { sha256, site, what, finding_at, frozen_at } of page)
      yield ['evidence', { sha256, site, what, findingAt: finding_at, frozenAt: frozen_at }]
    const last = page.at(-1)
    if (!last) return
    after = last.sha256
  }
}

async function* entries(records: Records): AsyncGenerator<Content> {
  for (let after = 0; ; ) {
    const page = await readAudit(records, after, PAGE)
    for (const entry of page) yield ['entry', { entry }]
    const last = page.at(-1)
    if (!last) return
    after = last.sequence
  }
}
