/**
 * How often a site, a class of finding and a reason were marked as false alarms. The share is of what was marked: what
 * nobody looked at says nothing, and is counted beside it.
 */
import type { JudgedFinding, Span } from './mark.ts'

export interface FalseAlarmRow {
  /** `blast`, `reopened`, `motor-load`. */
  readonly name: string
  /** All findings of the span, marked or not. */
  readonly found: number
  readonly markedTrue: number
  readonly markedFalse: number
  /** Share of the marked ones that were false, 0 to 1; `null`: none was marked. */
  readonly falseShare: number | null
  /** False ones of a day, as far as they were marked. */
  readonly falsePerDay: number
}

export interface FalseAlarms {
  readonly all: FalseAlarmRow
  /** By kind of finding and what it said, the most frequent first. */
  readonly classes: readonly (FalseAlarmRow & { readonly kind: JudgedFinding['kind'] })[]
  /** By the code of a reason: a finding counts for each reason that it gave, once. */
  readonly reasons: readonly FalseAlarmRow[]
}

const DAY_MS = 86_400_000

export function falseAlarmsOf(findings: readonly JudgedFinding[], span: Span): FalseAlarms {
  const days = Math.max((span.to - span.from) / DAY_MS, Number.EPSILON)
  const row = (name: string, group: readonly JudgedFinding[]): FalseAlarmRow => {
    const markedTrue = group.filter(({ verdict }) => verdict === 'true').length
    const markedFalse = group.filter(({ verdict }) => verdict === 'false').length
    const marked = markedTrue + markedFalse
    const falseShare = marked === 0 ? null : markedFalse / marked
    return { name, found: group.length, markedTrue, markedFalse, falseShare, falsePerDay: markedFalse / days }
  }
  const classes = groups(findings, ({ kind, what }) => [`${kind} ${what}`])
  return {
    all: row('all', findings),
    classes: classes.map((group) => ({ kind: group[0]!.kind, ...row(group[0]!.what, group) })).sort(byCount),
    reasons: [...byKey(findings, ({ codes }) => codes)].map(([code, group]) => row(code, group)).sort(byCount),
  }
}

const byCount = (a: FalseAlarmRow, b: FalseAlarmRow): number => b.found - a.found || (a.name < b.name ? -1 : 1)

const groups = (findings: readonly JudgedFinding[], keysOf: (finding: JudgedFinding) => readonly string[]) => [
  ...byKey(findings, keysOf).values(),
]

function byKey(findings: readonly JudgedFinding[], keysOf: (finding: JudgedFinding) => readonly string[]) {
  const table = new Map<string, JudgedFinding[]>()
  for (const finding of findings) {
    for (const key of new Set(keysOf(finding))) {
      const group = table.get(key)
      if (group) group.push(finding)
      else table.set(key, [finding])
    }
  }
  return table
}
