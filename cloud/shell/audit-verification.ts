import { createHash, type Hash } from 'node:crypto'
import { AuditCheckpoint, ExportSeal } from '@minewarden/protocol/audit.ts'
import { sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import { ProtocolError } from '@minewarden/protocol/errors.ts'
import { type KeySet, type PublicKey, verifyDocument } from '@minewarden/protocol/jws.ts'
import { type AuditHead, DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import { z } from 'zod'
import { type AuditEntry, entryBreak } from '../core/audit.ts'
import { checkpointBreak, type SignedCheckpoint } from '../core/audit-checkpoints.ts'
import {
  canonicalOr,
  EXPORT_KINDS,
  type ExportKind,
  ExportLine,
  hashOr,
  jsonOf,
  type LineOf,
  OrderRecord,
  SignedOrder,
  textOf,
  Vouching,
} from '../core/audit-export-line.ts'
import { type RawLine, rawLines } from './audit-lines.ts'

/** Something that is not as it was written, and where it stands. */
export interface AuditProblem {
  /** Of the file; 0: of the file as a whole, or of what it was held against. */
  readonly line: number
  /** Such as `entry 17`, `order 450324-20260303-1`, `seal`. */
  readonly place: string
  readonly reason: string
}

export interface AuditVerdict {
  readonly intact: boolean
  /** Lines by kind. */
  readonly counts: Readonly<Record<string, number>>
  readonly head: AuditHead | null
  /** Up to where the newest checkpoint signs the log; 0: nowhere. */
  readonly signedUpTo: number
  readonly sealedAt: string | null
  readonly issuer: string | null
  /** Keys that the file brings; `trusted`: `null` when no keys were given to hold them against. */
  readonly keys: readonly { readonly kid: string; readonly trusted: boolean | null }[]
  /** Witnesses from outside of the database that the log agrees with, and those that were made after the export. */
  readonly witnesses: { readonly agreeing: number; readonly later: number }
  /** At most {@link MAX_PROBLEMS}; the first ones of the file. */
  readonly problems: readonly AuditProblem[]
}

/** What the log is held against besides itself. Each is a compact JWS. */
export interface AuditWitnesses {
  /** Keys known from elsewhere: then no other signs. */
  readonly keys: KeySet | null
  /** Lines of a copy of the checkpoint file. */
  readonly checkpoints: readonly string[]
  /** Orders as power companies have them. */
  readonly orders: readonly string[]
}

export const MAX_PROBLEMS = 100

/** Verifies an export offline: every signature, every hash, every link, and that nothing is missing of what entries name. */
export async function verifyExport(file: AsyncIterable<Uint8Array>, witnesses: AuditWitnesses): Promise<AuditVerdict> {
  const examiner = createExaminer(witnesses)
  for await (const line of rawLines(file)) await examiner.take(line)
  return await examiner.end()
}

/** A hash that an entry must have, and who says so. */
interface Claim {
  readonly hash: string
  readonly line: number
  readonly place: string
  /** From outside of the file, and when it was signed. */
  readonly witnessedAt: number | null
}

function createExaminer(witnesses: AuditWitnesses) {
  const problems: AuditProblem[] = []
  const counts: Record<string, number> = {}
  const whole = createHash('sha256')
  const sections = new Map<string, Hash>()
  const keys: PublicKey[] = []
  const claims = new Map<number, Claim[]>()
  /** Orders and standing authorisations by their ids. */
  const kept = new Map<string, { line: number; place: string; sha256: string }>()
  const answers = new Map<string, number>()
  const evidence = new Map<string, number>()
  const vouched = {
    records: new Map<string, { sha256: string; entry: number }>(),
    answers: new Map<string, number>(),
    evidence: new Map<string, number>(),
  }
  /** Named by what officials signed, though by no entry. */
  const signedEvidence = new Set<string>()
  const inFile = new Set<string>()
  let reached = 0
  let lastCheckpoint: SignedCheckpoint | null = null
  let last: AuditEntry | null = null
  let seal: ExportSeal | null = null
  let sealedLines = 0
  let sealLine = 0
  let issuer: string | null = null
  let agreeing = 0
  let later = 0
  let witnessed = false

  const complain = (line: number, place: string, reason: string) => {
    if (problems.length < MAX_PROBLEMS) problems.push({ line, place, reason })
  }
  const trusted = (): KeySet => witnesses.keys ?? { keys }
  const claim = (sequence: number, one: Claim) => claims.set(sequence, [...(claims.get(sequence) ?? []), one])
  const verified = async <T>(
    jws: string,
    type: Parameters<typeof verifyDocument>[1],
    schema: z.ZodType<T>,
    set: KeySet,
    line: number,
    place: string,
  ): Promise<T | null> => {
    try {
      return (await verifyDocument(jws, type, set, schema)).document
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      complain(line, place, error.message)
      return null
    }
  }

  const keep = async (line: number, place: string, id: string, record: string) => {
    if (kept.has(id)) complain(line, place, 'stands here twice')
    kept.set(id, { line, place, sha256: await sha256Hex(record) })
  }

  /** After the keys, before the entries: so that each entry is held against all that is said of it while it passes. */
  const hearWitnesses = async () => {
    if (witnessed) return
    witnessed = true
    for (const [i, jws] of witnesses.checkpoints.entries()) {
      const place = `checkpoint copy ${i + 1}`
      const said = await verified(jws, DOCUMENT_TYPES.checkpoint, AuditCheckpoint, trusted(), 0, place)
      if (!said) continue
      claim(said.sequence, { hash: said.hash, line: 0, place, witnessedAt: Date.parse(said.at) })
    }
    for (const [i, jws] of witnesses.orders.entries()) {
      const place = `order copy ${i + 1}`
      const said = await verified(jws, DOCUMENT_TYPES.order, SignedOrder, trusted(), 0, place)
      if (!said) continue
      if (said.auditHead) {
        const { sequence, hash } = said.auditHead
        claim(sequence, { hash, line: 0, place, witnessedAt: Date.parse(said.issuedAt) })
      } else complain(0, place, 'tells nothing of the audit log')
    }
  }

  const on = {
    header(line: number, said: LineOf<'header'>) {
      issuer = said.issuer.id
      if (line !== 1) complain(line, 'header', 'not the first line')
    },
    async key(line: number, { key }: LineOf<'key'>) {
      keys.push(key)
      if (witnesses.keys && !witnesses.keys.keys.some(({ kid, x }) => kid === key.kid && x === key.x))
        complain(line, `key ${key.kid}`, 'not among the keys that are trusted')
    },
    async checkpoint(line: number, { jws }: LineOf<'checkpoint'>) {
      const place = `checkpoint ${(lastCheckpoint?.checkpoint.number ?? 0) + 1}`
      const checkpoint = await verified(jws, DOCUMENT_TYPES.checkpoint, AuditCheckpoint, trusted(), line, place)
      if (!checkpoint) return
      const next = { checkpoint, jws }
      const broken = await checkpointBreak(lastCheckpoint, next)
      if (broken !== null) complain(line, `checkpoint ${checkpoint.number}`, broken)
      claim(checkpoint.sequence, {
        hash: checkpoint.hash,
        line,
        place: `checkpoint ${checkpoint.number}`,
        witnessedAt: null,
      })
      inFile.add(jws)
      lastCheckpoint = next
    },
    async order(line: number, { id, record }: LineOf<'order'>) {
      const place = `order ${id}`
      await keep(line, place, id, record)
      const known = OrderRecord.safeParse(jsonOf(record))
      if (!known.success) return complain(line, place, 'its record is no order')
      const { content, documentSha256: sha256, finding, jws } = known.data
      if ((await hashOr(content)) !== sha256) complain(line, place, 'the document is not the one that was approved')
      for (const { what, sha256: piece } of content.evidence) {
        signedEvidence.add(piece)
        if (what === 'state finding' && (await hashOr(finding)) !== piece)
          complain(line, place, 'the finding was changed')
      }
      if (jws === null) return
      const said = await verified(jws, DOCUMENT_TYPES.order, SignedOrder, trusted(), line, place)
      if (!said) return
      if (said.orderSha256 !== sha256 || (await hashOr(said.order)) !== sha256)
        complain(line, place, 'what was signed is another document')
      if (said.auditHead) claim(said.auditHead.sequence, { hash: said.auditHead.hash, line, place, witnessedAt: null })
    },
    async standing(line: number, { id, record }: LineOf<'standing'>) {
      await keep(line, `standing authorisation ${id}`, id, record)
    },
    async answer(line: number, { sha256, jws, key }: LineOf<'answer'>) {
      const place = `answer ${sha256.slice(0, 12)}`
      if (answers.has(sha256)) complain(line, place, 'stands here twice')
      answers.set(sha256, line)
      if (jws === null) return
      if ((await sha256Hex(jws)) !== sha256) complain(line, place, 'the text was changed')
      else if (key) await verified(jws, DOCUMENT_TYPES.answer, z.unknown(), { keys: [key] }, line, place)
    },
    evidence(line: number, { sha256 }: LineOf<'evidence'>) {
      if (evidence.has(sha256)) complain(line, `evidence ${sha256.slice(0, 12)}`, 'stands here twice')
      evidence.set(sha256, line)
    },
    async entry(line: number, said: LineOf<'entry'>) {
      await hearWitnesses()
      const entry = said.entry as AuditEntry
      const place = `entry ${entry.sequence}`
      const broken = await entryBreak(last, entry)
      if (broken !== null) complain(line, place, broken)
      for (const { hash, line: by, place: who, witnessedAt } of claims.get(entry.sequence) ?? []) {
        if (hash !== entry.hash)
          complain(line, place, `not the entry that ${who}${by > 0 ? ` (line ${by})` : ''} signed`)
        else if (witnessedAt !== null) agreeing++
      }
      claims.delete(entry.sequence)
      last = entry
      const facts = Vouching.safeParse(entry.detail).data ?? {}
      if (facts.recordSha256) vouched.records.set(entry.subject, { sha256: facts.recordSha256, entry: entry.sequence })
      if (facts.answerSha256) vouched.answers.set(facts.answerSha256, entry.sequence)
      for (const piece of facts.pieces ?? []) vouched.evidence.set(piece.sha256, entry.sequence)
    },
    async seal(line: number, { jws }: LineOf<'seal'>) {
      sealLine = line
      sealedLines = line - 1
      seal = await verified(jws, DOCUMENT_TYPES.auditExport, ExportSeal, trusted(), line, 'seal')
    },
  }

  return {
    async take({ number, bytes, whole: ended }: RawLine): Promise<void> {
      if (sealLine > 0) return complain(number, `line ${number}`, 'stands after the seal')
      const text = textOf(bytes)
      const value = text === null ? undefined : jsonOf(text)
      const kind = z.object({ kind: z.enum([...EXPORT_KINDS, 'seal']) }).safeParse(value).data?.kind ?? null
      const name = kind ?? 'unknown'
      counts[name] = (counts[name] ?? 0) + 1
      if (kind !== 'seal') {
        const ending = ended ? '\n' : ''
        whole.update(bytes).update(ending)
        const section = sections.get(name) ?? createHash('sha256')
        sections.set(name, section.update(bytes).update(ending))
      }
      if (!ended) complain(number, `line ${number}`, 'the file breaks off in it')
      const parsed = ExportLine.safeParse(value)
      if (kind === null || !parsed.success) return complain(number, `line ${number}`, 'no line of an export')
      const rank = kind === 'seal' ? EXPORT_KINDS.length : EXPORT_KINDS.indexOf(kind as ExportKind)
      if (rank < reached) complain(number, `line ${number}`, `a line of kind ${kind} is out of its place`)
      reached = Math.max(reached, rank)
      if (canonicalOr(value) !== text) complain(number, `line ${number}`, 'not written as it was')
      await (on[kind] as (line: number, said: ExportLine) => Promise<void> | void)(number, parsed.data)
    },

    async end(): Promise<AuditVerdict> {
      await hearWitnesses()
      const sealed = seal as ExportSeal | null
      const head = last as AuditEntry | null
      if (sealLine === 0) complain(0, 'seal', 'missing: the file ends before it')
      if (issuer === null) complain(0, 'header', 'missing')
      for (const [id, { sha256, entry }] of vouched.records) {
        const found = kept.get(id)
        if (!found) complain(0, `record ${id}`, `missing, though entry ${entry} tells of it`)
        else if (found.sha256 !== sha256)
          complain(found.line, found.place, `not the record that entry ${entry} vouches for`)
      }
      for (const [id, { line, place }] of kept)
        if (!vouched.records.has(id)) complain(line, place, 'no entry tells of it')
      hold('answer', answers, vouched.answers, new Set())
      hold('evidence', evidence, vouched.evidence, signedEvidence)
      const sealedAt = sealed ? Date.parse(sealed.at) : Number.POSITIVE_INFINITY
      for (const [sequence, said] of claims)
        for (const { line, place, witnessedAt } of said) {
          if (witnessedAt !== null && witnessedAt > sealedAt) later++
          else complain(line, place, `signs entry ${sequence}; the log ends with entry ${head?.sequence ?? 0}`)
        }
      for (const [i, jws] of witnesses.checkpoints.entries())
        if (!inFile.has(jws) && isBefore(jws, sealedAt)) complain(0, `checkpoint copy ${i + 1}`, 'not in the export')
      if (sealed) holdSeal(sealed, head)
      return {
        intact: problems.length === 0,
        counts,
        head: head && { sequence: head.sequence, hash: head.hash },
        signedUpTo: (lastCheckpoint as SignedCheckpoint | null)?.checkpoint.sequence ?? 0,
        sealedAt: sealed?.at ?? null,
        issuer,
        keys: keys.map(({ kid, x }) => ({
          kid,
          trusted: witnesses.keys?.keys.some((key) => key.kid === kid && key.x === x) ?? null,
        })),
        witnesses: { agreeing, later },
        problems: problems.sort((a, b) => a.line - b.line),
      }
    },
  }

  function hold(
    what: string,
    there: ReadonlyMap<string, number>,
    named: ReadonlyMap<string, number>,
    also: ReadonlySet<string>,
  ) {
    for (const [sha256, entry] of named)
      if (!there.has(sha256))
        complain(0, `${what} ${sha256.slice(0, 12)}`, `missing, though entry ${entry} tells of it`)
    for (const [sha256, line] of there)
      if (!named.has(sha256) && !also.has(sha256))
        complain(line, `${what} ${sha256.slice(0, 12)}`, 'no entry tells of it')
  }

  function holdSeal(sealed: ExportSeal, head: AuditEntry | null) {
    const sha256 = whole.digest('hex')
    if (sealed.sha256 === sha256 && sealed.lines === sealedLines) return
    complain(
      sealLine,
      'seal',
      `the file is not the one that was sealed: ${sealedLines} lines, sealed were ${sealed.lines}`,
    )
    const names = new Set([...sealed.sections.map(({ kind }) => kind), ...sections.keys()])
    for (const kind of names) {
      const was = sealed.sections.find((section) => section.kind === kind)
      const is = sections.get(kind)?.digest('hex') ?? null
      if (was?.sha256 !== is)
        complain(
          sealLine,
          `section ${kind}`,
          `changed since it was sealed: ${counts[kind] ?? 0} lines, sealed were ${was?.lines ?? 0}`,
        )
    }
    if (sealed.head?.hash !== head?.hash) complain(sealLine, 'seal', `sealed up to entry ${sealed.head?.sequence ?? 0}`)
  }
}

/** Of a copy that did not verify, its own complaint is enough. */
function isBefore(jws: string, sealedAt: number): boolean {
  const payload = jsonOf(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString())
  const at = z.object({ at: z.string() }).safeParse(payload).data?.at
  return at !== undefined && Date.parse(at) <= sealedAt
}
