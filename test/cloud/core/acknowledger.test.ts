import {
  ACKNOWLEDGE_EACH_MS,
  ACKNOWLEDGE_EACH_ROWS,
  AcknowledgementTimer,
} from '@minewarden/cloud/core/acknowledger.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, test } from 'vitest'

describe('acknowledgements go out', () => {
  const at = (ms: number) => instant(1_000_000 + ms)
  test('at once after a quiet time, then at most each second', () => {
    const timer = new AcknowledgementTimer()
    timer.committed(1)
    expect(timer.take(at(0), 10)).toBe(true)
    timer.committed(1)
    expect(timer.take(at(ACKNOWLEDGE_EACH_MS - 1), 10)).toBe(false)
    expect(timer.take(at(ACKNOWLEDGE_EACH_MS), 10)).toBe(true)
    expect(timer.take(at(9 * ACKNOWLEDGE_EACH_MS), 10)).toBe(false)
  })
  test('each few hundred rows', () => {
    const timer = new AcknowledgementTimer()
    timer.committed(1)
    timer.take(at(0), 10)
    timer.committed(ACKNOWLEDGE_EACH_ROWS)
    expect(timer.take(at(1), 10)).toBe(true)
  })
  test('each quarter of a small window', () => {
    const timer = new AcknowledgementTimer()
    timer.committed(1)
    timer.take(at(0), 40)
    timer.committed(9)
    expect(timer.take(at(1), 40)).toBe(false)
    timer.committed(1)
    expect(timer.take(at(2), 40)).toBe(true)
  })
  test('again on duplicates, gathered', () => {
    const timer = new AcknowledgementTimer()
    timer.committed(1)
    timer.take(at(0), 10)
    timer.repeat()
    expect([timer.take(at(10), 10), timer.take(at(60), 10), timer.take(at(70), 10)]).toEqual([false, true, false])
  })
  test('to a gateway that was stopped, when it may go on', () => {
    const timer = new AcknowledgementTimer()
    timer.committed(1)
    timer.take(at(0), 0)
    expect(timer.take(at(5_000), 0)).toBe(false)
    expect(timer.take(at(6_000), 500)).toBe(true)
    expect(timer.take(at(8_000), 500)).toBe(false)
  })
})
