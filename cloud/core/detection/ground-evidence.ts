/** What the ground says of machines, drills and digging, and whether machines start with motors. */
import type { Finding } from '@minewarden/protocol/finding.ts'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { type ActivityStep, createActivity, stepActivity } from './activity.ts'
import { createBlowEar, hearBlows, hearKnock } from './blow-ear.ts'
import { type Bout, isBelieved, isMotor } from './bout.ts'
import { createDrillEar, stepDrill } from './drill-evidence.ts'
import { ramp } from './evidence.ts'
import { boutFinding } from './findings.ts'
import { isMotorLine } from './machine/expected-motor.ts'
import type { MachineLine } from './machine/line.ts'
import { isFamiliar, minutesOfHour } from './machine/line-habits.ts'
import { createMachineState, stepEngine } from './machine/machine-evidence.ts'
import { addNearWork, kindsOf, standsStill } from './machine/work-spell.ts'
import { expectedMotorOf } from './power-evidence.ts'
import { boutOf, entryOf, minutesAt, type SiteContext, startsSince } from './site-context.ts'
import { addMinutes } from './site-evidence.ts'

/** A machine and a motor that run within this of each other run together. */
export const TOGETHER_MS = 30_000
/** A motor's start and a machine's first window, so near to each other, are one. */
const SIMULTANEOUS_MS = 12_000
/** Clocks that may differ by more cannot say what is simultaneous. */
const MOST_CLOCK_ERROR_MS = SIMULTANEOUS_MS
/** Slower meters do not show when a motor starts. */
export const SLOW_METER_S = 15

/** Takes one window in; tells of bouts that a person should see. */
export function takeWindow(context: SiteContext, key: string, reading: ReadingOf<'vibration'>): Finding[] {
  const { state, believer } = context
  const activity = entryOf(state.activities, key, createActivity)
  if (!activity) return []
  const motor = expectedMotorOf(state.meters, context.site.expectedLoads, reading.measuredAt)
  const step = stepActivity(activity, reading, motor)
  if (reading.channel === activity.channel) {
    const hours = (reading.fields.windowS ?? 5) / 3600
    if (activity.bout === null) believer.observe('machineAbsent', believer.absenceShare('machine') * hours, null)
    listenForDrill(context, key, reading, activity.bout !== null)
    listenForBlows(context, key, reading, activity.recent.at(-1)?.excessDb)
  }
  if (step.workSeconds > 0) addWork(context, key, step, reading.measuredAt)
  if (step.seconds > 0 && step.kind === 'machinery') compareWithMotors(context, step, reading)
  return step.report ? tellBout(context, step.report, key, reading) : []
}

function listenForDrill(
  { state, believer }: SiteContext,
  key: string,
  reading: ReadingOf<'vibration'>,
  working: boolean,
) {
  const ear = entryOf(state.drills, key, createDrillEar)
  const amount = ear ? stepDrill(ear, reading, working) : 0
  if (!ear || amount === 0) return
  const { evidence } = state
  evidence.drilledMs = reading.measuredAt
  evidence.drillHz = ear.hz
  if (amount < 1) {
    believer.observe('drill', amount / Math.max(1, evidence.drills), 'drilling')
    return
  }
  evidence.drills++
  evidence.drillMs ??= reading.measuredAt
  believer.observe('drill', believer.share('drill'), 'drilling')
}

function listenForBlows(context: SiteContext, key: string, reading: ReadingOf<'vibration'>, excessDb = 0) {
  const ear = entryOf(context.state.blows, key, createBlowEar)
  const minutes = ear ? hearBlows(ear, reading, excessDb) : 0
  if (!ear || minutes === 0) return
  addMinutes(context.state.evidence.digging, minutesAt(context, reading.measuredAt, minutes))
  creditDigging(context, ear.minutes)
}

/** Takes in a transient: each knock of a train is one. */
export function takeKnock({ state }: SiteContext, key: string, { fields }: ReadingOf<'event'>): void {
  const ear = entryOf(state.blows, key, createBlowEar)
  if (ear) hearKnock(ear, fields)
}

/** So many minutes count for one bout of digging; what passes in less counts for less, what goes on for more. */
const DIGGING_MINUTES = 5
const DIGGING_GROWS = 0.7
/** From here on it is more than the breaking of a seal: each doubling counts. */
const DIGGING_ON_MINUTES = 26
const MOST_DOUBLINGS = 3

/** Blows tell the more the longer they go on, at last only as their logarithm does: it is one fact. @param minutes of this spell */
function creditDigging({ state, believer }: SiteContext, minutes: number): void {
  const { evidence } = state
  const bouts = minutes / DIGGING_MINUTES
  const due = bouts < 1 ? bouts : 1 + DIGGING_GROWS * Math.log(bouts)
  if (due > evidence.diggingCredited) believer.observe('dig', due - evidence.diggingCredited, 'digging')
  evidence.diggingCredited = Math.max(evidence.diggingCredited, due)
  const on = Math.min(MOST_DOUBLINGS, Math.log2(Math.max(1, minutes / DIGGING_ON_MINUTES)))
  if (on > evidence.digOnCredited) believer.observe('digOn', on - evidence.digOnCredited, 'digging')
  evidence.digOnCredited = Math.max(evidence.digOnCredited, on)
}

