import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  generatePrivateKey,
  type KeySet,
  type PrivateKey,
  publicKeyOf,
  signDocument,
  verifyDocument,
} from '@minewarden/protocol/jws.ts'
import {
  type CutOffOrder,
  DOCUMENT_TYPES,
  JOSE_MEDIA_TYPE,
  type OrderContent,
  SupplierAnswer,
} from '@minewarden/protocol/order.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import { createOrderDesk } from '@minewarden/utility/order-desk.ts'
import { createServer } from '@minewarden/utility/server.ts'
import { createCountyKeys } from '@minewarden/utility/shell/county-keys.ts'
import { openStore, type Store } from '@minewarden/utility/shell/store.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeCertificate } from '../support/cut-off/certificate.ts'
import {
  FEEDER,
  ISSUER,
  makeSite,
  NOW,
  POINT,
  pointInput,
  SUPPLIER,
  siteWithPoint,
} from '../support/cut-off/fixtures.ts'
import { createManualClock, type ManualClock } from '../support/cut-off/manual-clock.ts'
import { makeContent, makeOrder, signOrder } from '../support/cut-off/signed.ts'

const MINUTE = 60_000
const tls = await makeCertificate()
const silent = { debug() {}, info() {}, warn() {}, error() {} }
let folder: string
let store: Store
let clock: ManualClock
let county: PrivateKey
let company: PrivateKey
let server: ReturnType<typeof createServer>
let fetched: number
let published: () => Promise<unknown>
let received: string[]
let withdrawn: string[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'minewarden-utility-'))
  store = openStore(join(folder, 'utility.sqlite'))
  clock = createManualClock(NOW)
  county = await generatePrivateKey()
  company = await generatePrivateKey()
  fetched = 0
  received = []
  withdrawn = []
  published = async () => ({ keys: [await publicKeyOf(county)] })
  open()
})
afterEach(async () => {
  await server.close()
  store[Symbol.dispose]()
  rmSync(folder, { recursive: true, force: true })
})

function open() {
  const desk = createOrderDesk({
    store,
    clock,
    logger: silent,
    keys: createCountyKeys(async () => {
      fetched++
      return await published()
    }, clock),
    sign: (order, saying) =>
      signDocument(
        {
          type: 'cut-off-answer',
          version: 1,
          supplier: SUPPLIER,
          order: order.id,
          orderSha256: order.orderSha256,
          at: isoTime(clock.now()),
          ...saying,
        },
        DOCUMENT_TYPES.answer,
        company,
      ),
    supplier: SUPPLIER,
    issuer: ISSUER.id,
    feeders: new Map([
      [POINT, FEEDER],
      ['sp-2', 'feeder-2'],
    ]),
    clockSkewMs: MINUTE,
    onReceived: (id) => received.push(id),
    withdraw: async (id) => void withdrawn.push(id),
  })
  server = createServer({
    desk,
    store,
    jwks: { keys: [] },
    supplierName: 'x',
    statusFor: 'loopback',
    tls,
    logger: silent,
  })
}

const post = async (body: string, type = JOSE_MEDIA_TYPE) => {
  const reply = await server.inject({ method: 'POST', url: '/orders', headers: { 'content-type': type }, body })
  const json = reply.headers['content-type']?.toString().startsWith('application/json') ? reply.json() : null
  return { status: reply.statusCode, text: reply.body, error: json?.error, answer: json?.answer as string | undefined }
}
const read = async (jws: string | undefined) => {
  const keys: KeySet = { keys: [await publicKeyOf(company)] }
  return (await verifyDocument(jws ?? '', DOCUMENT_TYPES.answer, keys, SupplierAnswer)).document
}
const lawful = async (content: Partial<OrderContent> = {}, change: object = {}) =>
  signOrder(await makeOrder(makeContent(clock.now(), content), clock.now(), change), county)

