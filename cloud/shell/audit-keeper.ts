import { type KeySet, type PrivateKey, type PublicKey, publicKeyOf, signDocument } from '@minewarden/protocol/jws.ts'
import { type AuditHead, DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { verifyEntries } from '../core/audit.ts'
import {
  CHECKPOINT_RULES,
  type CheckpointRules,
  checkpointBreak,
  isCheckpointDue,
  nextCheckpoint,
  readCheckpoint,
  type SignedCheckpoint,
} from '../core/audit-checkpoints.ts'
import type { AuditStatus } from '../core/audit-port.ts'
import type { Logger } from '../core/ports.ts'
import type { CheckpointFile } from './checkpoint-file.ts'
import { readAudit, readHead } from './records/audit-repository.ts'
import { insertCheckpoint, readCheckpoints } from './records/checkpoint-repository.ts'
import type { Records } from './records/database.ts'
import { recordFact } from './records/orders-repository.ts'

export interface AuditKeeperDeps {
  readonly records: Records
  readonly file: CheckpointFile
  readonly signingKey: PrivateKey
  readonly formerKeys?: readonly PublicKey[]
  readonly issuer: string
  readonly clock: Clock
  readonly logger: Logger
  readonly rules?: CheckpointRules
  readonly tickMs?: Millis
}

export interface AuditKeeper extends AsyncDisposable {
  start(): void
  status(): Promise<AuditStatus>
  /** Verifies what has come since, and signs if it is due; `force`: though it be not due. For `start` and for tests. */
  tend(force?: boolean): Promise<void>
}

const DEFAULT_TICK_MS: Millis = 10_000
const FOLLOW_ANEW_MS: Millis = 24 * 3_600_000

/**
 * Follows the audit log as it grows, signs checkpoints of it, and keeps each twice: in the records and in a file. A log
 * that is not the one which was signed before is told, and no longer signed: nobody's rewriting is vouched for.
 */
export function createAuditKeeper(deps: AuditKeeperDeps): AuditKeeper {
  const { records, file, signingKey, issuer, clock, logger } = deps
  const stop = new AbortController()
  let last: SignedCheckpoint | null = null
  /** Signed heads, oldest first, and how many of them the log was held against; `null` before they are loaded. */
  let heads: SignedCheckpoint['checkpoint'][] | null = null
  let met = 0
  let begunAt: Millis = clock.monotonic()
  let verified: AuditHead | null = null
  let trouble: AuditStatus['trouble'] = null
  let keeping: Promise<void> | null = null
  let turn: Promise<void> = Promise.resolve()

  const report = async (sequence: number, reason: string): Promise<void> => {
    trouble = { sequence, reason }
    logger.error({ sequence, reason }, 'the audit log is not the one that was signed')
    const detail = { sequence, reason }
    await recordFact(records, { at: clock.now(), actor: 'system', action: 'audit.altered', subject: 'audit', detail })
  }

  /** Both copies, held against each other: the longer one completes the other, and where they differ somebody wrote. */
  const load = async (): Promise<void> => {
    const keys: KeySet = { keys: [await publicKeyOf(signingKey), ...(deps.formerKeys ?? [])] }
    const copies = [await readCheckpoints(records), await file.read()] as const
    const signed: SignedCheckpoint[] = []
    for (let i = 0; i < Math.max(copies[0].length, copies[1].length); i++) {
      const [kept, copied] = [copies[0][i], copies[1][i]]
      const at = signed.at(-1)?.checkpoint.sequence ?? 0
      if (kept !== undefined && copied !== undefined && kept !== copied)
        return await report(at, `checkpoint ${i + 1} is another one in the file than in the database`)
      const next = await readCheckpoint((kept ?? copied) as string, keys)
      if ('problem' in next) return await report(at, `checkpoint ${i + 1}: ${next.problem}`)
      const broken = await checkpointBreak(signed.at(-1) ?? null, next)
      if (broken !== null) return await report(at, broken)
      if (kept === undefined) await insertCheckpoint(records, next)
      if (copied === undefined) await file.append(next.jws)
      signed.push(next)
    }
    last = signed.at(-1) ?? null
    heads = signed.map(({ checkpoint }) => checkpoint)
  }

  /** The entries since the last look: an unbroken chain through every signed head. */
  const follow = async (): Promise<void> => {
    while (!stop.signal.aborted && trouble === null) {
      const page = await readAudit(records, verified?.sequence ?? 0)
      if (page.length === 0) break
      const verdict = await verifyEntries(page, verified)
      if (!verdict.intact) return await report(verdict.sequence, verdict.reason)
      for (const { sequence, hash } of page) {
        const signed = heads?.[met]
        if (signed?.sequence !== sequence) continue
        if (signed.hash !== hash) return await report(sequence, `not the entry that checkpoint ${signed.number} signed`)
        met++
      }
      verified = verdict.last
    }
    const missing = heads?.[met]
    if (trouble === null && !stop.signal.aborted && missing)
      await report(missing.sequence, `the log ends before checkpoint ${missing.number}`)
  }

  const sign = async (head: AuditHead): Promise<void> => {
    const checkpoint = await nextCheckpoint(head, last, issuer, clock.now())
    const signed = { checkpoint, jws: await signDocument(checkpoint, DOCUMENT_TYPES.checkpoint, signingKey) }
    await file.append(signed.jws)
    await insertCheckpoint(records, signed)
    last = signed
    heads?.push(checkpoint)
    met++
  }

  /** Follows the whole log again from time to time: somebody may have rewritten what was followed before. */
  const beginAnew = (): void => {
    if (clock.monotonic() - begunAt < FOLLOW_ANEW_MS) return
    begunAt = clock.monotonic()
    verified = null
    met = 0
  }

  const tend = async (force: boolean): Promise<void> => {
    if (heads === null && trouble === null) await load()
    beginAnew()
    if (trouble === null) await follow()
    if (trouble !== null || verified === null || stop.signal.aborted) return
    const grown = verified.sequence > (last?.checkpoint.sequence ?? 0)
    if (
      isCheckpointDue(verified, last?.checkpoint ?? null, clock.now(), deps.rules ?? CHECKPOINT_RULES) ||
      (force && grown)
    )
      await sign(verified)
  }
  const inTurn = (force = false): Promise<void> => {
    turn = turn.catch(() => {}).then(() => tend(force))
    return turn
  }

  const keep = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await inTurn().catch((error) => logger.error({ error: String(error) }, 'the audit log could not be tended'))
      await clock.sleep(deps.tickMs ?? DEFAULT_TICK_MS, stop.signal).catch(() => {})
    }
  }

  return {
    start() {
      keeping ??= keep()
    },
    tend: inTurn,
    async status() {
      const head = await readHead(records)
      return { head, verified: verified?.sequence ?? 0, checkpoint: last?.checkpoint ?? null, trouble }
    },
    async [Symbol.asyncDispose]() {
      // What came last is signed before the end, unless the log is too long to follow in that time.
      const caughtUp = heads !== null && met === heads.length
      if (caughtUp) await inTurn(true).catch((error) => logger.error({ error: String(error) }, 'no last checkpoint'))
      stop.abort()
      await keeping
      await turn.catch(() => {})
    },
  }
}
