/**
 * Bouts of machines and of digging, from the windows of one geophone (`activity-window.ts`). Seven active windows of
 * eight make a bout: a vehicle passes in four. It is believed to be a machine once its line or rhythm has kept its
 * frequency. It ends when it falls silent for a quarter of a minute, or when another machine sets in beside it, whose
 * level steps clear of the one before: that one begins a bout of its own.
 * What it cannot see: a machine that has run since before the background was learnt, until it pauses; one without a
 * line whose level swings like wind.
 */
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { createWindowBackground, judgeWindow, type WindowBackground } from './activity-window.ts'
import type { MachineryView } from './after-cut.ts'
import {
  type ActiveWindow,
  type Bout,
  type Expectation,
  extendBout,
  isBelieved,
  isMotor,
  openBout,
  shapeOf,
} from './bout.ts'
import {
  createMotorProfile,
  type ExpectedMotor,
  learnMotor,
  type MotorProfile,
  NO_MOTOR,
} from './machine/expected-motor.ts'

export { type Bout, boutProbability } from './bout.ts'

/** Plain JSON, one for each geophone. */
export interface Activity extends WindowBackground {
  channel: string | null
  lastMs: number
  recent: ActiveWindow[]
  /** Active windows in a row; a quiet one takes four back. */
  walked: number
  bout: Bout | null
  /** The bout before, for events that are judged after it ended. */
  lastBout: Bout | null
  /** Believed machinery of the spell of work that goes on; pauses up to ten minutes belong to it. */
  spell: { minutes: number; sinceMs: number; lastMs: number; near: number }
  /** How the site's expected motor is heard here. */
  motor: MotorProfile
}

export interface ActivityStep {
  /** A bout that a person should see now: with what is known of it by now. */
  readonly report: Bout | null
  /** Activity of this window inside a bout: what may run together with a load. */
  readonly seconds: number
  /** The same once the bout has lasted and is believed, all of it at once then: what passes in less is not work. */
  readonly workSeconds: number
  readonly workBegan: boolean
  readonly kind: Bout['kind'] | null
  readonly excessDb: number
  /** When the bout that opened with this window began; `null`: none opened. */
  readonly openedMs: number | null
  /** The bout that goes on: how regular, how near, how long. */
  readonly bout: Readonly<Bout> | null
}

const WINDOWS = 8
const ACTIVE_TO_OPEN = 7
const ACTIVE_TO_STAY = 3
/** A tool that is handled strikes by turns, its line the same each time and far above the ground. */
const TURNS_TO_OPEN = 5
const TURNS_DB = 15
/** Silent for so many windows, at less than this share of its level, it is over. */
const SILENT_WINDOWS = 3
const SILENT_SHARE = 0.35
/** No window lies between the end of one bout and the beginning of the next. */
const BENEATH_MS = 1000
/** Another machine: one band of so many windows lies clear of that of as many before. */
const STEP_WINDOWS = 4
const STEP_DB = 2.5
const STEP_FROM_BAND = 1
/** A line of so many decibels says which machine runs; it is another one this far off any multiple. */
const LINE_DB = 13
const LINE_SHARE = 0.04
const OTHER_SHARE = 0.08
const FALL_DB = 0.5
/** Noise and rotors have 3; blows that follow such a machine are another's work. */
const EVEN_KURTOSIS = 5
const BLOWS_TO_PART = 5
/** A bout is not parted sooner. */
const PART_FROM_MS = 60_000
/** Two minutes: nobody is heard walking for so long from one place. */
const WALK_WINDOWS = 24
/** A bout is reported when it ends, at the latest after so long. */
const REPORT_AFTER_MS = 90_000
/** A machine at work runs for a minute and more. */
const WORK_FROM_MS = 50_000
const GAP_MS = 30_000
/** Drillers change steels and shift; after more it is another spell of work. */
const SPELL_PAUSE_MS = 10 * 60_000
const SMALLEST_COVERAGE = 0.5

export const createActivity = (): Activity => ({
  ...createWindowBackground(),
  channel: null,
  lastMs: 0,
  recent: [],
  walked: 0,
  bout: null,
  lastBout: null,
  spell: { minutes: 0, sinceMs: 0, lastMs: 0, near: 0 },
  motor: createMotorProfile(),
})

const IDLE: ActivityStep = {
  report: null,
  seconds: 0,
  workSeconds: 0,
  workBegan: false,
  kind: null,
  excessDb: 0,
  openedMs: null,
  bout: null,
}

/**
 * Takes one window in. Windows of the horizontal channels say the same again and are left out.
 * @param motor what is registered and metered of a motor that may run
 */
