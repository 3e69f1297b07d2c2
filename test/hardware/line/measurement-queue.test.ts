import type { Measurement } from '@minewarden/hardware/contract.ts'
import { MeasurementQueue } from '@minewarden/hardware/line/measurement-queue.ts'
import { believe, instant } from '@minewarden/protocol/time.ts'
import { expect, it } from 'vitest'

const clock = believe({ now: () => instant(1), monotonic: () => 1, sleep: async () => undefined }, 'ntp')
const picture: Measurement = { kind: 'snapshot', at: instant(1), clock: 'ntp', jpeg: new Uint8Array(1) }
const word: Measurement = { kind: 'probe', at: instant(1), clock: 'ntp', status: 'online' }

it('holds a picture until it is taken or dropped: a camera that floods makes room for the next one', async () => {
  const queue = new MeasurementQueue(clock, 2)
  expect(queue.holds('snapshot')).toBe(false)
  queue.push(picture)
  expect(queue.holds('snapshot')).toBe(true)
  queue.push(word)
  queue.push(word)
  expect(queue.holds('snapshot')).toBe(false)
  queue.push(picture)
  queue.end()
  for await (const one of queue.read()) if (one.kind === 'snapshot') expect(queue.holds('snapshot')).toBe(false)
})
