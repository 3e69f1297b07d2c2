/**
 * What a stretch of time would have looked like with other parameters: the kept readings of a site go through two
 * detectors, as it is judged and as it would be, which both begin with what is learnt of the site by now and with no
 * opinion of it. What is compared is the two replays; what was found then is matched with both by kind and time, so that
 * marks count.
 */
import type { Finding } from '@minewarden/protocol/finding.ts'
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { createActivity } from '../detection/activity.ts'
import { createState, type DetectorState, isState } from '../detection/detector-state.ts'
import { pushBounded } from '../detection/evidence.ts'
import { createMachineState } from '../detection/machine/machine-evidence.ts'
import type { Parameters } from '../detection/parameters.ts'
import { createPowerMeter } from '../detection/power-evidence.ts'
import { createSiteDetector, type SiteDetector } from '../detection/site-detector.ts'
import type { Verdict } from '../feedback/mark.ts'

/** A finding of the time, as far as somebody has marked it. */
export interface MarkedThen {
  readonly finding: Finding
  readonly verdict: Verdict
}

export interface ReplayTask {
  readonly site: Site
  readonly from: number
  readonly to: number
  readonly present: Parameters
  readonly proposed: Parameters
  /** Of the detector that judges the site; what is learnt is taken from it. */
  readonly snapshot: unknown
  readonly marked: readonly MarkedThen[]
}

/** How often each thing was found: `state watch`, `event blast`. */
export type FindingCounts = { readonly [what: string]: number }

export interface ReplayResult {
  /** First and last reading that was kept; `null`: none was. */
  readonly coveredFrom: number | null
  readonly coveredTo: number | null
  /** Hours of the span with readings, and all of them. */
  readonly hoursCovered: number
  readonly hours: number
  readonly readings: number
  readonly before: FindingCounts
  readonly after: FindingCounts
  /** The first of those that one replay has and the other has not. */
  readonly lost: readonly Finding[]
  readonly gained: readonly Finding[]
  readonly lostCount: number
  readonly gainedCount: number
  /** Of the marked findings: how many only the present parameters give, only the proposed, both, or neither. */
  readonly marks: { readonly [V in Verdict]: MarkTally }
}
export interface MarkTally {
  lost: number
  gained: number
  kept: number
  /** The replay does not give it at all: the kept readings do not reach so far, or its beginning differs. */
  neither: number
}

const HOUR_MS = 3_600_000
/** A live detector is told the time each second; a minute is near enough for what is counted. */
const TICK_MS = 60_000
/** Findings kept of each replay; what is beyond is counted, not compared. */
export const MOST_COMPARED = 5_000
const MOST_SHOWN = 50
/** The same thing found by both, or then and in a replay. */
const SAME_EVENT_MS = 60_000
const SAME_STATE_MS = 15 * 60_000

export const whatOf = (finding: Finding): string => {
  if (finding.kind === 'event') return `event ${finding.class}`
  return finding.kind === 'state' ? `state ${finding.state}` : `after-cut ${finding.fact}`
}

const momentOf = (finding: Finding): number => (finding.kind === 'event' ? finding.onset : finding.at)

/** What is learnt of a place, without what went on or was believed when the snapshot was taken. */
export function learntOf(snapshot: unknown): DetectorState | undefined {
  if (!isState(snapshot)) return undefined
  const { activities, machines, meters, learning, measuresAt } = structuredClone(snapshot)
  const map = <T>(table: { [key: string]: T }, change: (one: T) => T) =>
    Object.fromEntries(Object.entries(table).map(([key, one]) => [key, change(one)]))
  const { recent, walked, bout, lastBout, spell, lastMs } = createActivity()
  return {
    ...createState(),
    activities: map(activities, (one) => ({ ...one, recent, walked, bout, lastBout, spell, lastMs })),
    machines: map(machines, ({ habits }) => ({ ...createMachineState(), habits })),
    meters: map(meters, ({ baseW, library }) => ({ ...createPowerMeter(), baseW, library })),
    learning,
    measuresAt,
  }
}

