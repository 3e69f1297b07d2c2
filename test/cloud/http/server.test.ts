import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAttemptCounter } from '../../../cloud/http/attempts.ts'
import { createTestServer } from '../../support/memory/server.ts'

let dist = ''
beforeAll(() => {
  dist = mkdtempSync(join(tmpdir(), 'minewarden-console-'))
  mkdirSync(join(dist, 'assets'))
  writeFileSync(join(dist, 'index.html'), '<!doctype html><title>console</title>')
  writeFileSync(join(dist, 'assets', 'index-abc.js'), 'export {}')
})
afterAll(() => rmSync(dist, { recursive: true, force: true }))

const PAGE = { accept: 'text/html,*/*' }

test('health is open to probes and says nothing but that we live, and when', async () => {
  await using server = await createTestServer({ publicReading: false })
  const answer = await server.get('/api/v1/health')
  expect(answer.json()).toEqual({ status: 'ok', at: expect.stringMatching(/Z$/) })
})

test.each(['/', '/sites', '/sites/a', '/orders', '/orders/b', '/sign-in'])('%s is the console', async (url) => {
  await using server = await createTestServer({ staticDir: dist })
  const answer = await server.get(url, PAGE)
  expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'no-cache'])
  expect(answer.body).toContain('<title>console</title>')
})

test('files with a hash in their name are kept for a year', async () => {
  await using server = await createTestServer({ staticDir: dist })
  const answer = await server.get('/assets/index-abc.js')
  expect(answer.headers['content-type']).toContain('javascript')
  expect(answer.headers['cache-control']).toContain('immutable')
})

test('an unknown page is the console with 404, an unknown API address is JSON', async () => {
  await using server = await createTestServer({ staticDir: dist })
  const page = await server.get('/no/such/page', PAGE)
  expect([page.statusCode, page.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
  for (const url of ['/api/v1/nothing', '/api/', '/.well-known/other']) {
    const api = await server.get(url, PAGE)
    expect([api.statusCode, api.json().error.code]).toEqual([404, 'not-found'])
  }
})

test.each(['/../package.json', '/assets/../../package.json', '/%2e%2e/package.json', '/..%2fpackage.json'])(
  'no file outside of the console is served: %s',
  async (url) => {
    await using server = await createTestServer({ staticDir: join(dist, 'assets', '..') })
    const answer = await server.get(url)
    expect(answer.statusCode).toBeGreaterThanOrEqual(400)
    expect(answer.body).not.toContain('workspaces')
  },
)

test('every answer carries a policy that allows no inline script, no other server and no frame', async () => {
  await using server = await createTestServer({ staticDir: dist })
  for (const url of ['/', '/api/v1/sites', '/api/v1/nothing']) {
    const { headers } = await server.get(url, PAGE)
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers['x-content-type-options']).toBe('nosniff')
  }
  expect((await server.get('/api/v1/sites')).headers['cache-control']).toBe('no-store')
})

test('without a built console the API is served alone and the log says how to build it', async () => {
  await using server = await createTestServer({ staticDir: join(dist, 'nowhere') })
  expect((await server.get('/', PAGE)).json().error.code).toBe('not-found')
  expect((await server.get('/api/v1/sites')).statusCode).toBe(200)
  expect(server.logger.lines[0]?.message).toContain('npm run build')
})

test('attempts are counted for each address apart, and a flood of addresses shares one counter', () => {
  let now = 0
  const counter = createAttemptCounter({ limit: 2, windowMs: 1000, monotonic: () => now })
  expect([counter.allow('a'), counter.allow('a'), counter.allow('a'), counter.allow('b')]).toEqual([
    true,
    true,
    false,
    true,
  ])
  const flood = Array.from({ length: 5000 }, (_, index) => counter.allow(`flood-${index}`))
  expect(flood.filter(Boolean).length).toBeLessThan(1030)
  now = 1000
  expect(counter.allow('a')).toBe(true)
})
