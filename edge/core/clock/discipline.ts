/**
 * The gateway's own clock: decides, from looks at the system clock and at what its time daemon says, what UTC a
 * monotonic moment has, and within which bound. It never follows the system clock by itself: only a daemon that has
 * heard its reference since may move it. The first synchronisation moves everything since the start by one constant;
 * afterwards small differences are leaned out, a large forward one is jumped (a true gap in time), a large backward one
 * is leaned out too. What it cannot see: a daemon that is deceived together with its reference.
 */
import {
  type ClockQuality,
  type Instant,
  instant,
  type Millis,
  type Stamp,
  UNKNOWN_ERROR_MS,
} from '@minewarden/protocol/time.ts'
import type { ClockShift } from './clock-shift.ts'
import type { DaemonName, DaemonReport, Observation } from './daemon-answer.ts'
import { ErrorBound } from './error-bound.ts'
import { OffsetLine } from './offset-line.ts'

/** Differences up to here are leaned out: a leap second is. Above, time has truly jumped. */
export const JUMP_MS: Millis = 1_500
/** How fast small differences are leaned out; a sample of a block of a second is then not displaced. */
export const LEAN_PPM = 500
/** How fast the clock is led back when it was far ahead: an hour in eight days, and no block seems to overlap the last. */
export const LEAD_BACK_PPM = 5_000
/** Below this a difference is the noise of looking, and is followed at once. */
const NOISE_MS: Millis = 5
/** Moments told by the daemon are a little imprecise. */
const SLACK_MS: Millis = 2_000
/** A reference that was not heard for four of its intervals, within these ends, holds the clock no longer. */
const STALE_AFTER = { intervals: 4, leastMs: 600_000, mostMs: 10_800_000 } as const
/** Before this the clock was never set: this code is younger. */
export const NEVER_SET_BEFORE = Date.UTC(2025, 0, 1)

export interface DisciplineOptions {
  /** How far a disciplined crystal may wander, in parts per million. */
  readonly driftPpm: number
}

/** What an earlier process left, since this machine was started. */
export interface Remembered {
  /** UTC minus monotonic time. */
  readonly offsetMs: Millis
  /** Whether a daemon had vouched for it. */
  readonly isKnown: boolean
  readonly ageMs: Millis
}

/** What an observation led to, for the caller to act on or to log. */
export type ClockEvent =
  /** The time became known: everything stamped before is to be moved. */
  | { readonly kind: 'shifted'; readonly shift: ClockShift }
  | { readonly kind: 'jumped'; readonly byMs: Millis }
  | { readonly kind: 'led-back'; readonly byMs: Millis }
  /** The system clock shows another time, and no daemon stands behind it. */
  | { readonly kind: 'doubted'; readonly byMs: Millis }
  | { readonly kind: 'lost'; readonly source: DaemonName | null }
  | { readonly kind: 'held'; readonly source: DaemonName }

/** `unset`: no time yet. `assumed`: the machine shows a possible time, and nobody vouches for it. */
type Phase = 'unset' | 'assumed' | 'known'

/** The system clock as last seen, and since when it shows that time. */
interface Wall {
  readonly offsetMs: Millis
  readonly sinceMs: Millis
  readonly correctionMs: Millis | null
}

export class ClockDiscipline {
  readonly #line: OffsetLine
  readonly #bound: ErrorBound
  readonly #beganMs: Millis
  #phase: Phase = 'unset'
  #held: { readonly source: DaemonName; readonly quality: 'ntp' | 'gnss' } | null = null
  #source: DaemonName | null = null
  #wall: Wall
  #seenMs: Millis

  /**
   * @param first the first look, which is to be observed too
   * @param remembered of an earlier process: a time that nobody had vouched for is gone on with, so that its rows and ours
   * are moved as one; one that was known is held against a system clock that was set since
   */
  constructor(first: Observation, options: DisciplineOptions, remembered: Remembered | null = null) {
    const wasSet = remembered !== null && Math.abs(remembered.offsetMs - first.wallOffsetMs) > JUMP_MS
    const goesOn = remembered !== null && (wasSet || !remembered.isKnown)
    this.#line = new OffsetLine(goesOn ? remembered.offsetMs : first.wallOffsetMs)
    this.#bound = new ErrorBound(options.driftPpm)
    if (goesOn && remembered.isKnown) {
      this.#phase = 'known'
      this.#bound.first({ atMs: first.atMs, errorMs: JUMP_MS, skewPpm: null }, remembered.ageMs)
    }
    this.#beganMs = goesOn ? first.atMs - remembered.ageMs : first.atMs
    this.#seenMs = first.atMs
    this.#wall = { offsetMs: first.wallOffsetMs, sinceMs: first.atMs, correctionMs: null }
  }

