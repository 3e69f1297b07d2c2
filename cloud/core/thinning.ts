import { InvariantError } from '@minewarden/protocol/errors.ts'

/** A series as parallel arrays, ascending in time. */
export interface Points<T> {
  readonly timesMs: readonly number[]
  readonly values: readonly T[]
}

/** Two points stand for each stretch of time, so this is the fewest that makes sense. */
const MIN_POINTS = 2

/**
 * Thins a series to at most `maxPoints`, keeping the minimum and the maximum of each of `maxPoints / 2` equal stretches of
 * time, in the order in which they came, so that no peak disappears from a trace. A stretch without a number keeps one
 * point (a gap stays a gap).
 */
export function thinMinMax(points: Points<number | null>, maxPoints: number): Points<number | null> {
  if (maxPoints < MIN_POINTS) throw new InvariantError(`cannot thin to ${maxPoints} points`)
  const { timesMs } = points
  const count = timesMs.length
  if (count <= maxPoints) return points
  const first = timesMs[0] as number
  const span = (timesMs[count - 1] as number) - first || 1
  const stretches = Math.floor(maxPoints / 2)
  const kept: number[] = []
  let begin = 0
  for (let stretch = 0; stretch < stretches; stretch++) {
    const end = endOfStretch(timesMs, begin, first + (span * (stretch + 1)) / stretches, stretch === stretches - 1)
    if (end > begin) kept.push(...extremes(points.values, begin, end))
    begin = end
  }
  return pick(points, kept)
}

/** Thins texts and flags: keeps the points where the value changes, the newest of them when even these are too many. */
export function thinChanges<T>(points: Points<T>, maxPoints: number): Points<T> {
  if (points.timesMs.length <= maxPoints) return points
  const changes = points.values.flatMap((value, i) => (i === 0 || value !== points.values[i - 1] ? [i] : []))
  return pick(points, changes.slice(-maxPoints))
}

function endOfStretch(timesMs: readonly number[], begin: number, until: number, last: boolean): number {
  if (last) return timesMs.length
  let end = begin
  while (end < timesMs.length && (timesMs[end] as number) < until) end++
  return end
}

/** Indices of the least and the greatest number in `[begin, end)`, ascending; one index when they are one or there is none. */
function extremes(values: readonly (number | null)[], begin: number, end: number): number[] {
  let low = -1
  let high = -1
  for (let i = begin; i < end; i++) {
    const value = values[i]
    if (value === null || value === undefined) continue
    if (low < 0 || value < (values[low] as number)) low = i
    if (high < 0 || value > (values[high] as number)) high = i
  }
  if (low < 0) return [begin]
  return low === high ? [low] : low < high ? [low, high] : [high, low]
}

const pick = <T>({ timesMs, values }: Points<T>, indices: readonly number[]): Points<T> => ({
  timesMs: indices.map((i) => timesMs[i] as number),
  values: indices.map((i) => values[i] as T),
})
