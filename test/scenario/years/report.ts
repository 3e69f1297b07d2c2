/** The figures of a run as tables, beside what is asked of them. */
import { CUNNING, type Grade } from './covert.ts'
import type { CalmTally, CovertResult } from './tally.ts'

/** Highest rates that are borne, in the unit of each name. */
export interface CalmRates {
  readonly reopenedPer5Years: number
  readonly orderGradePer100Years: number
  readonly suspectedPerQuarter: number
  readonly blastAlarmsPerMonth: number
}
export interface CovertFigures {
  /** Share of the operations that were found. */
  readonly found: number
  readonly medianMin: number
}

/** What the product promises. */
export const GOAL: { readonly calm: CalmRates; readonly covert: CovertFigures } = {
  calm: { reopenedPer5Years: 1, orderGradePer100Years: 1, suspectedPerQuarter: 1, blastAlarmsPerMonth: 1 },
  covert: { found: 0.95, medianMin: 10 },
}

const sum = (tallies: readonly CalmTally[], of: (t: CalmTally) => number): number =>
  tallies.reduce((s, t) => s + of(t), 0)

/** Rates over all site-years together. */
export function ratesOf(tallies: readonly CalmTally[]): CalmRates {
  const years = sum(tallies, (t) => t.years)
  return {
    reopenedPer5Years: (5 * sum(tallies, (t) => t.reopened)) / years,
    orderGradePer100Years: (100 * sum(tallies, (t) => t.orderGrade)) / years,
    suspectedPerQuarter: sum(tallies, (t) => t.suspected) / years / 4,
    blastAlarmsPerMonth: sum(tallies, (t) => t.blastAlarms) / years / 12,
  }
}

/** Found: the site's state became `reopened` while they worked. */
export function figuresOf(results: readonly CovertResult[]): CovertFigures {
  const found = results.map((r) => r.reopenedMin).filter((m) => m !== null)
  return {
    found: found.length / results.length,
    medianMin: median(results.map((r) => r.reopenedMin ?? Number.POSITIVE_INFINITY)),
  }
}

/** One row for each equipment, then all together beside the goals. */
export function calmTable(tallies: readonly CalmTally[]): string {
  const equipments = [...new Set(tallies.map((t) => t.equipment))]
  const row = (name: string, of: readonly CalmTally[]) => {
    const rates = ratesOf(of)
    const years = sum(of, (t) => t.years)
    return [
      name,
      years.toFixed(1),
      ...Object.values(rates).map((x) => x.toFixed(2)),
      (sum(of, (t) => t.licensedBlasts) / years).toFixed(1),
      (sum(of, (t) => t.watch) / years).toFixed(0),
      (sum(of, (t) => t.events) / years / 8760).toFixed(2),
      (sum(of, (t) => t.readings) / 1e6).toFixed(1),
    ]
  }
  const head = [
    'site',
    'years',
    'reopened/5 y',
    'order-grade/100 y',
    'suspected/quarter',
    'blasts/month',
    'licensed blasts/y',
    'watch/y',
    'events/h',
    'M readings',
  ]
  const rows = equipments.map((e) =>
    row(
      e,
      tallies.filter((t) => t.equipment === e),
    ),
  )
  const goal = ['goal', '', ...Object.values(GOAL.calm).map((x) => `<= ${x}`), '', '', '', '']
  return table([head, ...rows, row('all', tallies), goal])
}

/** One row for each grade of cunning: those at which the detector fails stand as they are. */
export function covertTable(results: readonly CovertResult[]): string {
  const head = ['cunning', 'operations', 'found', 'suspected', 'median min', 'worst min', 'order-grade', 'missed at']
  const row = (name: string, of: readonly CovertResult[]) => {
    const { medianMin } = figuresOf(of)
    const found = of.filter((r) => r.reopenedMin !== null)
    const missed = of.filter((r) => r.reopenedMin === null).map((r) => `${r.equipment} ${Math.round(r.m)} m`)
    const worst = missed.length > 0 ? 'never' : minutes(Math.max(...found.map((r) => r.reopenedMin ?? 0)))
    return [
      name,
      `${of.length}`,
      percent(found.length / of.length),
      percent(of.filter((r) => r.suspectedMin !== null).length / of.length),
      minutes(medianMin),
      worst,
      percent(of.filter((r) => r.orderGrade).length / of.length),
      name === 'all' ? '' : shortened(missed),
    ]
  }
  const grades = (Object.keys(CUNNING) as Grade[]).filter((g) => results.some((r) => r.grade === g))
  const rows = grades.map((g) =>
    row(
      g,
      results.filter((r) => r.grade === g),
    ),
  )
  return table([
    head,
    ...rows,
    row('all', results),
    ['goal', '', `>= ${percent(GOAL.covert.found)}`, '', `< ${GOAL.covert.medianMin}`, '', '', ''],
  ])
}

const MOST_NAMED = 4
const shortened = (names: readonly string[]) =>
  names.length <= MOST_NAMED
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`
const percent = (share: number) => `${Math.round(100 * share)} %`
const minutes = (x: number) => (Number.isFinite(x) ? x.toFixed(1) : 'never')

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** What false alarms came from: by what was said and why, with one example each. */
export function criesText(tallies: readonly CalmTally[], most = 40): string {
  const groups = new Map<string, { count: number; example: CalmTally['cries'][number] }>()
  for (const cry of tallies.flatMap((t) => t.cries)) {
    const key = `${cry.what}: ${cry.because.replace(/\{[^}]*\}/g, '')}`
    const group = groups.get(key)
    if (group) group.count++
    else groups.set(key, { count: 1, example: cry })
  }
  return [...groups]
    .sort((a, b) => b[1].count - a[1].count)
    .slice(0, most)
    .map(
      ([key, { count, example }]) =>
        `${count} x ${key}\n   ${example.site} ${example.at} ${example.because}\n   around: ${example.around}`,
    )
    .join('\n')
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((cells) => (cells[i] ?? '').length)))
  return rows
    .map((cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
    .join('\n')
}
