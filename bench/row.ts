/** One measurement of ours beside a peer's, taken in the same run on the same machine. */
export interface BenchRow {
  readonly name: string
  readonly ours: number
  /** What it is compared with, measured in this run; `null` when there is no peer for it. */
  readonly peer: number | null
  /** How many times better ours is; below 1, worse. `null` without a peer. */
  readonly ratio: number | null
  readonly unit: string
}

/** Compares two rates: more is better. */
export const rateRow = (name: string, ours: number, peer: number | null, unit: string): BenchRow => ({
  name,
  ours,
  peer,
  ratio: peer === null ? null : ours / peer,
  unit,
})

/** Compares two costs (time, memory, bytes): less is better. */
export const costRow = (name: string, ours: number, peer: number | null, unit: string): BenchRow => ({
  name,
  ours,
  peer,
  ratio: peer === null ? null : peer / ours,
  unit,
})

const significant = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, useGrouping: true })
const figure = (value: number | null): string => (value === null ? '-' : significant.format(value))

/** Rows as a table of text, columns aligned. */
export function formatRows(rows: readonly BenchRow[]): string {
  const head = ['what', 'ours', 'peer', 'ratio', 'unit']
  const body = rows.map((row) => [row.name, figure(row.ours), figure(row.peer), figure(row.ratio), row.unit])
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((cells) => cells[i]!.length)))
  const isText = (i: number) => i === 0 || i === head.length - 1
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (isText(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}

/** Does something `times` times. */
export type Work = (times: number) => void

/**
 * How often a second each work can be done. Rounds of all of them are taken in turn, and the best round of each counts:
 * what the machine's other business steals then distorts neither the rates nor their ratio.
 */
export function measureRates(works: readonly Work[], { roundMs = 150, rounds = 7 } = {}): number[] {
  const timesOf = works.map((work) => calibrate(work, roundMs))
  const best = works.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round < rounds; round++) {
    works.forEach((work, i) => {
      const times = timesOf[i]!
      best[i] = Math.min(best[i]!, elapsedMs(work, times) / times)
    })
  }
  return best.map((ms) => 1000 / ms)
}

/** How many times fill a round, found by doubling; warms the work up on the way. */
function calibrate(work: Work, roundMs: number): number {
  let times = 16
  for (;;) {
    const spentMs = elapsedMs(work, times)
    if (spentMs > roundMs / 4) return Math.max(1, Math.round((times * roundMs) / spentMs))
    times *= 2
  }
}

function elapsedMs(work: Work, times: number): number {
  const start = performance.now()
  work(times)
  return performance.now() - start
}
