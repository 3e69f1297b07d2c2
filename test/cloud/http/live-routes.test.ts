import { GatewayId, SiteId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { expect, test, vi } from 'vitest'
import type { ServerDeps } from '../../../cloud/http/deps.ts'
import { openEventStream } from '../../support/event-stream.ts'
import { systemClock } from '../../support/memory/cloud.ts'
import { createTestServer } from '../../support/memory/server.ts'
import { USERS } from '../../support/memory/sessions.ts'
import { createStory, readingsAt, STORY_ORDER, STORY_SITE } from '../../support/memory/story.ts'

async function listening(options: Partial<ServerDeps> = {}) {
  const server = await createTestServer(options)
  const url = await server.app.listen({ host: '127.0.0.1', port: 0 })
  return {
    ...server,
    url,
    story: createStory(server),
    stream: (query = '') => openEventStream(`${url}/api/v1/live${query}`),
  }
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 8000, interval: 20 })

test('a stream opens with everything, then tells what changes', async () => {
  await using server = await listening()
  const stream = server.stream()
  await until(() => expect(stream.messages[0]?.event).toBe('snapshot'))
  expect(stream.messages[0]?.data.sites).toHaveLength(6)
  server.story.reopen(systemClock.now())
  server.story.draft(systemClock.now())
  await until(() => expect(stream.of('order')).toHaveLength(1))
  expect(stream.of('site').at(-1)?.data).toMatchObject({ id: STORY_SITE, state: 'reopened' })
  expect(stream.of('event').at(-1)?.data).toMatchObject({ class: 'machinery', site: STORY_SITE })
  expect(stream.of('order')[0]?.data).toMatchObject({ id: STORY_ORDER, state: 'drafted' })
})

test('readings of a site go to the pages that look at it, waveforms to none', async () => {
  await using server = await listening()
  const looking = server.stream(`?site=${STORY_SITE}`)
  const elsewhere = server.stream('?site=shihuiling')
  const listing = server.stream()
  await until(() => {
    for (const stream of [looking, elsewhere, listing]) expect(stream.messages).toHaveLength(1)
  })
  server.live.publish({
    kind: 'reading',
    site: SiteId.parse(STORY_SITE),
    gateway: GatewayId.parse('gw'),
    reading: {
      kind: 'waveform',
      sensor: null,
      channel: 'HHZ',
      measuredAt: instant(0),
      clock: 'ntp',
      fields: { request: '', fromMs: 0, toMs: 0, part: 0, parts: 1, data: new Uint8Array(9) },
    },
  })
  server.story.tick(instant(1_700_000_000_000), 'rest')
  await until(() => expect(looking.of('reading')).toHaveLength(5))
  expect(looking.of('reading')[0]?.data).toMatchObject({
    site: STORY_SITE,
    kind: 'vibration',
    channel: 'HHZ',
    measuredAt: '2023-11-14T22:13:20.000Z',
    clock: 'ntp',
  })
  server.story.draft(systemClock.now())
  await until(() => expect(listing.of('order')).toHaveLength(1))
  await until(() => expect(elsewhere.of('order')).toHaveLength(1))
  expect([...listing.of('reading'), ...elsewhere.of('reading')]).toEqual([])
})

test('the heart beats', async () => {
  await using server = await listening({ liveLimits: { heartbeatMs: 30 } })
  const stream = server.stream()
  await until(() => expect(stream.of('heartbeat').length).toBeGreaterThan(2))
  expect(stream.of('heartbeat')[0]?.data.at).toMatch(/Z$/)
})