/** One replay, fed in order of time. */
export class Replay {
  readonly #task: ReplayTask
  readonly #runs: readonly [Run, Run]
  #readings = 0
  #first: number | null = null
  #last: number | null = null
  #toldMs = 0
  readonly #hours = new Set<number>()

  constructor(task: ReplayTask) {
    this.#task = task
    this.#runs = [new Run(task, task.present), new Run(task, task.proposed)]
  }

  take(gateway: GatewayId, reading: Reading): void {
    const at = reading.measuredAt
    this.#readings++
    this.#first ??= at
    this.#last = at
    this.#hours.add(Math.floor((at - this.#task.from) / HOUR_MS))
    for (const run of this.#runs) run.take(gateway, reading)
    if (at - this.#toldMs < TICK_MS) return
    this.#toldMs = at
    for (const run of this.#runs) run.advance(at - TICK_MS)
  }

  /** Ends both replays and compares them. */
  result(): ReplayResult {
    const { from, to } = this.#task
    for (const run of this.#runs) run.advance(to)
    const [before, after] = this.#runs
    const lost = without(before.findings, after.findings)
    const gained = without(after.findings, before.findings)
    return {
      coveredFrom: this.#first,
      coveredTo: this.#last,
      hoursCovered: this.#hours.size,
      hours: Math.ceil((to - from) / HOUR_MS),
      readings: this.#readings,
      before: before.counts,
      after: after.counts,
      lost: lost.slice(0, MOST_SHOWN),
      gained: gained.slice(0, MOST_SHOWN),
      lostCount: lost.length,
      gainedCount: gained.length,
      marks: {
        true: this.#tally('true'),
        false: this.#tally('false'),
      },
    }
  }

  #tally(verdict: Verdict): MarkTally {
    const [before, after] = this.#runs
    const tally: MarkTally = { lost: 0, gained: 0, kept: 0, neither: 0 }
    for (const { finding } of this.#task.marked.filter((one) => one.verdict === verdict)) {
      const was = before.findings.some((one) => isSame(one, finding))
      const is = after.findings.some((one) => isSame(one, finding))
      tally[was ? (is ? 'kept' : 'lost') : is ? 'gained' : 'neither']++
    }
    return tally
  }
}

class Run {
  readonly #detector: SiteDetector
  readonly findings: Finding[] = []
  readonly counts: { [what: string]: number } = {}

  constructor({ site, snapshot }: ReplayTask, parameters: Parameters) {
    this.#detector = createSiteDetector(site, parameters, learntOf(snapshot))
  }

  take(gateway: GatewayId, reading: Reading): void {
    this.#keep(this.#detector.observe(gateway, reading, { historical: false }))
  }

  advance(atMs: number): void {
    this.#keep(this.#detector.advanceTo(instant(atMs)))
  }

  #keep(found: readonly Finding[]): void {
    for (const finding of found) {
      const what = whatOf(finding)
      this.counts[what] = (this.counts[what] ?? 0) + 1
      pushBounded(this.findings, finding, MOST_COMPARED)
    }
  }
}

const isSame = (one: Finding, other: Finding): boolean =>
  whatOf(one) === whatOf(other) &&
  Math.abs(momentOf(one) - momentOf(other)) <= (one.kind === 'event' ? SAME_EVENT_MS : SAME_STATE_MS)

/** Those of a list that the other has not; each of the other answers for one. */
function without(list: readonly Finding[], other: readonly Finding[]): Finding[] {
  const byWhat = new Map<string, Finding[]>()
  for (const one of other) byWhat.set(whatOf(one), [...(byWhat.get(whatOf(one)) ?? []), one])
  return list.filter((one) => {
    const same = byWhat.get(whatOf(one)) ?? []
    const at = same.findIndex((candidate) => isSame(candidate, one))
    if (at >= 0) same.splice(at, 1)
    return at < 0
  })
}