  /** UTC of a monotonic moment, by what is known now. */
  stamp(monotonicMs: Millis): Stamp {
    return { at: this.#utc(monotonicMs), quality: this.quality(monotonicMs), errorMs: this.errorMs(monotonicMs) }
  }

  /** UTC of a monotonic moment. */
  utc(monotonicMs: Millis): Instant {
    return this.#utc(monotonicMs)
  }

  quality(monotonicMs: Millis): ClockQuality {
    if (this.#phase === 'unset') return 'unsynchronised'
    if (this.#phase === 'assumed' || this.#held === null) return 'holdover'
    return Math.abs(this.#line.remaining(monotonicMs)) > JUMP_MS ? 'holdover' : this.#held.quality
  }

  /** Bound of the error; {@link UNKNOWN_ERROR_MS}: none is known. */
  errorMs(monotonicMs: Millis): Millis {
    if (this.#phase !== 'known') return UNKNOWN_ERROR_MS
    return this.#bound.at(monotonicMs) + Math.abs(this.#line.remaining(monotonicMs))
  }

  /** Whether a daemon has told the time since the start. */
  get isKnown(): boolean {
    return this.#phase === 'known'
  }

  /** Whether the machine shows no time that could be true, or a daemon says that it still looks for it. */
  get isUnset(): boolean {
    return this.#phase === 'unset'
  }

  /** Which daemon answers; `null`: none. */
  get source(): DaemonName | null {
    return this.#source
  }

  /** Takes a look at the clock. Looks come in order of time. */
  observe(look: Observation): ClockEvent | null {
    const wall = this.#look(look)
    const { answer, atMs } = look
    this.#source = answer.kind === 'absent' ? null : answer.source
    let event: ClockEvent | null
    if (answer.kind === 'synchronised') event = this.#told(look, answer, wall)
    else event = this.#phase === 'known' ? this.#letGo() : this.#untold(look)
    this.#wall = wall
    this.#seenMs = atMs
    return event
  }

  #utc(monotonicMs: Millis): Instant {
    return instant(monotonicMs + this.#line.at(monotonicMs))
  }

  #look({ atMs, wallOffsetMs, answer }: Observation): Wall {
    const moved = Math.abs(wallOffsetMs - this.#wall.offsetMs) > NOISE_MS
    const correctionMs = answer.kind === 'synchronised' ? answer.correctionMs : null
    return { offsetMs: wallOffsetMs, sinceMs: moved ? atMs : this.#wall.sinceMs, correctionMs }
  }

  /** No daemon, or one that does not know the time itself, and we never knew it. */
  #untold({ atMs, wallOffsetMs, answer }: Observation): ClockEvent | null {
    if (answer.kind === 'unsynchronised') {
      this.#phase = 'unset'
      return null
    }
    const shown = atMs + wallOffsetMs
    if (shown < NEVER_SET_BEFORE) this.#phase = 'unset'
    else if (this.#utc(atMs) < NEVER_SET_BEFORE) {
      // Somebody has set it at last, by hand or by a daemon that we cannot ask.
      this.#phase = 'assumed'
      return this.#shift(atMs, wallOffsetMs, { quality: 'holdover', errorMs: UNKNOWN_ERROR_MS })
    } else this.#phase = 'assumed'
    return null
  }

  #letGo(): ClockEvent | null {
    if (this.#held === null) return null
    const { source } = this.#held
    this.#held = null
    return { kind: 'lost', source }
  }

  #told(look: Observation, report: DaemonReport, wall: Wall): ClockEvent | null {
    const { atMs } = look
    const standing = this.#leftToUs(look, report)
    const targetMs = look.wallOffsetMs + (standing ? report.correctionMs : 0)
    const errorMs = report.errorMs + look.wallErrorMs + (standing ? 0 : Math.abs(report.correctionMs))
    const heardMs = atMs - report.referenceAgeMs
    const isStale = report.referenceAgeMs > staleAfter(report)
    if (this.#phase !== 'known') return this.#firstTold(look, report, { targetMs, errorMs })

    const byMs = targetMs - this.#line.at(atMs)
    const isSane = report.referenceAgeMs >= -SLACK_MS
    const isLarge = Math.abs(byMs) > JUMP_MS
    // A large step must have been made by a daemon that heard its reference since we last looked; of a small one it
    // must have heard the reference after the clock showed the new time.
    const isNoise = Math.abs(byMs) <= NOISE_MS
    const isHeard = isLarge ? heardMs >= this.#seenMs - SLACK_MS : isNoise || heardMs >= wall.sinceMs
    if (!isSane || isStale || !isHeard) return this.#doubt(atMs, { byMs, errorMs, isLarge, isStale })

    const wasHeld = this.#held !== null
    this.#held = { source: report.source, quality: report.quality }
    // What the crystal has done since is not in every daemon's word.
    this.#bound.told({ atMs: Math.min(atMs, heardMs), errorMs, skewPpm: report.skewPpm })
    if (isLarge && byMs > 0) {
      this.#line.jump(atMs, byMs)
      return { kind: 'jumped', byMs }
    }
    const isAgain = isLarge && Math.abs(targetMs - this.#line.targetMs) <= JUMP_MS
    this.#line.lean(atMs, targetMs, isLarge ? LEAD_BACK_PPM : LEAN_PPM)
    if (isLarge) return isAgain ? null : { kind: 'led-back', byMs }
    return wasHeld ? null : { kind: 'held', source: report.source }
  }

  /** The first time that anybody vouches for. */
  #firstTold(look: Observation, report: DaemonReport, { targetMs, errorMs }: Aim): ClockEvent | null {
    const { atMs } = look
    // A reference in the future: the clock was set since. A large correction under way: it is still being mended.
    const isUnderWay = errorMs > report.errorMs + look.wallErrorMs + JUMP_MS
    if (report.referenceAgeMs < -SLACK_MS || isUnderWay) {
      this.#phase = 'unset'
      return null
    }
    this.#phase = 'known'
    const isStale = report.referenceAgeMs > staleAfter(report)
    this.#held = isStale ? null : { source: report.source, quality: report.quality }
    this.#bound.first({ atMs, errorMs, skewPpm: report.skewPpm }, Math.max(0, report.referenceAgeMs))
    const quality = isStale ? 'holdover' : report.quality
    return this.#shift(atMs, targetMs, { quality, errorMs: this.#bound.at(atMs) })
  }

  /** The daemon tells a time that it has not checked. A small difference may be true: it is in the bound until it has. */
  #doubt(atMs: Millis, { byMs, errorMs, isLarge, isStale }: Doubt): ClockEvent | null {
    if (!isStale && !isLarge) {
      this.#bound.atLeast(atMs, errorMs + Math.abs(byMs))
      return null
    }
    this.#bound.atLeast(atMs, isLarge ? 0 : errorMs)
    const event = this.#letGo()
    return isLarge && event !== null ? { kind: 'doubted', byMs } : event
  }

  #shift(atMs: Millis, targetMs: Millis, worth: Pick<ClockShift, 'quality' | 'errorMs'>): ClockEvent {
    const byMs = targetMs - this.#line.at(atMs)
    const sinceMs = this.#utc(this.#beganMs)
    const untilMs = this.#utc(atMs)
    this.#line.shift(targetMs)
    return { kind: 'shifted', shift: { sinceMs, untilMs, byMs, ...worth, driftPpm: this.#bound.growthPpm(atMs) } }
  }

  /** A correction that stays as it is from look to look is not being made by the daemon: it is left to us. */
  #leftToUs({ atMs }: Observation, { correctionMs }: DaemonReport): boolean {
    const before = this.#wall.correctionMs
    if (before === null || Math.abs(correctionMs) <= NOISE_MS) return false
    return Math.abs(correctionMs - before) <= 1 + (atMs - this.#seenMs) * 1e-4
  }
}

interface Aim {
  readonly targetMs: Millis
  readonly errorMs: Millis
}
interface Doubt {
  readonly byMs: Millis
  readonly errorMs: Millis
  readonly isLarge: boolean
  readonly isStale: boolean
}

const staleAfter = ({ updateIntervalMs }: DaemonReport): Millis =>
  Math.min(STALE_AFTER.mostMs, Math.max(STALE_AFTER.leastMs, STALE_AFTER.intervals * updateIntervalMs))
