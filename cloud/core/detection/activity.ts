/**
 * Bouts of machines and of digging, from the windows of one geophone. Each band has a background that follows its
 * quiet moments and a measure of how restless those are; a window is active when a band above 9 Hz stands clear of
 * both, or a line stands in its spectrum. Seven active windows of eight make a bout: a vehicle passes in four.
 * What it cannot see: a machine that has run since before the background was learnt, until it pauses.
 */
import type { FieldsOf, ReadingOf } from '@minewarden/protocol/reading.ts'
import { ramp } from './evidence.ts'

/** Plain JSON, one for each geophone. */
export interface Activity {
  channel: string | null
  lastMs: number
  windows: number
  /** dB re 1 m/s, by band. */
  background: number[]
  restless: number[]
  recent: ActiveWindow[]
  /** Active windows in a row; a quiet one takes four back. */
  walked: number
  bout: Bout | null
  /** The bout before, for events that are judged after it ended. */
  lastBout: Bout | null
}

interface ActiveWindow {
  readonly fromMs: number
  readonly active: boolean
  readonly excessDb: number
  readonly kurtosis: number
  readonly peakMPerS: number
  readonly toneHz: number | null
  readonly toneDb: number
  /** How far its rhythm stands out, and whether it is that of someone who walks. */
  readonly rhythmDb: number
  readonly walked: boolean
}

export interface Bout {
  readonly kind: 'machinery' | 'digging'
  readonly onsetMs: number
  /** Reported already, or still to be. */
  reported: boolean
  endMs: number
  /** Active seconds that have not been credited as work yet. */
  owedS: number
  excessDb: number
  peakMPerS: number
  kurtosis: number
  toneHz: number | null
  toneDb: number
}

export interface ActivityStep {
  /** A bout that a person should see now: with what is known of it by now. */
  readonly report: Bout | null
  /** Activity of this window inside a bout: what may run together with a load. */
  readonly seconds: number
  /** The same once the bout has lasted, all of it at once then: what passes in less is not work. */
  readonly workSeconds: number
  /** The first of this bout. */
  readonly workBegan: boolean
  readonly kind: Bout['kind'] | null
  readonly excessDb: number
  /** This window opened a bout: its earlier windows count at once. */
  readonly openedMs: number | null
}

const BANDS = [
  'rmsTo4HzMPerS',
  'rmsTo9HzMPerS',
  'rmsTo18HzMPerS',
  'rmsTo30HzMPerS',
  'rmsTo45HzMPerS',
  'rmsTo100HzMPerS',
  'rmsTo200HzMPerS',
] as const satisfies readonly (keyof FieldsOf<'vibration'>)[]
/** Below 9 Hz earthquakes, wind and traffic far away rule. */
const FIRST_BAND = 2

const LOW_OVER_HIGH_DB = 2

const LEARNING_WINDOWS = 12
/** The background rises by so much a window and falls by this share of the distance: it keeps near quiet moments. */
const RISE_DB = 0.03
const FALL_SHARE = 0.06
const RESTLESS_SHARE = 1 / 240
const RESTLESS_CLIP_DB = 10
/** A window is active from here on, over background and restlessness. */
const ACTIVE_DB = 1.6
const RESTLESS_WEIGHT = 3
/** A line so strong, with some level behind it, is a machine. */
const TONE_DB = 17
const TONE_ACTIVE_DB = 3
/** So is a rhythm of blows that stands out so far. */
const RHYTHM_DB = 12
const WINDOWS = 8
const ACTIVE_TO_OPEN = 7
const ACTIVE_TO_STAY = 3
/** Blows have a kurtosis far above that of noise (3), of drills and of crushers. */
const DIGGING_KURTOSIS = 10
/** Steps are even; blows of a pick are not. */
const STEPS_DB = 9.5
const STEPS_FROM_HZ = 1.2
const STEPS_TO_HZ = 4.5
/** Two minutes: nobody is heard walking for so long from one place. */
const WALK_WINDOWS = 24
/** A bout is reported when it ends, at the latest after so long. */
const REPORT_AFTER_MS = 90_000
/** A machine at work runs for a minute and more. */
const WORK_FROM_MS = 50_000
const GAP_MS = 30_000
const SMALLEST_COVERAGE = 0.5