export function stepActivity(
  state: Activity,
  reading: ReadingOf<'vibration'>,
  motor: ExpectedMotor = NO_MOTOR,
): ActivityStep {
  if (state.channel === null || (reading.channel?.endsWith('Z') && !state.channel.endsWith('Z'))) {
    Object.assign(state, createActivity(), { channel: reading.channel })
  }
  if (reading.channel !== state.channel || (reading.fields.coverage ?? 0) < SMALLEST_COVERAGE) return IDLE
  const interrupted = reading.measuredAt - state.lastMs > GAP_MS ? interrupt(state) : null
  state.lastMs = reading.measuredAt
  const window = judgeWindow(state, reading, { recent: state.recent, calm: state.bout === null })
  state.recent.push(window)
  state.walked = window.active ? state.walked + 1 : Math.max(0, state.walked - 4)
  if (state.recent.length > WINDOWS) state.recent.shift()
  const step = followBout(state, window, reading.measuredAt, { motor, profile: state.motor })
  if (step.workSeconds > 0 && step.kind === 'machinery') countSpell(state, step, reading.measuredAt)
  return interrupted ? { ...step, report: step.report ?? interrupted } : step
}

function countSpell(state: Activity, { workSeconds, bout }: ActivityStep, nowMs: number): void {
  if (nowMs - state.spell.lastMs > SPELL_PAUSE_MS) {
    state.spell = { minutes: 0, sinceMs: bout?.onsetMs ?? nowMs, lastMs: nowMs, near: 0 }
  }
  state.spell.minutes += workSeconds / 60
  state.spell.lastMs = nowMs
  state.spell.near = Math.max(state.spell.near, bout?.near ?? 0)
}

/** The spell of machinery that goes on at a moment; no minutes once it has paused for long. */
export const machineryAt = ({ spell }: Activity, nowMs: number): MachineryView =>
  nowMs - spell.lastMs > SPELL_PAUSE_MS ? { minutes: 0, sinceMs: nowMs, lastMs: nowMs, near: 0 } : spell

/** After a gap nothing is known of what went on: a bout ends where it was last heard. */
function interrupt(state: Activity): Bout | null {
  const bout = state.bout
  state.recent = []
  state.walked = 0
  state.bout = null
  if (bout) state.lastBout = bout
  return bout && !bout.reported && isBelieved(bout) ? bout : null
}

function followBout(state: Activity, window: ActiveWindow, nowMs: number, expected: Expectation): ActivityStep {
  if (state.bout === null && !opens(state.recent)) return IDLE
  const active = state.recent.filter((w) => w.active)
  if (state.bout === null) {
    if (isPassing(state, active)) return IDLE
    return begin(state, resumed(openBout(active, nowMs, expected), state.lastBout), 5 * active.length)
  }
  const parted = part(state, state.bout, nowMs, expected)
  if (parted) return parted
  const bout = state.bout
  if (window.active) extendBout(bout, window, { recent: state.recent, nowMs, expected })
  const workSeconds = credit(bout)
  const over = active.length < ACTIVE_TO_STAY || isSilent(state.recent, bout)
  const due = isBelieved(bout) && !bout.reported && (over || nowMs - bout.onsetMs >= REPORT_AFTER_MS)
  if (due) bout.reported = true
  if (over) {
    if (isMotor(bout) && expected.motor.registered) learnMotor(state.motor, bout.bandsDb)
    state.bout = null
    state.lastBout = bout
    state.recent = []
  }
  return {
    report: due ? structuredClone(bout) : null,
    seconds: window.active ? 5 : 0,
    workSeconds,
    workBegan: workSeconds > 5,
    kind: bout.kind,
    excessDb: window.excessDb,
    openedMs: null,
    bout,
  }
}

function activeOf(windows: readonly ActiveWindow[]): number {
  let active = 0
  for (const window of windows) if (window.active) active++
  return active
}

/** What ran beneath a louder machine, and is left when that stops, was told with it. */
function resumed(bout: Bout, before: Bout | null): Bout {
  const ranBeneath = before !== null && bout.onsetMs - before.endMs <= BENEATH_MS && bout.kind === before.kind
  return ranBeneath ? { ...bout, reported: before.reported } : bout
}

function begin(state: Activity, bout: Bout, seconds: number): ActivityStep {
  state.bout = bout
  const { kind, excessDb, onsetMs } = bout
  return { ...IDLE, seconds, kind, excessDb, openedMs: onsetMs, bout }
}

