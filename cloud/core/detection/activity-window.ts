/**
 * Judges one window of five seconds against the background of its band and of the site's constant lines. A window is
 * active when a band above 9 Hz stands clear of its background and of how restless that is, or when it carries a line
 * or a rhythm that the windows before carried, too, and that has not always been there.
 */
import type { FieldsOf, ReadingOf } from '@minewarden/protocol/reading.ts'
import { type ActiveWindow, DIGGING_KURTOSIS } from './bout.ts'
import {
  ceilingDb,
  createHourBackground,
  type HourBackground,
  learnHours,
  usualDb,
} from './learning/hour-background.ts'

/** Plain JSON: what is learnt of the place. */
export interface WindowBackground {
  windows: number
  /** dB re 1 m/s, by band. */
  background: number[]
  restless: number[]
  /** Lines and rhythms of the last hours, and the share of the windows that carried each. */
  lines: { readonly form: 'tone' | 'rhythm'; hz: number; share: number }[]
  /** The quiet level by hour of the day, over weeks: outlives a change of channel; absent before the first window. */
  hours?: HourBackground
}

export const BANDS = [
  'rmsTo4HzMPerS',
  'rmsTo9HzMPerS',
  'rmsTo18HzMPerS',
  'rmsTo30HzMPerS',
  'rmsTo45HzMPerS',
  'rmsTo100HzMPerS',
  'rmsTo200HzMPerS',
] as const satisfies readonly (keyof FieldsOf<'vibration'>)[]
/** From and to, Hz. */
export const BANDS_HZ = [
  [0, 4],
  [4, 9],
  [9, 18],
  [18, 30],
  [30, 45],
  [45, 100],
  [100, 200],
] as const
/** Below 9 Hz earthquakes, wind and traffic far away rule. */
export const FIRST_BAND = 2
const LOW_OVER_HIGH_DB = 2

const LEARNING_WINDOWS = 12
/** The background rises by so much a window and falls by this share of the distance: it keeps near quiet moments. */
const RISE_DB = 0.03
const FALL_SHARE = 0.06
/** From here on nothing is left of the eagerness of the first minute, not even by rounding. */
const EAGER_WINDOWS = 6000
const RESTLESS_SHARE = 1 / 240
const RESTLESS_CLIP_DB = 10
/** A window is active from here on, over background and restlessness. */
const ACTIVE_DB = 1.6
const RESTLESS_WEIGHT = 3
/** A line so strong, with some level behind it, is a machine by itself; one of the windows before may be weaker. */
const TONE_DB = 17
const RHYTHM_ALONE_DB = 12
const TONE_ACTIVE_DB = 3
const KEPT_DB = 10.5
const KEPT_ACTIVE_DB = 0.8
/** Steps are even; blows of a pick are not. */
const STEPS_DB = 9.5
const STEPS_FROM_HZ = 1.2
const STEPS_TO_HZ = 4.5

/** A line that is sought in the windows before: the same to the width of a bin, or a strong one that slides. */
const SAME_SHARE = 0.015
const SAME_HZ = 0.2
const SAME_DB = 9.5
const SLIDES_SHARE = 0.08
const SLIDES_DB = 10.5
const LOOK_BACK = 2
/** Strong lines say something without those before. */
const ALONE_DB = 14

/** Of the window at hand, from the first band on; NaN where a level was not measured. */
const levelsDb = new Float64Array(BANDS.length - FIRST_BAND)

/** Constant lines: so many, forgotten over an hour and a half; from this share of the time on it is always there. */
const MOST_LINES = 16
const LINES_FOLLOW = 1 / 1080
const ALWAYS_SHARE = 0.45
const LINE_DB = 9

export const createWindowBackground = (): WindowBackground => ({ windows: 0, background: [], restless: [], lines: [] })