test('a lawful order is received with a signed receipt that names its content', async () => {
  const order = await makeOrder(makeContent(NOW), NOW)
  const { status, text } = await post(await signOrder(order, county))
  expect(status).toBe(202)
  expect(await read(text)).toMatchObject({ kind: 'received', order: '450324-1', orderSha256: order.orderSha256 })
  expect(received).toEqual(['450324-1'])
})

test('the same order again gets the same receipt and is no second order, also after a restart', async () => {
  const jws = await lawful()
  const first = await post(jws)
  const both = await Promise.all([post(jws), post(jws)])
  await server.close()
  open()
  for (const again of [...both, await post(jws)]) expect(again).toMatchObject({ status: 200, text: first.text })
  expect(received).toEqual(['450324-1'])
})

test('the same order told again after its time gets its old receipt, and no new life', async () => {
  const jws = await lawful()
  const first = await post(jws)
  await clock.advance(300 * MINUTE)
  expect(await post(jws)).toMatchObject({ status: 200, text: first.text })
  expect(received).toHaveLength(1)
})

describe('refused without a signed word, since the sender may not be the county', () => {
  const refuses = async (jws: string, status: number, code: string, field: string) => {
    const reply = await post(jws)
    expect(reply).toMatchObject({ status, error: { code } })
    expect(reply.error.message).toContain(field)
    expect(reply.answer).toBeUndefined()
    expect(store.newest(10)).toEqual([])
  }

  test('a body that is no JWS, an empty one, one of another type, one too long', async () => {
    await refuses('rubbish', 401, 'order-signature', 'compact JWS')
    await refuses('', 400, 'order-malformed', 'body')
    expect(await post(await lawful(), 'application/json')).toMatchObject({
      status: 400,
      error: { code: 'order-malformed' },
    })
    expect(await post('a'.repeat(300_000))).toMatchObject({ status: 413, error: { code: 'body-too-large' } })
  })

  test('an order that was changed on the way', async () => {
    const [header, payload, signature] = (await lawful()).split('.') as [string, string, string]
    const forged = Buffer.from(Buffer.from(payload, 'base64url').toString().replace(POINT, 'sp-2')).toString(
      'base64url',
    )
    await refuses([header, forged, signature].join('.'), 401, 'order-signature', 'signature')
  })

  test('an order that a stranger signed', async () => {
    const stranger = await generatePrivateKey()
    await refuses(await signOrder(await makeOrder(makeContent(NOW), NOW), stranger), 401, 'order-signature', 'kid')
  })

  test('an order of another issuer than these keys belong to', async () => {
    const issuer = { ...makeContent(NOW).issuer, id: 'county-2' }
    await refuses(await lawful({ issuer }), 401, 'order-signature', 'order.issuer.id')
  })

  test('a signed document whose hash, fields or times do not fit', async () => {
    await refuses(await lawful({}, { orderSha256: 'f'.repeat(64) }), 400, 'order-malformed', 'orderSha256')
    await refuses(await lawful({ drill: true as false }), 400, 'order-malformed', 'order.drill')
    await refuses(await lawful({ supplyPoints: [] }), 400, 'order-malformed', 'order.supplyPoints')
    await refuses(await lawful({ validUntil: 'soon' }), 400, 'order-malformed', 'order.validUntil')
    await refuses(await lawful({}, { approvals: {} }), 400, 'order-malformed', 'approvals')
    await refuses(await lawful({ extra: 1 } as object), 400, 'order-malformed', 'extra')
  })

  test('an order from the future; it is taken once the clocks agree', async () => {
    const ahead = instant(NOW + 2 * MINUTE)
    const jws = await signOrder(await makeOrder(makeContent(ahead), ahead), county)
    await refuses(jws, 410, 'order-expired', 'issuedAt')
    await clock.advance(2 * MINUTE)
    expect((await post(jws)).status).toBe(202)
  })

  test('any order while the keys of the county cannot be fetched; it is taken later', async () => {
    const jws = await lawful()
    published = () => Promise.reject(new Error('ECONNREFUSED'))
    await refuses(jws, 503, 'issuer-unreachable', 'ECONNREFUSED')
    published = async () => ({ keys: [await publicKeyOf(county)] })
    await clock.advance(MINUTE)
    expect((await post(jws)).status).toBe(202)
  })
})

