import { documentSha256 } from '@minewarden/protocol/canonical-json.ts'
import { type Approval, CutOffOrder } from '@minewarden/protocol/order.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import { findAuthorityProblem } from '@minewarden/utility/core/authority-check.ts'
import { describe, expect, test } from 'vitest'
import { makeSite, NOW, OFFICER, pointInput } from '../support/cut-off/fixtures.ts'
import { makeContent, makeOrder } from '../support/cut-off/signed.ts'
import { orderUnder, standingContent, standingInForce } from '../support/cut-off/standing.ts'

const DAY = 86_400_000
const at = (ms: number) => isoTime(instant(NOW + ms))

/** What a power company says of an order, as it computes the hashes by itself. */
const problemOf = async (order: CutOffOrder) =>
  findAuthorityProblem(CutOffOrder.parse(order), {
    standingSha256: order.standing ? await documentSha256(order.standing.content) : null,
    clockSkewMs: 1000,
  })

describe('an order under a standing authorisation, at the power company', () => {
  test('is taken with one confirmation by the duty officer', async () => {
    expect(await problemOf(await orderUnder(await standingInForce()))).toBeNull()
  })

  test('is taken after a veto window that the order names', async () => {
    const standing = await standingInForce()
    const reference = { id: standing.id, sha256: standing.documentSha256 }
    const content = makeContent(NOW, { standing: reference, vetoWindow: { seconds: 120, ground: '县条例第九条' } })
    const under = await orderUnder(standing)
    const veto = { announcedAt: at(0), until: at(120_000) }
    const order = (change: object) =>
      makeOrder(content, NOW, { standing: under.standing, approvals: [], issuedAt: at(121_000), veto, ...change })
    expect(await problemOf(await order({}))).toBeNull()
    expect(await problemOf(await order({ veto: { announcedAt: at(0), until: at(119_000) } }))).toContain('too soon')
    expect(await problemOf(await order({ issuedAt: at(60_000) }))).toContain('not between')
    expect(await problemOf(await order({ veto: { announcedAt: at(-60_000), until: at(61_000) } }))).toContain('between')
    expect(await problemOf(await order({ veto: undefined }))).toContain('has not confirmed')
    const unnamed = await orderUnder(standing, { approvals: [], veto, issuedAt: at(121_000) })
    expect(await problemOf(unnamed)).toContain('names no veto window')
  })

  test.each([
    ['ended', { to: at(0) }, 'not in force'],
    ['not begun', { from: at(1000) }, 'not in force'],
    ['too long', { from: at(-1 * DAY), to: at(90 * DAY) }, 'more than 90 days'],
    ['of another site', { site: { id: 'site-2', name: 'x' } }, 'another one'],
    ['of another county', { issuer: { id: 'county-2', name: 'x', county: '450325' } }, 'another one'],
    ['on another basis', { basis: 'power-supply-regulation-40' }, 'legal basis'],
    [
      'for another survey',
      { supplyPoints: [{ ...standingContent().supplyPoints[0], surveyedOn: '2025-12-01' }] },
      'not as authorised',
    ],
    [
      'for another point',
      { supplyPoints: [{ ...standingContent().supplyPoints[0], id: 'sp-9' }] },
      'not as authorised',
    ],
  ])('that %s is refused', async (_name, change, words) => {
    expect(await problemOf(await orderUnder(await standingInForce(makeSite(), change)))).toContain(words)
  })

  test('for a point that is not class A is refused, however it was authorised', async () => {
    const site = makeSite({ supplyPoints: [pointInput({ loadClass: 'B' })] })
    const standing = await standingInForce(site)
    const reference = { id: standing.id, sha256: standing.documentSha256 }
    const content = makeContent(NOW, { standing: reference }, site)
    const under = await orderUnder(standing)
    const approvals = under.approvals.map((one) => ({ ...one, orderSha256: '' }))
    const sha = await documentSha256(content)
    const order = await makeOrder(content, NOW, {
      standing: under.standing,
      approvals: approvals.map((one) => ({ ...one, orderSha256: sha })),
    })
    expect(await problemOf(order)).toContain('not class A')
  })

  test.each([
    [
      'a changed document',
      (order: CutOffOrder) => ({
        standing: { ...order.standing, content: { ...order.standing?.content, reason: 'x' } },
      }),
      'standing.sha256',
    ],
    [
      'an officer in place of the duty officer',
      (order: CutOffOrder) => ({ approvals: order.approvals.map((one) => ({ ...one, role: 'officer' })) }),
      'has not confirmed',
    ],
    [
      'a confirmation of another document',
      (order: CutOffOrder) => ({ approvals: order.approvals.map((one) => ({ ...one, orderSha256: 'f'.repeat(64) })) }),
      'another document',
    ],
    [
      'a confirmation from before the draft',
      (order: CutOffOrder) => ({ approvals: order.approvals.map((one) => ({ ...one, at: at(-DAY) })) }),
      'approvals.0.at',
    ],
    ['one signer twice', (order: CutOffOrder) => withSigners(order, ([one]) => [one, one]), 'one user twice'],
    [
      'one department twice',
      (order: CutOffOrder) =>
        withSigners(order, (all) => all.map((one) => ({ ...one, department: OFFICER.department }))),
      'one department twice',
    ],
    [
      'no head',
      (order: CutOffOrder) => withSigners(order, (all) => all.map((one) => ({ ...one, role: 'officer' }))),
      'no head',
    ],
    [
      'signatures of another authorisation',
      (order: CutOffOrder) => withSigners(order, (all) => all.map((one) => ({ ...one, orderSha256: 'f'.repeat(64) }))),
      'another document',
    ],
  ])('with %s is refused', async (_name, change, words) => {
    const order = await orderUnder(await standingInForce())
    expect(await problemOf({ ...order, ...change(order) } as CutOffOrder)).toContain(words)
  })

  const withSigners = (order: CutOffOrder, change: (all: Approval[]) => unknown[]) => ({
    standing: { ...order.standing, approvals: change(order.standing?.approvals as Approval[]) },
  })
})