/** Digging is counted by its blows, not by its bouts. */
function addWork(context: SiteContext, key: string, step: ActivityStep, nowMs: number): void {
  const { evidence } = context.state
  const { believer } = context
  if (step.kind === 'digging') return
  const minutes = step.workSeconds / 60
  addMinutes(evidence.machinery, minutesAt(context, nowMs, minutes))
  if (step.bout) creditNearWork(context, key, step.bout, { atMs: nowMs, minutes, began: step.workBegan })
  if (!step.workBegan) return
  evidence.bouts++
  believer.observe('machine', machineAmount(step.bout) * believer.share('machine'), 'machinery')
}

/** Machines near by that go on: the longer, and the more kinds of them, the surer. */
function creditNearWork(
  { state, site, believer }: SiteContext,
  key: string,
  bout: Readonly<Bout>,
  { atMs, minutes, began }: { readonly atMs: number; readonly minutes: number; readonly began: boolean },
): void {
  const { near, excessDb, lined } = bout
  const machines = state.machines[key]
  const expected = site.expectedLoads.length > 0
  const counts = (line: MachineLine) =>
    !(expected && isMotorLine(line)) &&
    !isFamiliar(machines!.habits, line) &&
    minutesOfHour(machines!.habits, line) >= PASSES_MINUTES
  const recent = state.activities[key]?.recent ?? []
  const kurtosis = recent.at(-1)?.kurtosis ?? 3
  const units = addNearWork(
    state.evidence.work,
    {
      atMs,
      minutes: minutes * (1 - bout.steadyMotor),
      near,
      excessDb,
      lined,
      kurtosis,
      began,
      stands: standsStill(recent),
    },
    () => (machines ? kindsOf(machines.lines, atMs, counts) : 1),
  )
  if (units > 0) believer.observe('work', units, 'machinery')
}

/** What has neither line nor rhythm may be wind or traffic. */
const machineAmount = (bout: Bout | null): number =>
  bout ? (0.25 + 0.75 * ramp(bout.regularity, 0.2, 0.6)) * (1 - bout.steadyMotor) : 1

function compareWithMotors(
  context: SiteContext,
  step: ActivityStep,
  { measuredAt, clockErrorMs }: ReadingOf<'vibration'>,
) {
  const { evidence } = context.state
  // An expected motor's shaking beside its load is one thing that was expected.
  if (step.bout && isMotor(step.bout)) return
  if (step.openedMs !== null && (clockErrorMs ?? 0) <= MOST_CLOCK_ERROR_MS) compareStarts(context, step.openedMs)
  if (step.bout && !isBelieved(step.bout)) return
  evidence.machineryMs = measuredAt
  if (measuredAt - evidence.motorMs < TOGETHER_MS)
    addMinutes(evidence.together, minutesAt(context, measuredAt, step.seconds / 60))
}

/** A bout begins: with a motor's start, or while motors run that had nothing to do with it. */
function compareStarts(context: SiteContext, openedMs: number): void {
  const { state, believer } = context
  const near = startsSince(context, openedMs - SIMULTANEOUS_MS).some((s) => s.atMs <= openedMs + SIMULTANEOUS_MS)
  if (near) believer.observe('together', believer.share('together'), 'together')
  else if (Object.values(state.meters).some((m) => m.sinceMs !== null && m.intervalS < SLOW_METER_S))
    believer.observe('apart', 1, 'together')
}

/** The same machine felt by two geophones is told once. */
function tellBout(context: SiteContext, bout: Bout, key: string, reading: ReadingOf<'vibration'>): Finding[] {
  const others = Object.keys(context.state.activities).filter((other) => other < key)
  if (others.some((other) => boutOf(context, other, bout.onsetMs + 20_000) !== null)) return []
  return [boutFinding(context.site.id, bout, { sensor: reading.sensor as SensorId, atMs: reading.measuredAt })]
}

const LEAST_NAMED = 0.5
const LEAST_NOVELTY = 0.4
/** A vehicle's line lasts for as long as it passes; a set that feeds a mine holds its speed for the shift. */
const PASSES_MINUTES = 1
/** Each doubling of the first minutes counts: three, six, twelve, 24. */
const STRETCH_MINUTES = 3
const MOST_STRETCHES = 4
const A_STRETCH = 0.5

/** A line that a gateway tracks: an engine whose governor hunts is no motor on the grid. */
export function takeLine({ state, believer }: SiteContext, key: string, reading: ReadingOf<'machineLine'>): void {
  const machines = entryOf(state.machines, key, createMachineState)
  const step = machines && stepEngine(machines, reading)
  if (!step?.source) return
  const { source, confidence, novelty, line } = step.source
  const minutes = (line.heardMs - line.sinceMs) / 60_000
  if (source !== 'generator' || confidence < LEAST_NAMED || novelty < LEAST_NOVELTY || minutes < PASSES_MINUTES) return
  const { evidence } = state
  evidence.generatorHeardMs = Math.max(evidence.generatorHeardMs, line.heardMs)
  // The half and the double of a line that was counted are the same engine's, and mostly as old.
  if (line.sinceMs > evidence.generatorLine) {
    evidence.generatorLine = line.sinceMs
    evidence.generatorHz = line.hz
    evidence.generatorMs ??= line.sinceMs
    believer.observe('generator', confidence * novelty * believer.share('generator'), 'generator')
  }
  const stretches = Math.min(MOST_STRETCHES, Math.floor(1 + Math.log2(Math.max(0.5, minutes / STRETCH_MINUTES))))
  if (stretches <= evidence.generatorStretches) return
  const more = (stretches - evidence.generatorStretches) * A_STRETCH
  evidence.generatorStretches = stretches
  believer.observe('generator', more * confidence * novelty, 'generator')
}