describe('refused with a signed reason', () => {
  const refuses = async (jws: string, status: number, code: string, field: string, reason: string) => {
    const reply = await post(jws)
    expect(reply).toMatchObject({ status, error: { code } })
    expect(reply.error.message).toContain(field)
    expect(await read(reply.answer)).toMatchObject({ kind: 'refused', reason })
    expect(await post(jws)).toMatchObject({ status, error: { code }, answer: reply.answer })
    expect(received).toEqual([])
    expect(store.working()).toEqual([])
  }
  const withPoint = async (change: object) =>
    lawful({ supplyPoints: makeContent(NOW, {}, siteWithPoint(change)).supplyPoints })

  test('an order past its time', async () => {
    const jws = await lawful()
    await clock.advance(120 * MINUTE)
    await refuses(jws, 410, 'order-expired', 'order.validUntil', 'expired')
  })

  test.each([
    ['with a survey from the future', { surveyedOn: '2027-01-01' }, 'surveyedOn'],
    ['with residents', { residents: true }, 'residents'],
    [
      'with a user who is not provided for',
      { importantUsers: [{ kind: 'medical', provision: null }] },
      'importantUsers.0',
    ],
    ['of class B with a fan', { loadClass: 'B', loads: ['主通风机'] }, 'loads.0'],
    ['with a fan', { loads: ['破碎机', '主通风机'] }, 'loads.1'],
    ['with a pump', { loads: ['dewatering pump'] }, 'loads.0'],
    ['with a fan in another alphabet', { loads: ['fаn'] }, 'loads.0'],
    ['with unlisted loads', { loads: [] }, 'loads'],
  ])('a point %s, though the county signed it', async (_name, change, field) => {
    await refuses(await withPoint(change), 422, 'order-unsafe', `order.supplyPoints.0.${field}`, 'unsafe')
  })

  test('an order for another supplier, or for a point that is not ours', async () => {
    await refuses(await lawful({ supplier: 'other' as never }), 404, 'order-not-mine', 'order.supplier', 'not-mine')
    const points = makeContent(
      NOW,
      {},
      makeSite({ supplyPoints: [pointInput(), pointInput({ id: 'sp-9' })] }),
    ).supplyPoints
    const jws = await lawful({ id: '450324-2' as never, sequence: 2, supplyPoints: points })
    await refuses(jws, 404, 'order-not-mine', 'order.supplyPoints.1.id', 'not-mine')
  })

  test('an order that would be valid for more than a day', async () => {
    const validUntil = isoTime(instant(NOW + 24 * 60 * MINUTE + 1))
    await refuses(await lawful({ validUntil }), 410, 'order-expired', 'order.validUntil', 'expired')
  })

  test('a point that is named twice', async () => {
    const [point] = makeContent(NOW).supplyPoints
    const jws = await lawful({ supplyPoints: [point, point] as OrderContent['supplyPoints'] })
    await refuses(jws, 400, 'order-malformed', 'order.supplyPoints.1.id', 'other')
  })

  test.each<[string, (approvals: CutOffOrder['approvals']) => unknown[], string]>([
    ['one user twice', ([a, b]) => [a, { ...b, user: a?.user }], 'one user'],
    ['one department twice', ([a, b]) => [a, { ...b, department: ` ${a?.department}` }], 'one department'],
    ['no head', (both) => both.map((one) => ({ ...one, role: 'officer' })), 'no head'],
    [
      'one department in an invisible letter',
      ([a, b]) => [a, { ...b, department: `${a?.department}\u200b` }],
      'one depa',
    ],
    ['before the draft', ([a, b]) => [a, { ...b, at: isoTime(instant(NOW - 2 * MINUTE)) }], 'approvals.1.at'],
    ['after the issue', ([a, b]) => [{ ...a, at: isoTime(instant(NOW + 2 * MINUTE)) }, b], 'approvals.0.at'],
    ['another document', ([a, b]) => [a, { ...b, orderSha256: 'f'.repeat(64) }], 'approvals.1.orderSha256'],
  ])('approvals of %s', async (_name, change, field) => {
    const order = await makeOrder(makeContent(NOW), NOW)
    const jws = await signOrder({ ...order, approvals: change(order.approvals) as CutOffOrder['approvals'] }, county)
    await refuses(jws, 403, 'order-unapproved', field, 'other')
  })

  test('no approval at all, and one alone, without a standing authorisation', async () => {
    await refuses(await lawful({}, { approvals: [] }), 403, 'order-unapproved', 'approvals: two are needed', 'other')
    const order = await makeOrder(makeContent(NOW, { id: '450324-2' as never, sequence: 2 }), NOW)
    const head = order.approvals.filter(({ role }) => role === 'head')
    const jws = await signOrder({ ...order, approvals: head }, county)
    await refuses(jws, 403, 'order-unapproved', 'approvals: two are needed', 'other')
  })
})