export const createActivity = (): Activity => ({
  channel: null,
  lastMs: 0,
  windows: 0,
  background: [],
  restless: [],
  recent: [],
  walked: 0,
  bout: null,
  lastBout: null,
})

const IDLE: ActivityStep = {
  report: null,
  seconds: 0,
  workSeconds: 0,
  workBegan: false,
  kind: null,
  excessDb: 0,
  openedMs: null,
}

/** Takes one window in. Windows of the horizontal channels say the same again and are left out. */
export function stepActivity(state: Activity, reading: ReadingOf<'vibration'>): ActivityStep {
  if (state.channel === null || (reading.channel?.endsWith('Z') && !state.channel.endsWith('Z'))) {
    Object.assign(state, createActivity(), { channel: reading.channel })
  }
  if (reading.channel !== state.channel || (reading.fields.coverage ?? 0) < SMALLEST_COVERAGE) return IDLE
  const interrupted = reading.measuredAt - state.lastMs > GAP_MS ? interrupt(state) : null
  state.lastMs = reading.measuredAt
  const window = judgeWindow(state, reading)
  state.recent.push(window)
  state.walked = window.active ? state.walked + 1 : Math.max(0, state.walked - 4)
  if (state.recent.length > WINDOWS) state.recent.shift()
  const step = followBout(state, window, reading.measuredAt)
  return interrupted ? { ...step, report: step.report ?? interrupted } : step
}

/** After a gap nothing is known of what went on: a bout ends where it was last heard. */
function interrupt(state: Activity): Bout | null {
  const bout = state.bout
  state.recent = []
  state.walked = 0
  state.bout = null
  if (bout) state.lastBout = bout
  return bout && !bout.reported ? bout : null
}

function judgeWindow(state: Activity, { fields, measuredAt }: ReadingOf<'vibration'>): ActiveWindow {
  state.windows++
  let excessDb = 0
  let lowDb = 0
  let clear = -Infinity
  BANDS.forEach((name, b) => {
    const level = fields[name]
    if (level === null) return
    const db = 20 * Math.log10(Math.max(level, 1e-13))
    const above = follow(state, b, db)
    if (b < FIRST_BAND) {
      lowDb = Math.max(lowDb, above)
      return
    }
    excessDb = Math.max(excessDb, above)
    clear = Math.max(clear, above - ACTIVE_DB - RESTLESS_WEIGHT * state.restless[b]!)
  })
  // An earthquake and its coda rise most where machines rise least.
  if (lowDb > excessDb + LOW_OVER_HIGH_DB) clear = -Infinity
  const toneDb = fields.toneDb ?? 0
  // Nor has an earthquake a rhythm: a jaw that shakes the low bands most has.
  const regular = toneDb >= TONE_DB || (fields.percussionDb ?? 0) >= RHYTHM_DB
  const tonal = regular && excessDb >= TONE_ACTIVE_DB
  return {
    fromMs: measuredAt - 1000 * (fields.windowS ?? 5),
    active: state.windows > LEARNING_WINDOWS && (clear > 0 || tonal),
    excessDb,
    kurtosis: fields.kurtosis ?? 3,
    peakMPerS: fields.peakMPerS ?? 0,
    toneHz: fields.toneHz,
    toneDb,
    rhythmDb: fields.percussionDb ?? 0,
    walked: isWalk(fields),
  }
}

const isWalk = ({ percussionHz, percussionDb, kurtosis }: FieldsOf<'vibration'>): boolean =>
  (kurtosis ?? 3) > DIGGING_KURTOSIS / 2 &&
  (percussionDb ?? 0) >= STEPS_DB &&
  (percussionHz ?? 0) >= STEPS_FROM_HZ &&
  (percussionHz ?? 0) <= STEPS_TO_HZ

