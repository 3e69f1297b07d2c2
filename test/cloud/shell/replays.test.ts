import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_PARAMETERS } from '@minewarden/cloud/core/detection/parameters.ts'
import type { JournalRow } from '@minewarden/cloud/core/ports.ts'
import type { ReplayTask } from '@minewarden/cloud/core/tuning/replay.ts'
import { openSqliteHistory } from '@minewarden/cloud/shell/history-sqlite.ts'
import { createReplays } from '@minewarden/cloud/shell/replays.ts'
import type { StateFinding } from '@minewarden/protocol/finding.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { gateway, meter, NIGHT, siteOf, windows } from '../../support/detection.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const site = siteOf({ sensors: [{ gateway, id: 'geo-1', kind: 'geophone' }] })
let folder = ''
let historyPath = ''

/** Two hours of a night with a shift of compressor and winch. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'minewarden-replay-'))
  historyPath = join(folder, 'history.sqlite')
  const working = (m: number) => m >= 30 && m % 4 < 3
  const readings: Reading[] = [
    ...meter(NIGHT, 120, (m) => (working(m) ? 36_000 : 150)),
    ...windows(NIGHT, 120, (m) => (working(m) ? 9 : 0)),
  ]
  const history = openSqliteHistory(historyPath, 999 * HOUR)
  await history.write(
    readings.map(
      (reading, i): JournalRow => ({
        ...{ offset: i + 1, gateway, receivedAt: reading.measuredAt, historical: false, reading },
      }),
    ),
  )
  await history.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const state = (at: number, name: StateFinding['state']): StateFinding => ({
  ...{ kind: 'state', site: site.id, at, state: name, probability: 0.9, because: [] },
  ...{ independentKinds: [], late: false },
})
const taskOf = (changes: Partial<ReplayTask>): ReplayTask => ({
  ...{ site, from: NIGHT - 2 * HOUR, to: NIGHT + 2 * HOUR, present: DEFAULT_PARAMETERS },
  ...{ proposed: DEFAULT_PARAMETERS, snapshot: undefined, marked: [], ...changes },
})
const replaysOf = (mostMs?: number) =>
  createReplays({ source: { kind: 'embedded', path: historyPath }, newId: randomUUID, ...(mostMs ? { mostMs } : {}) })

async function run(task: ReplayTask) {
  await using replays = replaysOf()
  const { id } = replays.begin(site.id, task)
  await vi.waitUntil(() => replays.get(id)?.state !== 'running', { timeout: 20_000, interval: 20 })
  const view = replays.get(id)!
  expect([view.state, view.failure]).toEqual(['done', null])
  return view.result!
}

test('the same parameters change nothing, and what the kept readings do not cover is told', async () => {
  const result = await run(taskOf({}))
  expect(result.readings).toBeGreaterThan(2000)
  expect([result.lostCount, result.gainedCount]).toEqual([0, 0])
  expect(result.after).toEqual(result.before)
  expect(result.before['state reopened']).toBe(1)
  expect([result.hoursCovered, result.hours]).toEqual([2, 4])
  expect(result.coveredFrom).toBeGreaterThanOrEqual(NIGHT)
})

test('a higher threshold shows which alarms would be gone, true and false ones apart', async () => {
  const before = await run(taskOf({}))
  expect(before.before['state reopened']).toBe(1)
  const proposed = { ...DEFAULT_PARAMETERS, reopenedAt: 30 }
  const found = await run(taskOf({ proposed }))
  const lost = found.lost.find((one) => one.kind === 'state' && one.state === 'reopened')
  expect([lost !== undefined, found.after['state reopened']]).toEqual([true, undefined])
  const marked = [
    { finding: state(lost!.at + MINUTE, 'reopened'), verdict: 'true' },
    { finding: state(NIGHT - HOUR, 'suspected'), verdict: 'false' },
  ] as const
  const { marks } = await run(taskOf({ proposed, marked }))
  expect(marks.true).toEqual({ lost: 1, gained: 0, kept: 0, neither: 0 })
  expect(marks.false).toEqual({ lost: 0, gained: 0, kept: 0, neither: 1 })
})

test('one runs at a time, can be cancelled, and one that takes too long is given up', async () => {
  await using replays = replaysOf()
  const first = replays.begin(site.id, taskOf({ from: NIGHT - 7 * 24 * HOUR }))
  expect(() => replays.begin(site.id, taskOf({}))).toThrow(/runs already/)
  expect(await replays.cancel(first.id)).toMatchObject({ state: 'cancelled', result: null })
  const second = replays.begin(site.id, taskOf({}))
  await replays.cancel(second.id)
  expect(await replays.cancel('none')).toBeNull()
  await using hurried = replaysOf(1)
  const { id } = hurried.begin(site.id, taskOf({ to: instant(NIGHT + 2 * HOUR) }))
  await vi.waitUntil(() => hurried.get(id)?.state === 'failed', { timeout: 10_000, interval: 20 })
  expect(hurried.get(id)?.failure).toBe('it took too long')
})

test('a history that cannot be read fails the replay, not the program', async () => {
  await using replays = createReplays({
    source: { kind: 'embedded', path: join(folder, 'none.sqlite') },
    newId: randomUUID,
  })
  const { id } = replays.begin(site.id, taskOf({}))
  await vi.waitUntil(() => replays.get(id)?.state === 'failed', { timeout: 10_000, interval: 20 })
  expect(replays.get(id)?.failure).toMatch(/open/)
})
