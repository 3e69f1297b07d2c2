/**
 * Columns of a chart, grown at the end as readings come. Readings of several channels meet in one row when they were
 * measured in the same half second; a silence of the sensor becomes a gap in the line.
 */
export interface TraceBuffer {
  /** Seconds since 1970, rising. */
  readonly times: number[]
  /** One column a line; `undefined`: nothing at this time (the line runs through), `null`: missing (the line breaks). */
  column(line: string): (number | null | undefined)[]
  readonly lines: () => string[]
  add(timeMs: number, points: Readonly<Record<string, number | null>>): void
  /** Drops rows before this time. */
  dropBefore(timeMs: number): void
  clear(): void
}

/** Two readings closer than this are one row. */
const SAME_ROW_S = 0.5
/** Rows kept at most: the oldest give way. A day at one reading in five seconds is 17 280. */
export const MAX_ROWS = 20_000

export function createTraceBuffer(): TraceBuffer {
  const times: number[] = []
  const columns = new Map<string, (number | null | undefined)[]>()

  const columnOf = (line: string) => {
    let column = columns.get(line)
    if (!column) {
      column = new Array<undefined>(times.length).fill(undefined)
      columns.set(line, column)
    }
    return column
  }
  const insertRow = (index: number, time: number) => {
    times.splice(index, 0, time)
    for (const column of columns.values()) column.splice(index, 0, undefined)
  }
  const drop = (count: number) => {
    times.splice(0, count)
    for (const column of columns.values()) column.splice(0, count)
  }
  return {
    times,
    column: columnOf,
    lines: () => [...columns.keys()],
    add(timeMs, points) {
      const time = timeMs / 1000
      let index = indexFrom(times, time)
      if (time - (times[index - 1] ?? Number.NEGATIVE_INFINITY) < SAME_ROW_S) index -= 1
      else if ((times[index] ?? Number.POSITIVE_INFINITY) - time >= SAME_ROW_S) insertRow(index, time)
      for (const [line, value] of Object.entries(points)) columnOf(line)[index] = value
      if (times.length > MAX_ROWS) drop(times.length - MAX_ROWS)
    },
    dropBefore(timeMs) {
      drop(indexFrom(times, timeMs / 1000))
    },
    clear() {
      times.length = 0
      columns.clear()
    },
  }
}

/** Index of the first time that is not before `time`; looks from the end, where new readings belong. */
function indexFrom(times: readonly number[], time: number): number {
  if ((times.at(-1) ?? Number.NEGATIVE_INFINITY) < time) return times.length
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? 0) < time) low = middle + 1
    else high = middle
  }
  return low
}

/** Longer than this many usual steps without a reading is a gap. */
const GAP_STEPS = 6
const SHORTEST_GAP_S = 15

/** The columns with an empty row inside every silence, as the chart draws them. */
export function withGaps(
  times: readonly number[],
  columns: readonly (readonly (number | null | undefined)[])[],
): { times: number[]; columns: (number | null | undefined)[][] } {
  const limit = Math.max(SHORTEST_GAP_S, GAP_STEPS * usualStep(times))
  const outTimes: number[] = []
  const out = columns.map((): (number | null | undefined)[] => [])
  times.forEach((time, row) => {
    const before = times[row - 1]
    if (before !== undefined && time - before > limit) {
      outTimes.push((before + time) / 2)
      for (const column of out) column.push(null)
    }
    outTimes.push(time)
    columns.forEach((column, index) => {
      out[index]?.push(column[row])
    })
  })
  return { times: outTimes, columns: out }
}

/** The median step between rows, seconds. */
function usualStep(times: readonly number[]): number {
  const steps = times.slice(1).map((time, row) => time - (times[row] ?? time))
  steps.sort((a, b) => a - b)
  return steps[steps.length >> 1] ?? 0
}