/** @param recent windows before, the newest last; @param calm nothing goes on: restlessness is learnt */
export function judgeWindow(
  state: WindowBackground,
  { fields, measuredAt }: ReadingOf<'vibration'>,
  { recent, calm }: { recent: readonly ActiveWindow[]; calm: boolean },
): ActiveWindow {
  state.windows++
  const hours = hoursOf(state, measuredAt)
  // Of its final kind and length from the start, or it is copied as it grows.
  const bandsDb: (number | null)[] = [null, null, null, null, null, null, null]
  // Quick at first, so that a minute teaches enough; then so slow that a shift of work does not become normal.
  const riseDb = state.windows < EAGER_WINDOWS ? RISE_DB * (1 + 20 * Math.exp(-state.windows / 8)) : RISE_DB
  let excessDb = 0
  let lowDb = 0
  let clear = Number.NEGATIVE_INFINITY
  for (let b = 0; b < BANDS.length; b++) {
    const level = levelOf(fields, b)
    const db = level === null ? Number.NaN : 20 * Math.log10(Math.max(level, 1e-13))
    if (b >= FIRST_BAND) levelsDb[b - FIRST_BAND] = db
    if (level === null) continue
    const mostDb = b < FIRST_BAND ? Number.POSITIVE_INFINITY : ceilingDb(hours, measuredAt, b - FIRST_BAND)
    const background = Math.min(state.background[b] ?? db, mostDb)
    const above = db - background
    state.background[b] = above > 0 ? background + Math.min(above, riseDb) : background + FALL_SHARE * above
    const restless = follow(state, b, above, calm)
    bandsDb[b] = above
    if (b < FIRST_BAND) lowDb = Math.max(lowDb, above)
    else {
      excessDb = Math.max(excessDb, above)
      clear = Math.max(clear, above - ACTIVE_DB - RESTLESS_WEIGHT * restless)
    }
  }
  // An earthquake and its coda rise most where machines rise least.
  if (lowDb > excessDb + LOW_OVER_HIGH_DB) clear = Number.NEGATIVE_INFINITY
  const tone = lineOf('tone', fields.toneHz, fields.toneDb)
  const rhythm = lineOf('rhythm', fields.percussionHz, fields.percussionDb)
  const toneKept = tone ? coherence(tone, recent) : 0
  const rhythmKept = rhythm ? coherence(rhythm, recent) : 0
  const coherent = Math.max(toneKept, rhythmKept)
  const strange = (toneKept === 1 && isStrange(state, tone!)) || (rhythmKept === 1 && isStrange(state, rhythm!))
  const toneDb = fields.toneDb ?? 0
  const regular = toneDb >= TONE_DB || (fields.percussionDb ?? 0) >= RHYTHM_ALONE_DB
  const active = clear > 0 || (regular && excessDb >= TONE_ACTIVE_DB) || (strange && excessDb >= KEPT_ACTIVE_DB)
  learnLines(state, tone, rhythm)
  learnHours(hours, measuredAt, levelsDb)
  return {
    fromMs: measuredAt - 1000 * (fields.windowS ?? 5),
    active: state.windows > LEARNING_WINDOWS && active,
    excessDb,
    bandsDb,
    kurtosis: fields.kurtosis ?? 3,
    peakMPerS: fields.peakMPerS ?? 0,
    toneHz: fields.toneHz,
    toneDb,
    rhythmHz: fields.percussionHz,
    rhythmDb: fields.percussionDb ?? 0,
    coherent,
    walked: isWalk(fields),
  }
}

interface Line {
  readonly form: 'tone' | 'rhythm'
  readonly hz: number
  readonly db: number
}

const lineOf = (form: Line['form'], hz: number | null, db: number | null): Line | null =>
  hz !== null && db !== null ? { form, hz, db } : null

/** 1: one of the windows before carried it, too; half: it is strong; 0: it may be any noise's highest bin. */
function coherence({ form, hz, db }: Line, recent: readonly ActiveWindow[]): number {
  for (let i = Math.max(0, recent.length - LOOK_BACK); i < recent.length; i++) {
    const window = recent[i]!
    const beforeHz = form === 'tone' ? window.toneHz : window.rhythmHz
    const beforeDb = form === 'tone' ? window.toneDb : window.rhythmDb
    if (beforeHz === null) continue
    const off = Math.abs(beforeHz - hz)
    const least = Math.min(beforeDb, db)
    if (off <= Math.max(SAME_HZ, SAME_SHARE * hz) && least >= SAME_DB) return 1
    if (form === 'tone' && off <= SLIDES_SHARE * hz && least >= SLIDES_DB) return 1
  }
  return db >= ALONE_DB ? 0.5 : 0
}