test('a frozen page loses readings but no state, holds up nobody, and is told of its loss', async () => {
  await using server = await listening()
  const frozen = server.stream(`?site=${STORY_SITE}`)
  const lively = server.stream(`?site=${STORY_SITE}`)
  await until(() => expect([frozen.messages.length, lively.messages.length]).toEqual([1, 1]))
  frozen.freeze()
  // More than the kernel buffers between the two ends of a connection.
  const rounds = 12_000
  const bytesBefore = process.memoryUsage().rss
  for (let round = 0; round < rounds; round += 1) {
    server.story.tick(instant(1_700_000_000_000 + round * 1000), 'work')
    // As fast as the lively page reads: this is about the frozen one.
    while (lively.count('reading') < round * 5 - 100) await new Promise((resolve) => setImmediate(resolve))
  }
  server.story.reopen(systemClock.now())
  server.story.draft(systemClock.now())
  await until(() => expect(lively.of('order')).toHaveLength(1))
  expect(lively.count('reading')).toBe(rounds * 5)
  frozen.thaw()
  await until(() => expect(frozen.count('lost')).toBeGreaterThan(0))
  const lost = frozen.of('lost').reduce((sum, message) => sum + message.data.count, 0)
  expect(lost).toBeGreaterThan(1000)
  expect(frozen.count('reading') + lost).toBe(rounds * 5)
  expect(frozen.of('site').at(-1)?.data.state).toBe('reopened')
  expect(frozen.of('order')).toHaveLength(1)
  expect(process.memoryUsage().rss - bytesBefore).toBeLessThan(400e6)
})

test('a page that takes nothing for long is disconnected', async () => {
  await using server = await listening({ liveLimits: { heartbeatMs: 30, stallMs: 200, maxReadings: 10 } })
  const frozen = server.stream(`?site=${STORY_SITE}`)
  await until(() => expect(frozen.messages[0]?.event).toBe('snapshot'))
  frozen.freeze()
  let at = 1_700_000_000_000
  const connections = () =>
    new Promise<number>((resolve) => server.app.server.getConnections((_error, count) => resolve(count)))
  const deadline = Date.now() + 8000
  while ((await connections()) > 0 && Date.now() < deadline) {
    for (let round = 0; round < 200; round += 1) {
      at += 1000
      server.story.tick(instant(at), 'work')
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(await connections()).toBe(0)
})

test('no more pages than the limit are let in', async () => {
  await using server = await listening({ liveLimits: { maxClients: 1 } })
  const first = server.stream()
  await until(() => expect(first.messages).toHaveLength(1))
  const refused = await fetch(`${server.url}/api/v1/live`)
  expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([
    503,
    'overloaded',
  ])
  first.close()
  await until(async () => {
    const next = await fetch(`${server.url}/api/v1/live`)
    await next.body?.cancel()
    expect(next.status).toBe(200)
  })
})

test('a stream ends soon after its session has ended', async () => {
  await using server = await listening({ publicReading: false, liveLimits: { heartbeatMs: 30 } })
  const { cookie } = await server.signIn(USERS.viewer)
  const response = await fetch(`${server.url}/api/v1/live`, { headers: { cookie } })
  expect(response.status).toBe(200)
  await server.sessions.end(cookie.split('=')[1] ?? '')
  const text = await response.text()
  expect(text).toContain('event: snapshot')
})

test('an unknown site and an unknown key are refused', async () => {
  await using server = await listening()
  expect((await server.get('/api/v1/live?site=nowhere')).statusCode).toBe(404)
  expect((await server.get('/api/v1/live?gateway=x')).statusCode).toBe(400)
})

test('closing the server ends the streams and lets go of the feed', async () => {
  const server = await listening()
  const stream = server.stream()
  await until(() => expect(stream.messages).toHaveLength(1))
  const begun = Date.now()
  await server.app.close()
  await until(() => expect(stream.ended()).toBe(true))
  expect(Date.now() - begun).toBeLessThan(3000)
  expect(server.live.listeners()).toBe(0)
})

test('every reading of the story fits the stream', () => {
  expect(readingsAt(instant(0), 'rest').map((reading) => reading.kind)).toEqual([
    'vibration',
    'vibration',
    'vibration',
    'air',
    'power',
  ])
})
