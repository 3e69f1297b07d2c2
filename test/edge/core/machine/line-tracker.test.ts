import { createLineTracker, type LineTracker, type TrackedLine } from '@minewarden/edge/core/machine/line-tracker.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'

const peak = (hz: number, db = 15) => ({ hz, db, errorHz: 0.03, power: 1 })
const create = () => createLineTracker({ binHz: 0.2, birthDb: 11, slide: 0.03 })

/** Feeds windows of five seconds. */
function feed(
  tracker: LineTracker,
  windows: readonly (readonly ReturnType<typeof peak>[])[],
  fromS = 0,
): TrackedLine[] {
  return windows.flatMap((peaks, i) =>
    tracker.push(peaks, { fromAt: instant(1000 * (fromS + 5 * i)), toAt: instant(1000 * (fromS + 5 * i + 5)) }),
  )
}
const times = <T>(count: number, of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i))

describe('following a line', () => {
  it('three windows of five are not sure, four are', () => {
    const here = [peak(25)]
    expect(feed(create(), [here, here, here, [], []])).toEqual([])
    expect(feed(create(), [here, here, [], here, here])).toHaveLength(1)
  })

  it('survives misses, ends half a minute after it was last heard', () => {
    const told = feed(create(), [
      ...times(12, () => [peak(25)]),
      ...times(3, () => []),
      ...times(4, () => [peak(25)]),
      ...times(8, () => []),
    ])
    const ids = new Set(told.map((line) => line.id))
    expect(ids.size).toBe(1)
    expect(told.at(-1)).toMatchObject({ ended: true, sinceAt: 0, heardAt: 95_000 })
    expect(told.filter((line) => line.ended)).toHaveLength(1)
  })

  it('follows a slide, not a jump', () => {
    const slid = feed(
      create(),
      times(20, (i) => [peak(10 * 1.02 ** i)]),
    )
    expect(new Set(slid.map((line) => line.id)).size).toBe(1)
    expect(slid.at(-1)!.mostHz).toBeGreaterThan(13)
    const jumped = feed(create(), [...times(8, () => [peak(10)]), ...times(8, () => [peak(12)])])
    expect(new Set(jumped.map((line) => line.id)).size).toBe(2)
  })

  it('a gap ends every line', () => {
    const tracker = create()
    feed(
      tracker,
      times(6, () => [peak(25)]),
    )
    const told = feed(tracker, [[peak(25)]], 300)
    expect(told).toMatchObject([{ ended: true, heardAt: 30_000 }])
  })

  it('one window that something else shook is no wander', () => {
    const told = feed(
      create(),
      times(24, (i) => [peak(i === 9 ? 25.5 : 25 + 0.01 * (i % 2))]),
    )
    expect(told.at(-1)!.wanderHz).toBeLessThan(0.03)
    expect(told.at(-1)!.mostHz).toBe(25.5)
  })

  it('tells twelve lines at most, and keeps those that were first', () => {
    const told = feed(
      create(),
      times(30, () => times(40, (k) => peak(10 + k, 12 + k / 10))),
    )
    expect(new Set(told.map((line) => line.id)).size).toBe(12)
  })

  it('weak peaks beget nothing, but keep alive what is there', () => {
    expect(
      feed(
        create(),
        times(20, () => [peak(25, 9)]),
      ),
    ).toEqual([])
    const told = feed(create(), [...times(4, () => [peak(25)]), ...times(20, () => [peak(25, 9)])])
    expect(told.at(-1)).toMatchObject({ ended: false, heardAt: 120_000 - 5000 * ((24 - 4) % 6) })
  })
})
