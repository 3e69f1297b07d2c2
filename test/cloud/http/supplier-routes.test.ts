import { ProtocolError } from '@minewarden/protocol/errors.ts'
import { MAX_JWS_CHARS } from '@minewarden/protocol/order.ts'
import { expect, test } from 'vitest'
import { systemClock } from '../../support/memory/cloud.ts'
import { createTestServer } from '../../support/memory/server.ts'
import { createStory, STORY_ORDER } from '../../support/memory/story.ts'

const JWS = 'eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl'
const ANSWERS = '/api/v1/suppliers/county-power/answers'

async function withOrder() {
  const server = await createTestServer({ publicReading: false })
  createStory(server).draft(systemClock.now())
  const send = (payload: string, url = ANSWERS, type = 'application/jose') =>
    server.app.inject({ method: 'POST', url, headers: { 'content-type': type }, payload })
  return { ...server, send }
}

test('a signed answer is handed on as it came and answered with the order it belongs to, and no more', async () => {
  await using server = await withOrder()
  const answer = await server.send(`${JWS}\n`)
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual({ id: STORY_ORDER, state: 'drafted' })
  expect(server.orders.answers).toEqual([{ supplier: 'county-power', jws: JWS }])
})

test('what is no compact JWS, or JSON, or too large never reaches the orders', async () => {
  await using server = await withOrder()
  const notJws = await server.send('hello')
  expect(notJws.json().error).toMatchObject({ code: 'request-invalid', problems: [{ path: 'body' }] })
  expect((await server.send(JSON.stringify({ jws: JWS }), ANSWERS, 'application/json')).statusCode).toBe(415)
  expect((await server.send(`a.${'b'.repeat(MAX_JWS_CHARS)}.c`)).statusCode).toBe(413)
  const badName = await server.send(JWS, '/api/v1/suppliers/%2e%2e%2fx/answers')
  expect(badName.json().error.problems).toMatchObject([{ path: 'path.supplier' }])
  expect(server.orders.answers).toEqual([])
})

test('an answer whose signature does not verify is refused as untrusted', async () => {
  await using server = await withOrder()
  server.orders.answer = async () => {
    throw new ProtocolError('signature-invalid', 'no key fits')
  }
  const answer = await server.send(JWS)
  expect([answer.statusCode, answer.json().error]).toEqual([401, { code: 'answer-untrusted', message: 'no key fits' }])
})

test('our own failure is answered without our insides, and logged', async () => {
  await using server = await withOrder()
  server.orders.answer = async () => {
    throw new TypeError('secret detail')
  }
  const answer = await server.send(JWS)
  expect([answer.statusCode, answer.json().error.code]).toEqual([500, 'internal'])
  expect(answer.body).not.toContain('secret detail')
  expect(server.logger.lines).toMatchObject([{ level: 'error' }])
})

test('a flood of answers from one address is cut off', async () => {
  await using server = await withOrder()
  for (let count = 0; count < 600; count += 1) await server.send('x')
  expect((await server.send(JWS)).statusCode).toBe(429)
})

test('the keys that verify our orders are public', async () => {
  await using server = await withOrder()
  const answer = await server.get('/.well-known/jwks.json')
  expect(answer.headers['content-type']).toContain('application/json')
  expect(answer.json().keys[0]).toMatchObject({ kty: 'OKP', crv: 'Ed25519' })
})