/** Follows one band's background; returns how far the level stands above it. */
function follow(state: Activity, band: number, db: number): number {
  const background = state.background[band] ?? db
  const restless = state.restless[band] ?? 1
  const above = db - background
  // Quick at first, so that a minute teaches enough; then so slow that a shift of work does not become normal.
  const eager = 1 + 20 * Math.exp(-state.windows / 8)
  state.background[band] = above > 0 ? background + Math.min(above, RISE_DB * eager) : background + FALL_SHARE * above
  if (state.bout === null) {
    const clipped = Math.min(Math.max(above, 0), RESTLESS_CLIP_DB)
    state.restless[band] = restless + (clipped - restless) * RESTLESS_SHARE
  } else state.restless[band] = restless
  return above
}

function followBout(state: Activity, window: ActiveWindow, nowMs: number): ActivityStep {
  const active = state.recent.filter((w) => w.active)
  if (state.bout === null) {
    if (active.length < ACTIVE_TO_OPEN || isPassing(state, active)) return IDLE
    const bout = openBout(active, nowMs)
    state.bout = bout
    return {
      report: null,
      seconds: 5 * active.length,
      workSeconds: 0,
      workBegan: false,
      kind: bout.kind,
      excessDb: bout.excessDb,
      openedMs: bout.onsetMs,
    }
  }
  const bout = state.bout
  if (window.active) extend(bout, window, nowMs)
  if (window.active) bout.owedS += 5
  const workSeconds = credit(bout)
  const over = active.length < ACTIVE_TO_STAY
  const due = !bout.reported && (over || nowMs - bout.onsetMs >= REPORT_AFTER_MS)
  if (due) bout.reported = true
  if (over) {
    state.bout = null
    state.lastBout = bout
    state.recent = []
  }
  return {
    report: due ? { ...bout } : null,
    seconds: window.active ? 5 : 0,
    workSeconds,
    workBegan: workSeconds > 5,
    kind: bout.kind,
    excessDb: window.excessDb,
    openedMs: null,
  }
}

/** Someone who walks by: a jaw crusher has a like rhythm, but does not pass. */
const isPassing = (state: Activity, active: readonly ActiveWindow[]): boolean =>
  state.walked < WALK_WINDOWS && active.filter((w) => w.walked).length * 2 >= active.length

/** Pays out what is owed once the bout has lasted. */
function credit(bout: Bout): number {
  if (bout.endMs - bout.onsetMs < WORK_FROM_MS) return 0
  const owed = bout.owedS
  bout.owedS = 0
  return owed
}

function openBout(active: readonly ActiveWindow[], nowMs: number): Bout {
  const kurtosis = middle(active.map((w) => w.kurtosis))
  const loudest = active.reduce((a, b) => (b.toneDb > a.toneDb ? b : a))
  // A jaw strikes as hard as a pick, but evenly.
  const uneven = middle(active.map((w) => w.rhythmDb)) < RHYTHM_DB
  return {
    kind: kurtosis > DIGGING_KURTOSIS && uneven ? 'digging' : 'machinery',
    onsetMs: active[0]!.fromMs,
    reported: false,
    endMs: nowMs,
    owedS: 5 * active.length,
    excessDb: middle(active.map((w) => w.excessDb)),
    peakMPerS: Math.max(...active.map((w) => w.peakMPerS)),
    kurtosis,
    toneHz: loudest.toneHz,
    toneDb: loudest.toneDb,
  }
}

function extend(bout: Bout, window: ActiveWindow, nowMs: number): void {
  bout.endMs = nowMs
  bout.excessDb += (window.excessDb - bout.excessDb) / 8
  bout.peakMPerS = Math.max(bout.peakMPerS, window.peakMPerS)
  if (window.toneDb > bout.toneDb) {
    bout.toneDb = window.toneDb
    bout.toneHz = window.toneHz
  }
}

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

/** What went on at a moment of the present or the last bout. */
export function boutAt({ bout, lastBout }: Activity, atMs: number): Bout['kind'] | null {
  for (const b of [bout, lastBout]) if (b && atMs >= b.onsetMs - 5000 && atMs <= b.endMs + 5000) return b.kind
  return null
}

/** How sure a bout is one: its level over what it needed. */
export const boutProbability = (bout: Bout): number =>
  0.6 + 0.2 * ramp(bout.excessDb, 5, 12) + 0.15 * ramp(bout.toneDb, 12, 20)
