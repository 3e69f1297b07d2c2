import { instant, isoTime } from '@minewarden/protocol/time.ts'
import { expect, test } from 'vitest'
import { createTestServer } from '../../support/memory/server.ts'
import { createStory, STORY_SITE } from '../../support/memory/story.ts'

const NOW = instant(Date.parse('2026-05-04T12:00:00Z'))
const GOOD = {
  gateway: `gw-${STORY_SITE}`,
  sensor: 'geo-1',
  kind: 'vibration',
  fields: 'rmsMPerS,peakMPerS',
  from: isoTime(instant(NOW - 60_000)),
  to: isoTime(NOW),
}
const traceUrl = (changes: Record<string, string | undefined> = {}, site = STORY_SITE) => {
  const query = Object.entries({ ...GOOD, ...changes }).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return `/api/v1/sites/${site}/trace?${new URLSearchParams(query)}`
}

test('a trace has one series for each channel and field, with its unit and times after `from`', async () => {
  await using server = await createTestServer()
  createStory(server).fillHistory(NOW, 0)
  const answer = await server.get(traceUrl())
  expect(answer.statusCode).toBe(200)
  const trace = answer.json()
  expect(trace).toMatchObject({ kind: 'vibration', from: GOOD.from, to: GOOD.to })
  expect(trace.series).toHaveLength(6)
  expect(trace.series[0]).toMatchObject({ field: 'rmsMPerS', unit: 'm/s', channel: 'HHE' })
  expect(trace.series[0].offsetsMs[0]).toBe(0)
  expect(trace.series[0].offsetsMs).toHaveLength(12)
  expect(trace.series[0].values).toHaveLength(12)
})

test.each([
  ['kind', 'query.kind', { kind: 'smell' }],
  ['kind', 'query.kind', { kind: undefined }],
  ['a field of another kind', 'query.fields', { fields: 'activePowerW' }],
  ['a field that every object has', 'query.fields', { fields: 'constructor' }],
  ['bytes', 'query.fields', { kind: 'waveform', fields: 'data' }],
  ['a time without offset', 'query.from', { from: '2026-05-04T12:00:00' }],
  ['an order of times', 'query.to', { to: GOOD.from }],
  ['a span', 'query.from', { from: '2026-01-01T00:00:00Z' }],
  ['a gateway', 'query.gateway', { gateway: '../etc' }],
  ['a sensor', 'query.sensor', { sensor: '' }],
  ['a number of points', 'query.maxPoints', { maxPoints: '1e9' }],
])('a wrong %s is refused and named', async (_what, path, changes) => {
  await using server = await createTestServer()
  const answer = await server.get(traceUrl(changes))
  expect(answer.statusCode).toBe(400)
  expect(answer.json().error.problems.map((problem: { path: string }) => problem.path)).toContain(path)
})

test('a sensor of another site is not found, nor is an unknown site', async () => {
  await using server = await createTestServer()
  expect((await server.get(traceUrl({ gateway: 'gw-shihuiling' }))).statusCode).toBe(404)
  expect((await server.get(traceUrl({}, 'nowhere'))).statusCode).toBe(404)
})

test('a query key that means nothing is refused rather than ignored', async () => {
  await using server = await createTestServer()
  const answer = await server.get(`${traceUrl()}&till=now`)
  expect(answer.statusCode).toBe(400)
  expect(answer.json().error.message).toContain('till')
})
