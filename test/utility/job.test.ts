import type { OperatePermission } from '@minewarden/protocol/permission.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import {
  beginPoint,
  decide,
  finishPoint,
  giveUp,
  type Job,
  nextWork,
  openJob,
  permittedForMs,
  selectPoint,
  settle,
  takePermission,
  withdraw,
} from '@minewarden/utility/core/job.ts'
import type { Operation } from '@minewarden/utility/core/ports.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeSite, NOW, pointInput } from '../support/cut-off/fixtures.ts'
import { makeContent, makeOrder } from '../support/cut-off/signed.ts'

const policy = { acceptDelayMs: 100, executeDelayMs: 200, refuse: [] }
const later = (ms: number) => instant(NOW + ms)
const site = makeSite({ supplyPoints: [pointInput(), pointInput({ id: 'sp-2' })] })
const order = await makeOrder(makeContent(NOW, {}, site), NOW)
const received = openJob(order, (point) => `feeder of ${point}`, NOW)
const opened: Operation = { kind: 'done', position: 'open', movedAt: NOW, readAt: NOW }
const at = (ms: number) => ({ now: later(ms), monotonicMs: ms })
const permission = (supplyPoint: string, selection: number, change: object = {}) =>
  ({
    ...{ supplyPoint, selection, granted: true, at: isoTime(NOW), validUntil: isoTime(later(60_000)) },
    ...change,
  }) as unknown as OperatePermission

test('decides after its delay and operates after the next', () => {
  expect(nextWork(received, policy, later(99))).toEqual({ kind: 'wait', at: later(100) })
  expect(nextWork(received, policy, later(100))).toEqual({ kind: 'decide' })
  const accepted = decide(received, policy, later(100)).job
  expect(nextWork(accepted, policy, later(299))).toEqual({ kind: 'wait', at: later(300) })
  expect(nextWork(accepted, policy, later(300))).toMatchObject({ kind: 'select', point: { id: 'sp-1' } })
})

test('refuses what its policy refuses, and what has run out of time', () => {
  const against = { ...policy, refuse: [{ supplyPoint: 'sp-2', reason: '检修' }] }
  expect(decide(received, against, NOW)).toMatchObject({ job: { state: 'refused' }, say: { reason: 'policy' } })
  expect(decide(received, policy, received.validUntil)).toMatchObject({
    job: { state: 'refused' },
    say: { reason: 'expired' },
  })
})

test('a permission is in force for its time from the asking, on the steady clock alone', () => {
  const accepted = decide(received, policy, NOW).job
  const selected = selectPoint(accepted, 'sp-1' as never, at(1_000))
  const { job } = takePermission(selected, permission('sp-1', 1), 'f', later(2_000))
  const point = job.points[0] as Job['points'][number]
  expect(permittedForMs(point, { now: NOW, monotonicMs: 1_000 })).toBe(60_000)
  expect(permittedForMs(point, { now: NOW, monotonicMs: 61_000 })).toBe(0)
  expect(permittedForMs(point, { now: NOW, monotonicMs: 999 })).toBe(0)
  expect(beginPoint(job, 'sp-1' as never, { now: later(-3_600_000), monotonicMs: 61_000 })).toBe(job)
})

test('a reply to an older selection, to another point or without an end changes nothing', () => {
  const accepted = decide(received, policy, NOW).job
  const twice = selectPoint(selectPoint(accepted, 'sp-1' as never, at(0)), 'sp-1' as never, at(30_000))
  expect(twice.points[0]?.selection).toBe(2)
  for (const reply of [
    permission('sp-1', 1),
    permission('sp-1', 3),
    permission('sp-2', 2),
    permission('sp-1', 2, { validUntil: isoTime(NOW) }),
    permission('sp-1', 2, { validUntil: 'whenever' }),
  ])
    expect(takePermission(twice, reply, 'f', NOW).job.points.some(({ state }) => state === 'permitted')).toBe(false)
})

test('whatever the switches and the county do, each point is told exactly once and the job comes to an end', () => {
  const outcome = fc.constantFrom<Operation>(
    opened,
    { kind: 'failed', detail: 'x' },
    { kind: 'unknown', detail: 'x' },
    { kind: 'missed', detail: 'x' },
  )
  const work = fc.record({
    what: fc.constantFrom('select', 'permit', 'refuse', 'begin', 'finish', 'finish', 'give-up', 'withdraw', 'settle'),
    outcome,
    point: fc.constantFrom('sp-1', 'sp-2', 'sp-9'),
    at: fc.nat({ max: 9_000_000 }),
  })
  fc.assert(
    fc.property(fc.array(work, { maxLength: 60 }), (works) => {
      let job: Job = received
      const said: string[] = []
      const take = ({ job: next, say }: ReturnType<typeof decide>) => {
        job = next
        if (say) said.push('supplyPoint' in say ? say.supplyPoint : say.kind)
      }
      take(decide(job, policy, NOW))
      for (const { what, outcome: operation, point, at: ms } of works) {
        const id = point as never
        const selection = job.points.find((one) => one.id === point)?.selection ?? 1
        const before = job
        if (what === 'select') job = selectPoint(job, id, at(ms))
        if (what === 'permit') take(takePermission(job, permission(point, selection), 'f', later(ms)))
        if (what === 'refuse') {
          const refusal = permission(point, selection, { granted: false, because: [], mayAskAgain: ms % 2 === 0 })
          take(takePermission(job, refusal, 'f', later(ms)))
        }
        if (what === 'begin') job = beginPoint(job, id, at(ms))
        if (what === 'finish') take(finishPoint(job, id, operation, 'x'))
        if (what === 'give-up') take(giveUp(job, later(ms)))
        if (what === 'withdraw') take(withdraw(job, later(ms)))
        if (what === 'settle') take(settle(job))
        for (const [i, { state }] of job.points.entries()) {
          const was = before.points[i]?.state
          if (state === 'operating' && was !== 'operating') {
            expect(was).toBe('permitted')
            expect(job.withdrawnAt).toBe(null)
            expect(later(ms)).toBeLessThan(job.validUntil)
          }
          if (state === 'executed' && was !== 'executed') expect(was).toBe('operating')
        }
      }
      expect(new Set(said).size).toBe(said.length)
      if (job.state !== 'accepted') {
        expect(job.points.every(({ state }) => ['executed', 'failed', 'withdrawn'].includes(state))).toBe(true)
        expect(nextWork(job, policy, later(1e9))).toEqual({ kind: 'wait', at: null })
      }
    }),
    { numRuns: 1000 },
  )
})
