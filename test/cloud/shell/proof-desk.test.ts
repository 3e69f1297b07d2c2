import { spawnSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { User } from '@minewarden/cloud/core/ports.ts'
import type { ProofsService } from '@minewarden/cloud/core/proofs-port.ts'
import { codeAt, seal, unseal } from '@minewarden/cloud/shell/one-time-passwords.ts'
import { createProofDesk } from '@minewarden/cloud/shell/proof-desk.ts'
import { readAudit } from '@minewarden/cloud/shell/records/audit-repository.ts'
import { openRecords, type Records } from '@minewarden/cloud/shell/records/database.ts'
import {
  ApprovalProof,
  challengeOf,
  type PasskeyProof,
  type ProofKind,
  passkeyProofProblem,
  type Statement,
} from '@minewarden/protocol/approval-proof.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAuthenticator, type Lie } from '../../support/authenticator.ts'
import { HEAD, NOW, OFFICER } from '../../support/cut-off/fixtures.ts'
import { createManualClock, type ManualClock } from '../../support/cut-off/manual-clock.ts'
import { requires } from '../../support/requires.ts'

const ORIGIN = 'https://minewarden.example.gov.cn'
const PARTY = { rpId: 'minewarden.example.gov.cn', origins: [ORIGIN] }
const statementOf = (by: User, order = 'a'): Statement => ({
  order: order.repeat(64),
  legal: 'b'.repeat(64),
  approver: by.id,
})

let records: Records
let clock: ManualClock
let desk: ProofsService
const open = (accepted: readonly ProofKind[] = ['passkey', 'totp']) =>
  createProofDesk({ records, clock, accepted, relyingParty: () => PARTY, sealingKey: new Uint8Array(32).fill(7) })

beforeEach(async () => {
  records = await openRecords(':memory:')
  clock = createManualClock(NOW)
  desk = open()
})
afterEach(() => records.destroy())

const facts = async () => (await readAudit(records, 0)).map(({ action }) => action)
type Device = ReturnType<typeof createAuthenticator>

/** Registers a device; the first one needs nothing else. */
async function register(by: User, device: Device, before: Device | null = null): Promise<void> {
  const { options, question } = await desk.beginPasskey(by)
  const given =
    before && question?.passkey ? { kind: 'passkey' as const, assertion: before.get(question.passkey) } : null
  await desk.addPasskey(by, 'key', device.create(options), given)
}

async function approve(by: User, device: Device, lie: Lie = {}, order = 'a'): Promise<PasskeyProof> {
  const { passkey } = await desk.question(by, statementOf(by, order))
  const assertion = device.get(
    passkey ?? { challenge: await challengeOf(statementOf(by, order)), rpId: PARTY.rpId },
    lie,
  )
  return (await desk.prove(by, statementOf(by, order), { kind: 'passkey', assertion })) as PasskeyProof
}

async function setUpTotp(by: User): Promise<string> {
  const { secret, uri } = await desk.beginTotp(by)
  expect(uri).toContain(secret)
  await desk.confirmTotp(by, codeAt(secret, clock.now()), null)
  return secret
}

describe('a passkey', () => {
  test.each(['ES256', 'EdDSA', 'RS256'] as const)('of %s gives a proof that stands by itself', async (kind) => {
    const device = createAuthenticator(ORIGIN, kind)
    await register(OFFICER, device)
    const proof = await approve(OFFICER, device)
    expect(ApprovalProof.parse(proof)).toMatchObject({ kind: 'passkey', credentialId: device.id, rpId: PARTY.rpId })
    expect(await passkeyProofProblem(proof, statementOf(OFFICER), PARTY)).toBeNull()
    expect(await desk.holds(OFFICER.id, statementOf(OFFICER), proof)).toBe(true)
    // Another library, another way: what was signed is the authenticator's data and the hash of the client's.
    const clientData = Buffer.from(proof.clientDataJson, 'base64url')
    const hash = Buffer.from(await crypto.subtle.digest('SHA-256', clientData))
    const signed = Buffer.concat([Buffer.from(proof.authenticatorData, 'base64url'), hash])
    const key = createPublicKey({ key: Buffer.from(proof.publicKey, 'base64url'), format: 'der', type: 'spki' })
    const algorithm = kind === 'EdDSA' ? null : 'sha256'
    expect(verify(algorithm, signed, key, Buffer.from(proof.signature, 'base64url'))).toBe(true)
    expect(JSON.parse(clientData.toString()).challenge).toBe(await challengeOf(statementOf(OFFICER)))
  })

  test('proves one document for one person, and nothing else', async () => {
    const device = createAuthenticator(ORIGIN)
    await register(OFFICER, device)
    const proof = await approve(OFFICER, device)
    for (const [name, statement] of [
      ['another order', { ...statementOf(OFFICER), order: 'c'.repeat(64) }],
      ['another legal record', { ...statementOf(OFFICER), legal: 'c'.repeat(64) }],
      ['another person', statementOf(HEAD)],
      ['a standing authorisation', { standing: 'a'.repeat(64), approver: OFFICER.id }],
    ] as [string, Statement][])
      expect([name, await passkeyProofProblem(proof, statement, PARTY)]).toEqual([
        name,
        expect.stringContaining('challenge'),
      ])
    const elsewhere = { rpId: 'evil.example', origins: ['https://evil.example'] }
    expect(await passkeyProofProblem(proof, statementOf(OFFICER), elsewhere)).toContain('origin')
    expect(await desk.holds(HEAD.id, statementOf(OFFICER), proof)).toBe(false)
  })

  test('whose proof was changed in any byte no longer verifies', async () => {
    const device = createAuthenticator(ORIGIN)
    await register(OFFICER, device)
    const proof = await approve(OFFICER, device)
    for (const field of ['authenticatorData', 'clientDataJson', 'signature', 'publicKey'] as const) {
      const bytes = Buffer.from(proof[field], 'base64url')
      for (let i = 0; i < bytes.length; i++) {
        const changed = Buffer.from(bytes)
        changed[i] = (changed[i] ?? 0) ^ 1
        const altered = { ...proof, [field]: changed.toString('base64url') }
        expect([field, i, await passkeyProofProblem(altered, statementOf(OFFICER), PARTY)]).not.toEqual([
          field,
          i,
          null,
        ])
      }
    }
  })

  test.each<[string, Lie]>([
    ['given on another page', { origin: 'https://evil.example' }],
    ['for another domain', { rpId: 'evil.example' }],
    ['made for a registration', { type: 'webauthn.create' }],
    ['for another challenge', { challenge: 'AAAA' }],
    ['without the person there', { flags: 0x04 }],
    ['of somebody who was not verified', { flags: 0x01 }],
    ['by another key', { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }],
    ['of a passkey that is not known', { credential: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['with a counter that went back', { counter: 1 }],
  ])('%s is refused, and the refusal is in the audit log', async (_name, lie) => {
    const device = createAuthenticator(ORIGIN)
    await register(OFFICER, device)
    await approve(OFFICER, device)
    await expect(approve(OFFICER, device, lie, 'd')).rejects.toMatchObject({ code: 'proof-refused' })
    expect((await facts()).at(-1)).toBe('proof.refused')
  })

  test('answers a question once, within five minutes, and only its own', async () => {
    const device = createAuthenticator(ORIGIN)
    await register(OFFICER, device)
    const statement = statementOf(OFFICER)
    const answer = async () => device.get((await desk.question(OFFICER, statement)).passkey ?? {})
    const assertion = await answer()
    await desk.prove(OFFICER, statement, { kind: 'passkey', assertion })
    await expect(desk.prove(OFFICER, statement, { kind: 'passkey', assertion })).rejects.toThrow('not asked')
    const late = await answer()
    await clock.advance(300_000)
    await expect(desk.prove(OFFICER, statement, { kind: 'passkey', assertion: late })).rejects.toThrow('too long ago')
    const unasked = device.get({ challenge: await challengeOf(statement), rpId: PARTY.rpId })
    await expect(desk.prove(OFFICER, statement, { kind: 'passkey', assertion: unasked })).rejects.toThrow('not asked')
  })

  test('of one person is no proof of another', async () => {
    const [mine, theirs] = [createAuthenticator(ORIGIN), createAuthenticator(ORIGIN)]
    await register(OFFICER, mine)
    await register(HEAD, theirs)
    await expect(approve(HEAD, mine)).rejects.toThrow('not a passkey of this person')
    const { options } = await desk.beginPasskey(HEAD)
    // The same device, under another name: known already.
    const { question } = await desk.beginPasskey(HEAD)
    expect(question?.usable).toEqual(['passkey'])
    expect(options).toBeTruthy()
  })

  test('is needed to add another; two are kept, and a third is refused', async () => {
    const [first, second] = [createAuthenticator(ORIGIN), createAuthenticator(ORIGIN)]
    await register(OFFICER, first)
    await expect(register(OFFICER, second)).rejects.toMatchObject({ code: 'proof-refused' })
    await register(OFFICER, second, first)
    expect((await desk.ofPerson(OFFICER.id)).passkeys.length).toBe(2)
    await expect(desk.beginPasskey(OFFICER)).rejects.toMatchObject({ code: 'proof-conflict' })
    await approve(OFFICER, second)
  })

  test('that was revoked proves nothing more, but what it proved before still holds', async () => {
    const device = createAuthenticator(ORIGIN)
    await register(OFFICER, device)
    const proof = await approve(OFFICER, device)
    const other = { ...HEAD, role: 'officer' as const }
    await expect(desk.revokePasskey(other, OFFICER.id, device.id, 'x')).rejects.toMatchObject({ code: 'not-allowed' })
    await desk.revokePasskey(HEAD, OFFICER.id, device.id, 'lost')
    await expect(approve(OFFICER, device, {}, 'd')).rejects.toMatchObject({ code: 'proof-refused' })
    expect(await desk.holds(OFFICER.id, statementOf(OFFICER), proof)).toBe(true)
    await expect(desk.revokePasskey(HEAD, OFFICER.id, device.id, 'x')).rejects.toMatchObject({ code: 'not-found' })
    // The same key is not registered a second time.
    const { options } = await desk.beginPasskey(OFFICER)
    await expect(desk.addPasskey(OFFICER, 'x', device.create(options), null)).rejects.toMatchObject({
      code: 'proof-conflict',
    })
  })

  test('is not what a county takes that named another proof', async () => {
    const device = createAuthenticator(ORIGIN)
    desk = open(['totp'])
    await register(OFFICER, device)
    const { passkey, usable } = await desk.question(OFFICER, statementOf(OFFICER))
    expect([passkey, usable]).toEqual([null, []])
    await expect(approve(OFFICER, device)).rejects.toThrow('takes totp')
    await expect(open(['passkey']).prove(OFFICER, statementOf(OFFICER), { kind: 'link' })).rejects.toThrow(
      'takes passkey',
    )
  })

  test('and nonsense in its place is refused in words', async () => {
    await register(OFFICER, createAuthenticator(ORIGIN))
    for (const assertion of [
      null,
      'x',
      {},
      { id: 1 },
      { id: 'a', rawId: 'b', type: 'public-key', response: {} },
      { x: 'y'.repeat(20_000) },
    ]) {
      await desk.question(OFFICER, statementOf(OFFICER))
      await expect(desk.prove(OFFICER, statementOf(OFFICER), { kind: 'passkey', assertion })).rejects.toMatchObject({
        name: 'CloudError',
      })
    }
  })
})

describe('a one-time password', () => {
  const totp = (code: string) => desk.prove(OFFICER, statementOf(OFFICER), { kind: 'totp', code })

  test('is taken once, and no older one after it', async () => {
    const secret = await setUpTotp(OFFICER)
    const used = codeAt(secret, clock.now())
    await expect(totp(used)).rejects.toThrow('used before')
    await clock.advance(30_000)
    expect(await totp(codeAt(secret, clock.now()))).toMatchObject({ kind: 'totp' })
    await expect(totp(codeAt(secret, clock.now()))).rejects.toThrow('used before')
    await clock.advance(30_000)
    await totp(codeAt(secret, clock.now() + 30_000))
    await expect(totp(codeAt(secret, clock.now()))).rejects.toThrow('used before')
  })

  test('of two minutes ago is wrong, and five mistakes close the door for five minutes', async () => {
    const secret = await setUpTotp(OFFICER)
    await clock.advance(120_000)
    await expect(totp(codeAt(secret, clock.now() - 120_000))).rejects.toMatchObject({ code: 'proof-refused' })
    for (let i = 0; i < 4; i++) await expect(totp('000000')).rejects.toMatchObject({ code: 'proof-refused' })
    await expect(totp(codeAt(secret, clock.now()))).rejects.toMatchObject({ code: 'too-many-attempts' })
    await clock.advance(300_000)
    expect(await totp(codeAt(secret, clock.now()))).toMatchObject({ kind: 'totp' })
  })

  test('stands sealed in the records: neither its secret nor another key opens it', async () => {
    const secret = await setUpTotp(OFFICER)
    const { sealed } = await records.selectFrom('totp').selectAll().executeTakeFirstOrThrow()
    expect(sealed).not.toContain(secret)
    const key = new Uint8Array(32).fill(7)
    expect(unseal(sealed, OFFICER.id, key)).toBe(secret)
    expect(unseal(sealed, HEAD.id, key)).toBeNull()
    expect(unseal(sealed, OFFICER.id, new Uint8Array(32))).toBeNull()
    expect(unseal(seal('x', 'y', key).slice(0, -4), 'y', key)).toBeNull()
    expect(unseal('', 'y', key)).toBeNull()
    expect(JSON.stringify(await readAudit(records, 0))).not.toContain(secret)
  })

  test('is set up only with a right code, beside a passkey only with it, and is taken back', async () => {
    const { secret } = await desk.beginTotp(OFFICER)
    await expect(desk.confirmTotp(OFFICER, '000000', null)).rejects.toMatchObject({ code: 'proof-refused' })
    await expect(totp(codeAt(secret, clock.now()))).rejects.toThrow('no one-time passwords')
    const device = createAuthenticator(ORIGIN)
    await register(OFFICER, device)
    const begun = await desk.beginTotp(OFFICER)
    await expect(desk.confirmTotp(OFFICER, codeAt(begun.secret, clock.now()), null)).rejects.toMatchObject({
      code: 'proof-refused',
    })
    const proof = { kind: 'passkey' as const, assertion: device.get(begun.question?.passkey ?? {}) }
    await desk.confirmTotp(OFFICER, codeAt(begun.secret, clock.now()), proof)
    await expect(desk.beginTotp(OFFICER)).rejects.toMatchObject({ code: 'proof-conflict' })
    await desk.revokeTotp(OFFICER, OFFICER.id, 'new telephone')
    expect((await desk.ofPerson(OFFICER.id)).totp).toBeNull()
    expect(await facts()).toEqual(expect.arrayContaining(['passkey.registered', 'totp.set-up', 'totp.revoked']))
  })
})

describe.runIf(requires('openssl'))('a kept proof, years later', () => {
  test('verifies with the openssl command alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'minewarden-proof-'))
    try {
      const device = createAuthenticator(ORIGIN)
      await register(OFFICER, device)
      const proof = await approve(OFFICER, device)
      const script = [
        'openssl dgst -sha256 -binary client.json > hash',
        'cat authenticator.bin hash > signed',
        'openssl dgst -sha256 -verify key.der -keyform DER -signature signature signed',
      ].join(' && ')
      const check = (client: Buffer) => {
        for (const [name, bytes] of [
          ['client.json', client],
          ['authenticator.bin', Buffer.from(proof.authenticatorData, 'base64url')],
          ['key.der', Buffer.from(proof.publicKey, 'base64url')],
          ['signature', Buffer.from(proof.signature, 'base64url')],
        ] as const)
          writeFileSync(join(folder, name), bytes)
        return spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' })
      }
      const client = Buffer.from(proof.clientDataJson, 'base64url')
      expect(check(client)).toMatchObject({ status: 0, stdout: 'Verified OK\n' })
      expect(check(Buffer.from(client.toString().replace('gov.cn', 'gov.ch'))).status).not.toBe(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }, 60_000)
})
