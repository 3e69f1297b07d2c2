import { instant } from '@minewarden/protocol/time.ts'
import { beginPoint, decide, finishPoint, type Job, nextWork, openJob } from '@minewarden/utility/core/job.ts'
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
const opened: Operation = { kind: 'open', movedAt: NOW, readAt: NOW }

test('decides after its delay and operates after the next', () => {
  expect(nextWork(received, policy, later(99))).toEqual({ kind: 'wait', at: later(100) })
  expect(nextWork(received, policy, later(100))).toEqual({ kind: 'decide' })
  const accepted = decide(received, policy, later(100)).job
  expect(nextWork(accepted, policy, later(299))).toEqual({ kind: 'wait', at: later(300) })
  expect(nextWork(accepted, policy, later(300))).toMatchObject({ kind: 'operate', point: { id: 'sp-1' } })
})

test('refuses what its policy refuses, and what has run out of time', () => {
  const against = { ...policy, refuse: [{ supplyPoint: 'sp-2', reason: '检修' }] }
  expect(decide(received, against, NOW)).toMatchObject({ job: { state: 'refused' }, say: { reason: 'policy' } })
  expect(decide(received, policy, received.validUntil)).toMatchObject({
    job: { state: 'refused' },
    say: { reason: 'expired' },
  })
})

test('whatever the switches do, each point is told exactly once and the job comes to an end', () => {
  const outcome = fc.constantFrom<Operation>(opened, { kind: 'failed', detail: 'x' }, { kind: 'unknown', detail: 'x' })
  const work = fc.record({ outcome, point: fc.constantFrom('sp-1', 'sp-2', 'sp-9'), at: fc.nat({ max: 9_000_000 }) })
  fc.assert(
    fc.property(fc.array(work, { maxLength: 30 }), (works) => {
      let job: Job = received
      const said: string[] = []
      const take = ({ job: next, say }: ReturnType<typeof decide>) => {
        job = next
        if (say) said.push('supplyPoint' in say ? say.supplyPoint : 'decision')
      }
      for (const { outcome: operation, point, at } of works) {
        take(decide(job, policy, later(at)))
        if (job.state !== 'accepted') continue
        job = beginPoint(job, point as never)
        take(finishPoint(job, point as never, operation, 'x'))
        const states = job.points.map(({ state }) => state)
        expect(job.state === 'done').toBe(states.every((state) => state === 'executed' || state === 'failed'))
      }
      expect(new Set(said).size).toBe(said.length)
      if (job.state === 'done') expect(nextWork(job, policy, later(1e9))).toEqual({ kind: 'wait', at: null })
    }),
    { numRuns: 1000 },
  )
})