test('another order under a number or an id that was used is a replay, and the first goes on', async () => {
  await post(await lawful())
  const sameId = await post(await lawful({ sequence: 2 }))
  expect(sameId).toMatchObject({
    status: 409,
    error: { code: 'order-replayed', message: expect.stringContaining('order.id') },
  })
  const sameSequence = await post(await lawful({ id: '450324-2' as never }))
  expect(sameSequence).toMatchObject({ status: 409, error: { message: expect.stringContaining('order.sequence') } })
  const issuedAgain = await post(await lawful({}, { issuedAt: isoTime(instant(NOW + 1)) }))
  expect(issuedAgain).toMatchObject({ status: 409, error: { code: 'order-replayed' } })
  expect(store.working()).toHaveLength(1)
})

test('a key that the county added is fetched once it is seen, and made-up keys cannot make us fetch on and on', async () => {
  await post(await lawful())
  const next = await generatePrivateKey()
  published = async () => ({ keys: [await publicKeyOf(next), await publicKeyOf(county)] })
  await clock.advance(MINUTE)
  const order = await makeOrder(makeContent(clock.now(), { id: '450324-2' as never, sequence: 2 }), clock.now())
  expect((await post(await signOrder(order, next))).status).toBe(202)
  const before = fetched
  for (let i = 0; i < 20; i++) await post(await signOrder(order, await generatePrivateKey()))
  expect(fetched - before).toBeLessThanOrEqual(1)
})

test('a failure of our own tells a stranger nothing of our insides', async () => {
  const broken = new Proxy(store, {
    get() {
      throw new Error('secret insides')
    },
  })
  await using own = createServer({
    desk: createOrderDesk({ store: broken } as never),
    ...{ store: broken, jwks: { keys: [] }, supplierName: 'x', statusFor: 'loopback' as const, tls, logger: silent },
  })
  const reply = await own.inject({ method: 'GET', url: '/orders' })
  expect(reply.statusCode).toBe(500)
  expect(reply.json()).toEqual({ error: { code: 'internal', message: 'the server failed; its log has the cause' } })
})

test('the status page is for this machine, and escapes what others wrote', async () => {
  await post(await lawful({ supplyPoints: makeContent(NOW, {}, siteWithPoint({ loads: [] })).supplyPoints }))
  const page = await server.inject({ url: '/orders', headers: { accept: 'text/html' } })
  expect(page.body).toContain('order-unsafe')
  expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  const outside = await server.inject({ url: '/orders', remoteAddress: '10.1.1.1' })
  expect(outside.statusCode).toBe(404)
})
