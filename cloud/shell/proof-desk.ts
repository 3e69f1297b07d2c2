import { createHash } from 'node:crypto'
import {
  type ApprovalProof,
  challengeOf,
  type ProofKind,
  passkeyProofProblem,
  type RelyingParty,
  type Statement,
} from '@minewarden/protocol/approval-proof.ts'
import type { UserId } from '@minewarden/protocol/ids.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { User } from '../core/ports.ts'
import type { GivenProof, ProofQuestion } from '../core/proof-question.ts'
import { MAX_PASSKEYS, type ProofsService } from '../core/proofs-port.ts'
import { CloudError } from '../errors.ts'
import { createAsked } from './asked.ts'
import { newSecret, seal, stepOf, unseal } from './one-time-passwords.ts'
import {
  authenticationOptions,
  credentialOf,
  readAssertion,
  readRegistration,
  registrationOptions,
} from './passkeys.ts'
import type { Records } from './records/database.ts'
import { recordFact } from './records/orders-repository.ts'
import {
  deleteTotp,
  findTotp,
  insertPasskey,
  insertTotp,
  livingPasskeys,
  notePasskeyUse,
  revokeStoredPasskey,
  useTotpStep,
  wasKeyOf,
} from './records/proofs-repository.ts'

export interface ProofDeskDeps {
  readonly records: Records
  readonly clock: Clock
  /** What the county takes for approvals. */
  readonly accepted: readonly ProofKind[]
  /** Asked at each use: the port may be known only once the server listens. */
  readonly relyingParty: () => RelyingParty
  /** Seals secrets of one-time passwords in the records; 32 bytes. */
  readonly sealingKey: Uint8Array
}

/** A question is good for so long: an answer must be given now, not have been given once. */
const QUESTION_MS: Millis = 300_000
/** Proofs that a person may get wrong in the time of a question. */
const MAX_MISTAKES = 5
/** More questions, or people with mistakes, at a time: the oldest is forgotten. */
const MAX_REMEMBERED = 2_000

