import type { User } from '@minewarden/cloud/core/ports.ts'
import { UserId } from '@minewarden/protocol/ids.ts'
import { expect, test } from 'vitest'
import { systemClock } from '../../support/memory/cloud.ts'
import { createTestServer } from '../../support/memory/server.ts'
import { createStory, STORY_SITE } from '../../support/memory/story.ts'

const VIEWER: User = { id: UserId.parse('viewer-1'), name: '值班员', department: 'emergency', role: 'viewer' }
const OFFICER: User = { ...VIEWER, id: UserId.parse('officer-1'), name: '执法员', role: 'officer' }
const SITE = `/api/v1/sites/${STORY_SITE}`
const CHANGE = { parameters: { suspectedAt: 0.5 }, reason: '北面采石场夜间作业' }

test('an officer changes a site’s parameters with a reason; they are told with their bounds and versions', async () => {
  await using server = await createTestServer()
  const { cookie } = await server.signIn(OFFICER)
  const changed = await server.post(`${SITE}/parameters`, CHANGE, { cookie })
  expect([changed.statusCode, changed.json()]).toMatchObject([200, { version: 1, ...CHANGE, name: '执法员' }])
  const told = (await server.get(`${SITE}/parameters`, { cookie })).json()
  expect(told).toMatchObject({
    inForce: { suspectedAt: 0.5, reopenedAt: 3, silentAfterMinutes: 30 },
    county: { suspectedAt: 0 },
    bounds: { suspectedAt: [-2, 0.5] },
    versions: [{ version: 1 }],
  })
  expect(server.tuning.audited).toMatchObject([{ action: 'site.tuned', subject: STORY_SITE }])
})

test.each([
  [{ ...CHANGE, parameters: { reopenedAt: 50 } }, 'body.parameters.reopenedAt'],
  [{ ...CHANGE, parameters: { rates: {} } }, 'body.parameters'],
  [{ parameters: {} }, 'body.reason'],
  [{ ...CHANGE, effectiveAt: 'soon' }, 'body.effectiveAt'],
])('a change %j is refused and names the field', async (body, path) => {
  await using server = await createTestServer()
  const { cookie } = await server.signIn(OFFICER)
  const answer = await server.post(`${SITE}/parameters`, body, { cookie })
  expect([answer.statusCode, answer.json().error.problems[0].path]).toEqual([400, path])
})

test('viewers and strangers change nothing and start no replay', async () => {
  await using server = await createTestServer()
  const { cookie } = await server.signIn(VIEWER)
  expect((await server.post(`${SITE}/parameters`, CHANGE, { cookie })).statusCode).toBe(403)
  expect((await server.post(`${SITE}/replays`, { parameters: {} }, { cookie })).statusCode).toBe(403)
  expect((await server.get(`${SITE}/parameters`)).statusCode).toBe(401)
  expect(server.replays.tasks).toEqual([])
})

test('a replay is asked for with the present and the proposed parameters and the marks of the span', async () => {
  await using server = await createTestServer()
  createStory(server).reopen(systemClock.now())
  const { cookie } = await server.signIn(OFFICER)
  await server.post(`${SITE}/findings/7/mark`, { verdict: 'true' }, { cookie })
  const begun = await server.post(`${SITE}/replays`, { parameters: { suspectedAt: 0.25 }, days: 3 }, { cookie })
  expect([begun.statusCode, begun.json()]).toMatchObject([202, { state: 'running', share: 0, result: null }])
  const task = server.replays.tasks[0]!
  expect(task.to - task.from).toBe(3 * 86_400_000)
  expect([task.present.suspectedAt, task.proposed.suspectedAt]).toEqual([0, 0.25])
  expect(task.marked).toMatchObject([{ verdict: 'true', finding: { state: 'reopened' } }])

  const { id } = begun.json()
  const marks = { lost: 0, gained: 0, kept: 0, neither: 0 }
  server.replays.put({
    ...server.replays.get(id)!,
    state: 'done',
    share: 1,
    result: {
      ...{ coveredFrom: task.from + 86_400_000, coveredTo: task.to, hoursCovered: 48, hours: 72, readings: 9 },
      ...{ before: { 'state watch': 2 }, after: {}, lost: [], gained: [], lostCount: 2, gainedCount: 0 },
      marks: { true: marks, false: marks },
    },
  })
  const done = (await server.get(`/api/v1/replays/${id}`, { cookie })).json()
  expect(done.result).toMatchObject({ coversSpan: false, hoursCovered: 48, before: { 'state watch': 2 } })
  expect((await server.post(`/api/v1/replays/${id}/cancel`, {}, { cookie })).statusCode).toBe(200)
  const unknown = await server.get('/api/v1/replays/6f0f3f5e-9a38-4f2f-9c9e-1de3d3c1d7a1', { cookie })
  expect(unknown.statusCode).toBe(404)
})
