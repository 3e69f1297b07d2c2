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

/**
 * Calls a second of `work`, best of `rounds`: what the machine's other work steals cannot make the best one better.
 * @param work does its thing `times` times
 */
export function measureRate(work: (times: number) => void, { roundMs = 250, rounds = 5 } = {}): number {
  let times = 16
  let spentMs = 0
  while (spentMs < roundMs / 4) {
    times *= 2
    spentMs = elapsed(work, times)
  }
  const perRound = Math.max(1, Math.round((times * roundMs) / spentMs))
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) best = Math.min(best, elapsed(work, perRound) / perRound)
  return 1000 / best
}

function elapsed(work: (times: number) => void, times: number): number {
  const start = performance.now()
  work(times)
  return performance.now() - start
}
