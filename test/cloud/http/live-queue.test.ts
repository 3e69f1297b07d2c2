import { expect, test } from 'vitest'
import { createLiveQueue } from '../../../cloud/http/live-queue.ts'

const LIMITS = { maxStates: 2, maxEvents: 2, maxReadings: 3 }

test('states come first, then events, then readings', () => {
  const queue = createLiveQueue(LIMITS)
  queue.putReading('r1')
  queue.putEvent('e1')
  queue.putState('site a', 's1')
  expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual(['s1', 'e1', 'r1', null])
})

test('only the newest state of each site waits', () => {
  const queue = createLiveQueue(LIMITS)
  queue.putState('site a', 'old')
  queue.putState('site b', 'b')
  expect(queue.putState('site a', 'new')).toBe(true)
  expect([queue.take(), queue.take(), queue.take()]).toEqual(['new', 'b', null])
})

test('a state that finds no room is told, never dropped in silence', () => {
  const queue = createLiveQueue(LIMITS)
  queue.putState('a', '1')
  queue.putState('b', '2')
  expect(queue.putState('c', '3')).toBe(false)
})

test('the oldest readings and events give way, and are counted once', () => {
  const queue = createLiveQueue(LIMITS)
  for (const frame of ['r1', 'r2', 'r3', 'r4', 'r5']) queue.putReading(frame)
  for (const frame of ['e1', 'e2', 'e3']) queue.putEvent(frame)
  expect([queue.takeLost(), queue.takeLost()]).toEqual([3, 0])
  expect([queue.take(), queue.take(), queue.take()]).toEqual(['e2', 'e3', 'r3'])
})