const isNear = (known: { form: string; hz: number }, line: Line): boolean =>
  known.form === line.form && Math.abs(known.hz - line.hz) <= Math.max(2 * SAME_HZ, SAME_SHARE * line.hz)

const isConstant = (state: WindowBackground, line: Line): boolean =>
  state.lines.some((known) => known.share >= ALWAYS_SHARE && isNear(known, line))

const isStrange = (state: WindowBackground, line: Line): boolean => line.db >= KEPT_DB && !isConstant(state, line)

/** What is heard most of the time, the grid's hum or a plant far away, is learnt within an hour; a shift's machine, too, but it pauses. */
function learnLines(state: WindowBackground, tone: Line | null, rhythm: Line | null): void {
  const speed = Math.max(LINES_FOLLOW, 1 / (state.windows + 120))
  const heardTone = tone && tone.db >= LINE_DB ? tone : null
  const heardRhythm = rhythm && rhythm.db >= LINE_DB ? rhythm : null
  let toneKnown = false
  let rhythmKnown = false
  for (const known of state.lines) {
    const heard = known.form === 'tone' ? heardTone : heardRhythm
    if (heard === null || !isNear(known, heard)) {
      known.share -= known.share * speed
      continue
    }
    known.share += (1 - known.share) * speed
    known.hz += (heard.hz - known.hz) * 0.05
    if (known.form === 'tone') toneKnown = true
    else rhythmKnown = true
  }
  if (heardTone && !toneKnown) state.lines.push({ form: 'tone', hz: heardTone.hz, share: speed })
  if (heardRhythm && !rhythmKnown) state.lines.push({ form: 'rhythm', hz: heardRhythm.hz, share: speed })
  while (state.lines.length > MOST_LINES) state.lines.splice(rarestOf(state.lines), 1)
}

/** Among equals the last. */
function rarestOf(lines: readonly { readonly share: number }[]): number {
  let rarest = 0
  for (let i = 1; i < lines.length; i++) if (lines[i]!.share <= lines[rarest]!.share) rarest = i
  return rarest
}

const isWalk = ({ percussionHz, percussionDb, kurtosis }: FieldsOf<'vibration'>): boolean =>
  (kurtosis ?? 3) > DIGGING_KURTOSIS / 2 &&
  (percussionDb ?? 0) >= STEPS_DB &&
  (percussionHz ?? 0) >= STEPS_FROM_HZ &&
  (percussionHz ?? 0) <= STEPS_TO_HZ

/** After so long without a window what was quiet then is another hour's. */
const STALE_MS = 3_600_000

/** What is learnt by the hour; after a long silence the background begins with what is usual at this one. */
function hoursOf(state: WindowBackground, atMs: number): HourBackground {
  state.hours ??= createHourBackground(BANDS.length - FIRST_BAND)
  const { hours } = state
  if (hours.lastMs > 0 && atMs - hours.lastMs > STALE_MS) {
    for (let band = FIRST_BAND; band < BANDS.length; band++) {
      const usual = usualDb(hours, atMs, band - FIRST_BAND)
      if (usual !== null && state.background[band] !== undefined) state.background[band] = usual
    }
  }
  return hours
}

/** Learns how restless a band is while nothing goes on; returns it. */
function follow({ restless }: WindowBackground, band: number, above: number, calm: boolean): number {
  const before = restless[band] ?? 1
  const clipped = Math.min(Math.max(above, 0), RESTLESS_CLIP_DB)
  const after = calm ? before + (clipped - before) * RESTLESS_SHARE : before
  restless[band] = after
  return after
}

/** By position rather than by name: it is asked for seven times a window. */
function levelOf(fields: FieldsOf<'vibration'>, band: number): number | null {
  switch (band) {
    case 0:
      return fields.rmsTo4HzMPerS
    case 1:
      return fields.rmsTo9HzMPerS
    case 2:
      return fields.rmsTo18HzMPerS
    case 3:
      return fields.rmsTo30HzMPerS
    case 4:
      return fields.rmsTo45HzMPerS
    case 5:
      return fields.rmsTo100HzMPerS
    default:
      return fields.rmsTo200HzMPerS
  }
}