/** Where people set up their proofs and give them. */
export function createProofDesk(deps: ProofDeskDeps): ProofsService {
  const { records, clock, accepted, relyingParty, sealingKey } = deps
  const memory = { clock, lifetimeMs: QUESTION_MS, limit: MAX_REMEMBERED }
  const questions = createAsked<true>(memory)
  const registrations = createAsked<string>(memory)
  const secrets = createAsked<string>(memory)
  const mistakes = createAsked<number>(memory)

  const fact = (actor: string, action: string, subject: string, detail: Record<string, unknown> = {}) => ({
    at: clock.now(),
    actor,
    action,
    subject,
    detail,
  })
  const refuse = async (by: User, kind: string, reason: string): Promise<never> => {
    mistakes.put(by.id, (mistakes.get(by.id) ?? 0) + 1)
    await recordFact(records, fact(by.id, 'proof.refused', by.id, { kind, reason }))
    throw new CloudError('proof-refused', reason)
  }
  const demandPatience = (by: User) => {
    if ((mistakes.get(by.id) ?? 0) >= MAX_MISTAKES)
      throw new CloudError('too-many-attempts', 'Too many proofs were wrong; wait five minutes')
  }

  const question = async (by: User, statement: Statement): Promise<ProofQuestion> => {
    const passkeys = await livingPasskeys(records, by.id)
    const totp = await findTotp(records, by.id)
    const challenge = await challengeOf(statement)
    questions.put(`${by.id} ${challenge}`, true)
    const usable = accepted.filter((kind) => kind === 'link' || (kind === 'passkey' ? passkeys.length > 0 : totp))
    const ids = passkeys.map(({ id }) => id)
    const asks = ids.length > 0 && accepted.includes('passkey')
    return { accepted, usable, passkey: asks ? await authenticationOptions(relyingParty(), challenge, ids) : null }
  }

  const provePasskey = async (by: User, statement: Statement, assertion: unknown): Promise<ApprovalProof> => {
    const challenge = await challengeOf(statement)
    if (questions.take(`${by.id} ${challenge}`) === null)
      return await refuse(by, 'passkey', 'this was not asked, or too long ago: ask again')
    const known = await livingPasskeys(records, by.id)
    try {
      const id = credentialOf(assertion)
      const passkey = known.find((one) => one.id === id)
      if (!passkey) throw new Error('not a passkey of this person')
      const { proof, counter } = await readAssertion(assertion, challenge, passkey, relyingParty())
      const problem = await passkeyProofProblem(proof, statement, relyingParty())
      if (problem !== null) throw new Error(problem)
      if (!(await notePasskeyUse(records, passkey, counter, clock.now()))) throw new Error('used at the same moment')
      return proof
    } catch (error) {
      return await refuse(by, 'passkey', (error as Error).message.slice(0, 300))
    }
  }

  const readCode = async (by: User, secret: string | null, code: string): Promise<number> => {
    const step = secret === null ? null : stepOf(secret, code, clock.now())
    return (
      step ?? (await refuse(by, 'totp', secret === null ? 'no one-time passwords are set up' : 'the code is wrong'))
    )
  }

  const proveTotp = async (by: User, code: string): Promise<ApprovalProof> => {
    const stored = await findTotp(records, by.id)
    const step = await readCode(by, stored && unseal(stored.sealed, by.id, sealingKey), code)
    if (!(await useTotpStep(records, by.id, step)))
      return await refuse(by, 'totp', 'this code was used before: wait for the next one')
    return { kind: 'totp', step }
  }

  const check = async (by: User, statement: Statement, given: GivenProof): Promise<ApprovalProof> => {
    demandPatience(by)
    if (given.kind === 'passkey') return await provePasskey(by, statement, given.assertion)
    return given.kind === 'totp' ? await proveTotp(by, given.code) : { kind: 'link' }
  }

  /** What stands in the way of a session that adds a proof: one that was set up before. */
  const guard = async (by: User, statement: Statement): Promise<ProofQuestion | null> => {
    const { usable, ...rest } = await question(by, statement)
    const strong = usable.filter((kind) => kind !== 'link')
    return strong.length === 0 ? null : { ...rest, usable: strong }
  }
  const passGuard = async (by: User, statement: Statement, given: GivenProof | null): Promise<void> => {
    const strong = (await livingPasskeys(records, by.id)).length > 0 || (await findTotp(records, by.id)) !== null
    if (!strong) return
    if (given === null || given.kind === 'link')
      return await refuse(by, 'link', 'a proof that was set up before is needed to add another')
    await check(by, statement, given)
  }
  const adding = (by: User, what: string): Statement => ({ register: what, approver: by.id })
  const addingSecret = (by: User, secret: string) =>
    adding(by, createHash('sha256').update(`totp ${secret}`).digest('base64url'))

  const demandRight = (by: User, of: UserId) => {
    if (by.id !== of && by.role !== 'head')
      throw new CloudError('not-allowed', 'A proof is taken back by its owner or by a head')
  }

  return {
    accepted,
    question,
    async ofPerson(user) {
      const totp = await findTotp(records, user)
      const passkeys = await livingPasskeys(records, user)
      return {
        accepted,
        passkeys: passkeys.map(({ id, name, createdAt, lastUsedAt }) => ({ id, name, createdAt, lastUsedAt })),
        totp: totp && { since: totp.since },
      }
    },
    async prove(by, statement, given) {
      if (!accepted.includes(given.kind))
        throw new CloudError('proof-refused', `proof: this county takes ${accepted.join(' or ')}, not ${given.kind}`)
      return await check(by, statement, given)
    },
    async holds(user, statement, proof) {
      if (proof.kind !== 'passkey') return true
      if ((await passkeyProofProblem(proof, statement, relyingParty())) !== null) return false
      return await wasKeyOf(records, user, proof.credentialId, proof.publicKey)
    },

    async beginPasskey(by) {
      const known = (await livingPasskeys(records, by.id)).map(({ id }) => id)
      if (known.length >= MAX_PASSKEYS)
        throw new CloudError('proof-conflict', `A person has at most ${MAX_PASSKEYS} passkeys: revoke one first`)
      const { options, challenge } = await registrationOptions(relyingParty(), by, known)
      registrations.put(by.id, challenge)
      return { options, question: await guard(by, adding(by, challenge)) }
    },
    async addPasskey(by, name, response, given) {
      demandPatience(by)
      const challenge = registrations.take(by.id)
      if (challenge === null)
        return await refuse(by, 'passkey', 'no registration was begun, or too long ago: begin again')
      await passGuard(by, adding(by, challenge), given)
      const passkey = await readRegistration(response, challenge, relyingParty()).catch((error: Error) =>
        refuse(by, 'passkey', error.message.slice(0, 300)),
      )
      const { id, spki, cose, algorithm, counter, backedUp } = passkey
      const createdAt = clock.now()
      const detail = { id, spki, algorithm, backedUp, name }
      const stored = { id, user: by.id, name, spki, cose, algorithm, counter, createdAt }
      if (!(await insertPasskey(records, stored, fact(by.id, 'passkey.registered', by.id, detail))))
        throw new CloudError('proof-conflict', `The passkey is known already, or there are ${MAX_PASSKEYS}`)
      return { id, name, createdAt, lastUsedAt: null }
    },
    async revokePasskey(by, of, id, reason) {
      demandRight(by, of)
      if (!(await revokeStoredPasskey(records, of, id, fact(by.id, 'passkey.revoked', of, { id, reason }))))
        throw new CloudError('not-found', `No such passkey of ${of}`)
    },

    async beginTotp(by) {
      if ((await findTotp(records, by.id)) !== null)
        throw new CloudError('proof-conflict', 'One-time passwords are set up already: revoke them first')
      const { secret, uri } = newSecret(by.id)
      secrets.put(by.id, secret)
      return { secret, uri, question: await guard(by, addingSecret(by, secret)) }
    },
    async confirmTotp(by, code, given) {
      demandPatience(by)
      const secret = secrets.get(by.id)
      if (secret === null) return await refuse(by, 'totp', 'no secret was made, or too long ago: begin again')
      const step = await readCode(by, secret, code)
      await passGuard(by, addingSecret(by, secret), given)
      secrets.take(by.id)
      const sealed = seal(secret, by.id, sealingKey)
      if (!(await insertTotp(records, by.id, sealed, step, fact(by.id, 'totp.set-up', by.id))))
        throw new CloudError('proof-conflict', 'One-time passwords are set up already: revoke them first')
    },
    async revokeTotp(by, of, reason) {
      demandRight(by, of)
      if (!(await deleteTotp(records, of, fact(by.id, 'totp.revoked', of, { reason }))))
        throw new CloudError('not-found', `No one-time passwords of ${of}`)
    },
  }
}
