import { Consumer } from '@minewarden/cloud/core/consumer.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { describe, expect, test } from 'vitest'

describe('a consumer', () => {
  const items = (count: number) => Array.from({ length: count }, (_, i) => ({ offset: i + 1 }))

  test('tries again from where it failed, and goes on when new items come', async () => {
    const log = items(25)
    const seen: number[] = []
    let failures = 2
    const stop = new AbortController()
    const add = () => {
      log.push({ offset: 26 })
      consumer.notify()
    }
    const clock = { ...systemClock, sleep: async () => {} }
    const consumer = new Consumer(
      {
        name: 'test',
        from: 3,
        read: (after, limit) => log.filter(({ offset }) => offset > after).slice(0, limit),
        async deal(batch) {
          if (batch[0]?.offset === 14 && failures-- > 0) throw new Error('out of order for a while')
          seen.push(...batch.map(({ offset }) => offset))
          if (seen.length === 22) setImmediate(add)
          if (seen.length === 23) stop.abort()
        },
        batch: 10,
        lingerMs: 0,
      },
      { clock, logger: silentLogger },
    )
    await consumer.run(stop.signal)
    expect(seen).toEqual(
      items(26)
        .map(({ offset }) => offset)
        .slice(3),
    )
    expect(consumer.offset).toBe(26)
  })
})
