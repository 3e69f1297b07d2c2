import { DEFAULT_LAW } from '@minewarden/cloud/core/law/default-rules.ts'
import { readAudit, verifyChain } from '@minewarden/cloud/shell/records/audit-repository.ts'
import { passkeyProofProblem } from '@minewarden/protocol/approval-proof.ts'
import { documentSha256 } from '@minewarden/protocol/canonical-json.ts'
import { UserId } from '@minewarden/protocol/ids.ts'
import { generatePrivateKey, type KeySet, verifyDocument } from '@minewarden/protocol/jws.ts'
import { CutOffOrder, DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import { findAuthorityProblem } from '@minewarden/utility/core/authority-check.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAuthorityCounty } from '../../support/cut-off/authority-county.ts'
import { HEAD, makeFinding, makeSite, NOW, OFFICER, pointInput } from '../../support/cut-off/fixtures.ts'
import { lawfulRecords, recordLawfully } from '../../support/cut-off/lawful.ts'
import { createManualClock, type ManualClock } from '../../support/cut-off/manual-clock.ts'
import { DUTY } from '../../support/cut-off/standing.ts'
import { eventually } from '../../support/eventually.ts'

const MINUTE = 60_000
const VETO = { seconds: 120, ground: '县条例第九条' }
let clock: ManualClock
let county: Awaited<ReturnType<typeof createAuthorityCounty>>
beforeEach(async () => {
  clock = createManualClock(NOW)
  county = await createAuthorityCounty(clock)
  await county.start()
})
afterEach(() => county[Symbol.asyncDispose]())

const facts = async () => (await readAudit(county.records, 0)).map(({ action }) => action)
const orderOf = (id: string) => county.orders().get(id as never)
/** The order as the supplier holds it, checked by the supplier's own rules. */
const delivered = async (): Promise<CutOffOrder> => {
  await eventually('a delivery', () => county.supplier.deliveries.length > 0)
  const jws = county.supplier.deliveries[0]?.jws ?? ''
  const { document } = await verifyDocument(jws, DOCUMENT_TYPES.order, county.orders().jwks() as KeySet, CutOffOrder)
  const standingSha256 = document.standing ? await documentSha256(document.standing.content) : null
  expect(findAuthorityProblem(document, { standingSha256, clockSkewMs: 0 })).toBeNull()
  return document
}
/** Its clock goes on meanwhile, by little: hashes and signatures are made on other threads. */
const until = (what: string, look: () => unknown) =>
  eventually(what, async () => {
    await clock.advance(50)
    return Boolean(look())
  })
const pass = async (ms: number) => {
  for (let left = ms; left > 0; left -= 30_000) await clock.advance(Math.min(left, 30_000))
  await clock.advance(1000)
}

test('an order may be signed with SM2 over SM3, and verifies by the published key', async () => {
  await county.start({ signingKey: await generatePrivateKey('SM2SM3') })
  const order = await county.draft()
  await county.approve(OFFICER, order)
  await county.approve(HEAD, order)
  await delivered()
  const [header = ''] = county.supplier.deliveries[0]?.jws.split('.') ?? []
  expect(JSON.parse(Buffer.from(header, 'base64url').toString()).alg).toBe('SM2SM3')
  await eventually('received', () => orderOf(order.id)?.state === 'received')
})

describe('approvals with passkeys', () => {
  test('issue the order, and anybody who holds it can verify who signed what', async () => {
    const order = await county.draft()
    expect((await county.approve(OFFICER, order)).state).toBe('approved-once')
    expect((await county.approve(HEAD, order)).state).toBe('issued')
    const { approvals, orderSha256 } = await delivered()
    expect(approvals.map(({ user }) => user)).toEqual([OFFICER.id, HEAD.id])
    for (const { user, proof } of approvals) {
      if (proof?.kind !== 'passkey') throw new Error('no passkey')
      const statement = { order: orderSha256, legal: proof.legalSha256 ?? '', approver: user }
      expect(await passkeyProofProblem(proof, statement, county.relyingParty())).toBeNull()
      const swapped = { ...statement, approver: user === HEAD.id ? OFFICER.id : HEAD.id }
      expect(await passkeyProofProblem(proof, swapped, county.relyingParty())).toContain('another person')
    }
    expect((await verifyChain(county.records)).intact).toBe(true)
  })

  test('are the only ones that count where the county says so', async () => {
    const order = await county.draft()
    const { orders } = county
    await expect(orders().approve(order.id, OFFICER, order.documentSha256)).rejects.toMatchObject({
      code: 'proof-refused',
    })
    expect(orderOf(order.id)?.approvals).toEqual([])
  })

  test('given before the legal record was complete count no more: what is signed is order and law together', async () => {
    await county.orders().onState(makeFinding(clock.now()), county.register.site)
    const [order] = county.orders().list()
    if (!order) throw new Error('no draft')
    const device = await county.passkeyOf(OFFICER)
    const { passkey } = await county.orders().question(order.id, OFFICER)
    await recordLawfully(county.orders(), order, clock.now())
    const given = { kind: 'passkey', assertion: device.get(passkey ?? {}) } as const
    await expect(county.orders().approve(order.id, OFFICER, order.documentSha256, given)).rejects.toThrow('not asked')
  })

  test('that no longer verify when the order is to be signed send nothing out', async () => {
    const order = await county.draft()
    await county.approve(OFFICER, order)
    await county.start({ proofs: { ...county.proofs, holds: async (user) => user !== OFFICER.id } })
    const ended = await county.approve(HEAD, order)
    expect(ended.state).toBe('cancelled')
    expect(ended.timeline.at(-1)?.notes.map(({ code }) => code)).toContain('proof-broken')
    expect(county.supplier.deliveries).toEqual([])
  })
})

describe('under a standing authorisation', () => {
  test('a draft names it, and one fresh confirmation of the duty officer sends the order', async () => {
    const id = await county.authorise()
    const order = await county.draft()
    expect(order.standing).toEqual({ id, problems: [] })
    expect(order.document.standing?.id).toBe(id)
    const issued = await county.approve(DUTY, order)
    expect(issued.state).toBe('issued')
    expect(issued.timeline.map(({ what }) => what)).not.toContain('approved-once')
    const document = await delivered()
    expect(document.approvals.map(({ user }) => user)).toEqual([DUTY.id])
    expect(document.standing?.approvals.map(({ user }) => user)).toEqual([OFFICER.id, HEAD.id])
    expect(await facts()).toEqual(expect.arrayContaining(['standing.proposed', 'standing.in-force', 'order.approved']))
  })

  test('nobody else’s single word sends it', async () => {
    await county.authorise()
    const order = await county.draft()
    expect((await county.approve(HEAD, order)).state).toBe('approved-once')
    await pass(MINUTE)
    expect(orderOf(order.id)?.state).toBe('approved-once')
    expect((await county.approve(DUTY, order)).state).toBe('issued')
  })

  test('revoked meanwhile, the confirmation is one approval of two', async () => {
    const id = await county.authorise()
    const order = await county.draft()
    await county.standings.revoke(id, OFFICER, 'x')
    expect(orderOf(order.id)?.standing?.problems.map(({ code }) => code)).toContain('standing-revoked')
    const told = () => county.live.findLast((event) => event.kind === 'order')
    await until('the pages to know', () => JSON.stringify(told()).includes('standing-revoked'))
    expect((await county.approve(DUTY, order)).state).toBe('approved-once')
    expect(county.supplier.deliveries).toEqual([])
    // Two people can still approve it.
    expect((await county.approve(HEAD, order)).state).toBe('issued')
    expect((await delivered()).standing).toBeUndefined()
  })

  test.each<[string, object]>([
    ['the survey was lost', { surveyedOn: null }],
    ['the class rose', { loadClass: 'B' }],
    ['a pump was hung on', { loads: ['破碎机', '排水泵'] }],
  ])('when %s meanwhile nobody’s word sends it', async (_name, change) => {
    await county.authorise()
    const order = await county.draft()
    county.register.site = makeSite({ supplyPoints: [pointInput(change)] })
    await expect(county.approve(DUTY, order)).rejects.toMatchObject({ code: 'order-unsafe' })
    county.register.site = makeSite({ supplyPoints: [pointInput(change)] })
    await clock.advance(4 * 3_600_000)
    expect(county.supplier.deliveries).toEqual([])
  })

  test('it stands after a restart, and one that somebody edited in the records carries nothing', async () => {
    const id = await county.authorise()
    await county.start()
    expect(county.standings.get(id)?.valid).toBe(true)
    await county.standings.revoke(id, HEAD, 'x')
    const { record } = await county.records.selectFrom('standings').selectAll().executeTakeFirstOrThrow()
    const revived = { ...JSON.parse(record), state: 'in-force', revoked: null }
    await county.records
      .updateTable('standings')
      .set({ record: JSON.stringify(revived) })
      .execute()
    expect(await county.standings.load()).toEqual([id])
    expect(county.standings.get(id)).toBeNull()
    expect((await county.draft()).standing).toBeNull()
  })

  test('an older record that is put back over its revocation carries nothing either', async () => {
    const id = await county.authorise()
    const before = await county.records.selectFrom('standings').selectAll().executeTakeFirstOrThrow()
    await county.standings.revoke(id, HEAD, 'x')
    await county.records.updateTable('standings').set(before).execute()
    expect(await county.standings.load()).toEqual([id])
  })
})

describe('a veto window', () => {
  const running = async () => {
    await county.start({ vetoWindow: VETO })
    await county.authorise()
    const order = await county.draft()
    await until('a veto window', () => orderOf(order.id)?.veto)
    return order
  }

  test('sends the order when nobody says no, not a second sooner, and the order says so', async () => {
    const order = await running()
    expect(order.document.vetoWindow).toEqual(VETO)
    const end = orderOf(order.id)?.veto?.until ?? 0
    await clock.advance(end - clock.now() - 1000)
    await clock.advance(500)
    expect(orderOf(order.id)?.state).toBe('drafted')
    await until('issued', () => orderOf(order.id)?.issuedAt !== null)
    const issuedAt = orderOf(order.id)?.issuedAt ?? 0
    expect(issuedAt - (orderOf(order.id)?.draftedAt ?? 0)).toBeGreaterThanOrEqual(120_000)
    const document = await delivered()
    expect([document.approvals, document.veto?.until]).toEqual([[], new Date(end).toISOString()])
  })

  test('is ended by anybody’s no; people may still approve', async () => {
    const order = await running()
    await county.orders().veto(order.id, OFFICER, '先核实')
    await pass(10 * MINUTE)
    expect(orderOf(order.id)).toMatchObject({ state: 'drafted', veto: { over: { by: OFFICER.id } } })
    await expect(county.orders().veto(order.id, HEAD, 'x')).rejects.toMatchObject({ code: 'order-conflict' })
    expect((await county.approve(DUTY, order)).state).toBe('issued')
  })

  test('is ended for good by a red gate at its end', async () => {
    const order = await running()
    const { site } = county.register
    county.register.site = makeSite({
      permits: [{ reason: '测绘', from: new Date(NOW).toISOString(), to: new Date(NOW + 3_600_000).toISOString() }],
    })
    await pass(2 * MINUTE)
    await until('the end', () => orderOf(order.id)?.timeline.some(({ what }) => what === 'veto-lapsed'))
    county.register.site = site
    await pass(10 * MINUTE)
    expect(orderOf(order.id)?.state).toBe('drafted')
  })

  test('is ended by the revocation of the authorisation', async () => {
    const order = await running()
    await county.standings.revoke(county.standings.list()[0]?.id ?? '', HEAD, 'x')
    await pass(10 * MINUTE)
    expect(orderOf(order.id)?.state).toBe('drafted')
  })

  test('begins anew after a stop of the fleet manager', async () => {
    const order = await running()
    const first = orderOf(order.id)?.veto?.until ?? 0
    await clock.advance(100_000)
    await county.start({ vetoWindow: VETO })
    await until('another window', () => (orderOf(order.id)?.veto?.until ?? 0) > first)
    const second = orderOf(order.id)?.veto?.until ?? 0
    expect(second - first).toBeGreaterThanOrEqual(100_000)
    await clock.advance(60_000)
    expect(orderOf(order.id)?.state).toBe('drafted')
    await clock.advance(59_000)
    await until('issued', () => orderOf(order.id)?.issuedAt !== null)
    expect(orderOf(order.id)?.issuedAt).toBeGreaterThanOrEqual(second)
  })

  test('that the county gave up meanwhile sends nothing', async () => {
    const order = await running()
    await county.start({ vetoWindow: null })
    await pass(10 * MINUTE)
    expect(orderOf(order.id)?.state).toBe('drafted')
  })

  test('does not run without a standing authorisation', async () => {
    await county.start({ vetoWindow: VETO })
    const order = await county.draft()
    await pass(10 * MINUTE)
    expect(orderOf(order.id)).toMatchObject({ state: 'drafted', veto: null, standing: null })
  })
})

describe('calls', () => {
  const callOf = (id: string) => orderOf(id)?.call
  const comes = (id: string, kind: string, level: number) =>
    until(`${kind} at ${level}`, () => callOf(id)?.kind === kind && callOf(id)?.level === level)

  test('go from the officer to the head to the county, and end when somebody acts', async () => {
    const order = await county.draft()
    await comes(order.id, 'approve', 0)
    expect(callOf(order.id)?.who).toBe('officer')
    const { since } = callOf(order.id) ?? { since: 0 }
    await pass(5 * MINUTE - 10_000)
    expect(callOf(order.id)?.level).toBe(0)
    await pass(10_000)
    await comes(order.id, 'approve', 1)
    expect(callOf(order.id)).toMatchObject({ who: 'head', since, nextAt: since + 15 * MINUTE })
    await pass(10 * MINUTE)
    await comes(order.id, 'approve', 2)
    expect(callOf(order.id)).toMatchObject({ who: 'county', nextAt: null })
    await county.approve(OFFICER, order)
    await comes(order.id, 'approve-second', 0)
    await county.approve(HEAD, order)
    await until('silence', () => callOf(order.id) === null)
    expect((await facts()).filter((action) => action === 'order.called').length).toBe(4)
  })

  test('are for the duty officer where a standing authorisation carries the order', async () => {
    await county.authorise()
    const order = await county.draft()
    await comes(order.id, 'confirm', 0)
    expect(callOf(order.id)?.who).toBe('duty-officer')
  })

  test('to look at a refusal of the supplier end when a person says that they have looked', async () => {
    const order = await county.draft()
    await county.approve(OFFICER, order)
    await county.approve(HEAD, order)
    await eventually('received', () => orderOf(order.id)?.state === 'received')
    const saying = { kind: 'refused', reason: 'policy', detail: 'x' }
    await county.orders().answer(order.supplier, await county.supplier.sign(order, saying))
    await comes(order.id, 'look', 0)
    await pass(5 * MINUTE)
    await comes(order.id, 'look', 1)
    await county.orders().seen(order.id, HEAD)
    await pass(MINUTE)
    expect(orderOf(order.id)).toMatchObject({ state: 'refused', call: null })
  })
})

test('a legal reviewer records what the law asks for, and neither the emergency nor an approval', async () => {
  const reviewer = { ...OFFICER, id: UserId.parse('legal-1'), department: '县司法局', role: 'legal-reviewer' as const }
  await county.orders().onState(makeFinding(clock.now()), county.register.site)
  const [order] = county.orders().list()
  const basis = DEFAULT_LAW.bases.find(({ code }) => code === order?.document.basis)
  if (!order || !basis) throw new Error('no draft')
  for (const what of lawfulRecords(clock.now(), basis)) {
    const done = county.orders().record(order.id, reviewer, what)
    if (what.kind === 'legal-step') await done
    else await expect(done).rejects.toMatchObject({ code: 'not-allowed' })
  }
  expect(orderOf(order.id)?.legal.steps.every(({ done }) => done?.by.role === 'legal-reviewer')).toBe(true)
  const statement = { passkey: null }
  await expect(
    county.orders().approve(order.id, reviewer, order.documentSha256, { kind: 'passkey', assertion: statement }),
  ).rejects.toMatchObject({ name: 'CloudError' })
})