/** A machine that sets in beside the one that runs ends its bout and begins its own. */
function part(state: Activity, bout: Bout, nowMs: number, expected: Expectation): ActivityStep | null {
  const last = state.recent.slice(-STEP_WINDOWS)
  const before = state.recent.slice(-2 * STEP_WINDOWS, -STEP_WINDOWS)
  if (before.length < STEP_WINDOWS) return null
  if (!turnsToMachine(bout, last)) {
    if (nowMs - bout.onsetMs < PART_FROM_MS) return null
    if (!stepsClear(before, last) && !changesLine(before, last) && !turnsToBlows(bout, state.recent)) return null
  }
  const owed = bout.kind === 'digging' ? 0 : credit(bout)
  const report = isBelieved(bout) && !bout.reported ? bout : null
  bout.reported = true
  bout.endMs = last[0]!.fromMs
  state.lastBout = bout
  return { ...begin(state, openBout(last, nowMs, expected), 5), report, workSeconds: owed }
}

const stepsClear = (before: readonly ActiveWindow[], last: readonly ActiveWindow[]): boolean =>
  last.every((w) => w.active) &&
  last[0]!.bandsDb.some((_, band) => band >= STEP_FROM_BAND && bandSteps(band, before, last))

function bandSteps(band: number, before: readonly ActiveWindow[], last: readonly ActiveWindow[]): boolean {
  let most = Number.NEGATIVE_INFINITY
  for (const { bandsDb } of before) most = Math.max(most, bandsDb[band] ?? Number.POSITIVE_INFINITY)
  let least = Number.POSITIVE_INFINITY
  for (const { bandsDb } of last) least = Math.min(least, bandsDb[band] ?? Number.NEGATIVE_INFINITY)
  return least >= most + STEP_DB
}

const opens = (recent: readonly ActiveWindow[]): boolean => {
  const active = activeOf(recent)
  return active >= ACTIVE_TO_OPEN || (active >= TURNS_TO_OPEN && recent.filter(isTurn).length >= TURNS_TO_OPEN)
}

const isTurn = ({ active, excessDb, coherent, walked }: ActiveWindow): boolean =>
  active && !walked && coherent >= 0.5 && excessDb >= TURNS_DB

const isSilent = (recent: readonly ActiveWindow[], bout: Bout): boolean =>
  recent.length >= SILENT_WINDOWS &&
  recent.slice(-SILENT_WINDOWS).every((w) => w.excessDb < SILENT_SHARE * bout.excessDb)

/** One line has gone and another has come, which is no multiple of it and no nearer than a machine slides. */
function changesLine(before: readonly ActiveWindow[], last: readonly ActiveWindow[]): boolean {
  const old = lineOf(before)
  const now = lineOf(last)
  if (old === null || now === null || !last.every((w) => w.active)) return false
  // What is left when a louder machine stops has run beneath it.
  if (loudness(last) < loudness(before) - FALL_DB) return false
  const ratio = Math.max(old, now) / Math.min(old, now)
  return Math.abs(ratio - Math.round(ratio)) > OTHER_SHARE * ratio
}

const loudness = (windows: readonly ActiveWindow[]): number => Math.min(...windows.map((w) => w.excessDb))

/** The strong line that all of these windows carry; `null`: they carry none, or several. */
function lineOf(windows: readonly ActiveWindow[]): number | null {
  const hz = windows[0]!.toneHz
  const isSame = (w: ActiveWindow) =>
    hz !== null && w.toneHz !== null && w.toneDb >= LINE_DB && Math.abs(w.toneHz - hz) < LINE_SHARE * hz
  return windows.every(isSame) ? hz : null
}

/** Someone breaks rock by hand where a machine ran evenly. */
const turnsToBlows = (bout: Bout, recent: readonly ActiveWindow[]): boolean => {
  const active = recent.filter((w) => w.active)
  return (
    bout.kind === 'machinery' &&
    bout.kurtosis < EVEN_KURTOSIS &&
    active.length >= BLOWS_TO_PART &&
    shapeOf(active).kind === 'digging'
  )
}

/** A herd has passed, or somebody has struck, while a machine ran, which goes on. */
const turnsToMachine = (bout: Bout, last: readonly ActiveWindow[]): boolean =>
  bout.kind === 'digging' && last.every((w) => w.kurtosis < EVEN_KURTOSIS) && lineOf(last) !== null

/** Someone who walks by: a jaw crusher has a like rhythm, but does not pass. */
const isPassing = (state: Activity, active: readonly ActiveWindow[]): boolean =>
  state.walked < WALK_WINDOWS && active.filter((w) => w.walked).length * 2 >= active.length

/** Pays out what is owed once the bout has lasted and is believed. */
function credit(bout: Bout): number {
  if (bout.endMs - bout.onsetMs < WORK_FROM_MS || !isBelieved(bout)) return 0
  const owed = bout.owedS
  bout.owedS = 0
  return owed
}

/** What went on at a moment of the present or the last bout. */
export function boutAt({ bout, lastBout }: Activity, atMs: number): Bout['kind'] | null {
  for (const b of [bout, lastBout]) if (b && atMs >= b.onsetMs - 5000 && atMs <= b.endMs + 5000) return b.kind
  return null
}
