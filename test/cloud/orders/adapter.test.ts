import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { createHttpsClient } from '@minewarden/cloud/shell/https-client.ts'
import { createOrderHttps } from '@minewarden/cloud/shell/order-https.ts'
import { createSupplierKeys } from '@minewarden/cloud/shell/supplier-keys.ts'
import { OrderId, SupplierId } from '@minewarden/protocol/ids.ts'
import { generatePrivateKey, publicKeyOf } from '@minewarden/protocol/jws.ts'
import { JOSE_MEDIA_TYPE } from '@minewarden/protocol/order.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeCertificate } from '../../support/cut-off/certificate.ts'
import { createManualClock } from '../../support/cut-off/manual-clock.ts'

const tls = await makeCertificate()
const supplier = SupplierId.parse('grid')
const order = OrderId.parse('450324-1')
let resources: AsyncDisposableStack
let handle: RequestListener
let url: string

beforeEach(async () => {
  resources = new AsyncDisposableStack()
  const server = createServer(tls, (request, response) => handle(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  resources.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => resources.disposeAsync())

const deliver = (ca: string | null = tls.cert, timeoutMs?: number) => {
  const client = resources.use(createHttpsClient(ca ?? undefined, timeoutMs))
  const adapter = createOrderHttps([{ supplier, ordersUrl: `${url}/orders`, client }])
  return adapter.deliver(supplier, order, 'a.b.c', new AbortController().signal)
}

describe('delivering', () => {
  test('posts the signed text with the order as idempotency key', async () => {
    let seen: unknown
    handle = async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      seen = [request.method, request.url, request.headers['idempotency-key'], request.headers['content-type'], body]
      response.writeHead(202, { 'content-type': JOSE_MEDIA_TYPE }).end(' receipt \n')
    }
    expect(await deliver()).toEqual({ kind: 'answered', answers: ['receipt'] })
    expect(seen).toEqual(['POST', '/orders', order, JOSE_MEDIA_TYPE, 'a.b.c'])
  })

  test('a refusal with a signed answer counts by that answer', async () => {
    const body = { error: { code: 'order-unsafe', message: 'loads.0' }, answer: 'signed' }
    handle = (_request, response) => response.writeHead(422).end(JSON.stringify(body))
    expect(await deliver()).toEqual({ kind: 'answered', answers: ['signed'] })
  })

  test.each<[string, number, string, string, string]>([
    [
      'an error that names its reason',
      503,
      'application/json',
      '{"error":{"code":"x","message":"y"}}',
      'HTTP 503: x: y',
    ],
    ['an error without words', 500, 'text/html', '<h1>oops</h1>', 'HTTP 500'],
    ['success without a receipt', 200, 'application/json', '{}', 'HTTP 200 without a signed receipt'],
    ['a redirect, which is never followed', 302, 'text/plain', '', 'HTTP 302'],
  ])('%s is a failed attempt', async (_name, status, type, body, reason) => {
    handle = (_request, response) => response.writeHead(status, { 'content-type': type, location: '/other' }).end(body)
    expect(await deliver()).toMatchObject({ kind: 'failed', reason: expect.stringContaining(reason) })
  })

  test('a company that hangs, hangs up, or answers without end is a failed attempt in bounded time', async () => {
    handle = () => {}
    expect(await deliver(tls.cert, 300)).toMatchObject({ kind: 'failed' })
    handle = (request) => request.socket.destroy()
    expect(await deliver()).toMatchObject({ kind: 'failed' })
    handle = (_request, response) => response.writeHead(200).end('x'.repeat(2_000_000))
    expect(await deliver()).toMatchObject({ kind: 'failed' })
  })

  test('a company whose certificate is not of the configured authority gets no order', async () => {
    let asked = 0
    handle = (_request, response) => {
      asked++
      response.end()
    }
    expect(await deliver((await makeCertificate()).cert)).toMatchObject({ kind: 'failed' })
    expect(await deliver(null)).toMatchObject({ kind: 'failed' })
    expect(asked).toBe(0)
  })
})

describe('the keys of a supplier', () => {
  const makeKeys = () => {
    const clock = createManualClock(instant(0))
    const client = resources.use(createHttpsClient(tls.cert))
    return { clock, keys: createSupplierKeys([{ supplier, jwksUrl: `${url}/jwks`, client }], clock) }
  }

  test('are fetched once, anew for a key that is not among them, and anew after their age', async () => {
    const [first, second] = [
      await publicKeyOf(await generatePrivateKey()),
      await publicKeyOf(await generatePrivateKey()),
    ]
    let published = [first]
    let asked = 0
    handle = (_request, response) => {
      asked++
      response.end(JSON.stringify({ keys: published }))
    }
    const { clock, keys } = makeKeys()
    for (let i = 0; i < 3; i++) expect((await keys.keysOf(supplier, first.kid)).keys).toHaveLength(1)
    expect(asked).toBe(1)
    published = [first, second]
    await clock.advance(10_000)
    expect((await keys.keysOf(supplier, second.kid)).keys).toHaveLength(2)
    expect(asked).toBe(2)
    for (let i = 0; i < 50; i++) await keys.keysOf(supplier, `made-up-${i}`)
    expect(asked).toBe(2)
    published = [second]
    await clock.advance(700_000)
    expect((await keys.keysOf(supplier, first.kid)).keys).toEqual([second])
  })

  test('are fetched once for answers that come together, none of which is refused for it', async () => {
    const key = await publicKeyOf(await generatePrivateKey())
    let asked = 0
    handle = (_request, response) => {
      asked++
      setTimeout(() => response.end(JSON.stringify({ keys: [key] })), 50)
    }
    const { keys } = makeKeys()
    const sets = await Promise.all([1, 2, 3].map(() => keys.keysOf(supplier, key.kid)))
    expect(sets.map((set) => set.keys.length)).toEqual([1, 1, 1])
    expect(asked).toBe(1)
  })

  test.each([
    ['an error', 500, '{}'],
    ['no JSON', 200, '<html>'],
    ['something else', 200, '{"keys":1}'],
  ])('are not trusted when the company publishes %s', async (_name, status, body) => {
    handle = (_request, response) => response.writeHead(status).end(body)
    await expect(makeKeys().keys.keysOf(supplier, 'x')).rejects.toMatchObject({ code: 'answer-untrusted' })
  })

  test('of a supplier that is not configured do not exist', async () => {
    await expect(createSupplierKeys([], systemClock).keysOf(supplier, 'x')).rejects.toMatchObject({
      code: 'answer-untrusted',
    })
  })
})
