/**
 * Finds transients in the band energies of a channel: any band's short-term average that stands out of its long-term
 * one opens a segment, and a long enough silence of all bands closes it. The silence is longer than the longest delay
 * between the shots of a round, so that a delay-fired round stays one event; a much stronger sudden arrival inside a
 * long segment (a blast while a lorry passes) opens its own. Where a machine runs on after a much stronger transient,
 * the segment closes all the same (`settling.ts`), and the machine is the background from there on. Cannot see a shot
 * weaker than the machine that runs beside it in every band.
 */
import type { Band } from '../dsp/bands.ts'
import { createStaLta, type StaLta, stepStaLta } from '../dsp/sta-lta.ts'
import { createSettling } from './settling.ts'
import type { TriggerClass } from './trigger-class.ts'

/** A transient by frame numbers of its run. */
export interface Segment {
  readonly onset: number
  /** Last frame in which a band stood out. */
  readonly last: number
  /** The frame at which it was closed: nothing later was looked at. */
  readonly closedAt: number
  /** Background energy of each band at the onset. */
  readonly background: Float64Array
  /** Closed by a gap, by its length or by a stronger arrival, not by silence. */
  readonly cut: boolean
}

export interface Trigger {
  /** Takes the energies of one frame (from `offset` on, one for each band); may close a segment. */
  step(energies: Float64Array, offset: number, frame: number): Segment | null
  /** The run ends at `frame`: closes what is open and forgets frame numbers, but not the background. */
  endRun(frame: number): Segment | null
}

const LTA_CLAMP = 9
const WARM_UP_S = 20
/** Filters ring when a run resumes after a gap. */
const RESUME_S = 1.5
/** Half-second delays go up to 5 s in number, but two neighbours are seldom more than 2.5 s apart. */
const SILENCE_S = 3
const LONGEST_S = 45
/** For so long the background at the onset is the measure; then the running one, so that a machine is learnt. */
const HOLD_S = 12
/** A new arrival inside a segment: so much over the background, and over all of the segment but its last moments. */
const ARRIVAL_RATIO = 12
const ARRIVAL_AFTER_S = 3
/** A sharp arrival comes up within this. */
const ARRIVAL_WITHIN_S = 0.3
/** How far back from the trigger the onset is sought, and what still belongs to it. */
const LOOK_BACK_S = 1.2
const ONSET_RATIO = 3
const ONSET_BREAK_FRAMES = 4

/** @param frameRateHz frames a second */
export function createTrigger(
  bands: readonly Band[],
  frameRateHz: number,
  { staScale, shortestStaS, ltaS, onRatio, offRatio }: TriggerClass,
): Trigger {
  const count = bands.length
  const averages: StaLta[] = bands.map(createStaLta)
  const options = bands.map((band) => ({
    staLength: Math.max(2, Math.round(Math.max(shortestStaS, staScale * band.staS) * frameRateHz)),
    ltaLength: Math.round(ltaS * frameRateHz),
    clamp: LTA_CLAMP,
  }))
  /** Largest short-term average of the segment until a moment ago, and the averages since then. */
  const peak = new Float64Array(count)
  const lag = Math.max(1, Math.round(ARRIVAL_WITHIN_S * frameRateHz))
  const latest = new Float64Array(count * lag)
  const background = new Float64Array(count)
  const history = createHistory(count, Math.ceil(LOOK_BACK_S * frameRateHz))
  const settling = createSettling(count, frameRateHz)
  /** The background before a transient after which something ran on; until when and since when it may be back. */
  const quiet = new Float64Array(count)
  let quietUntil = -1
  let quietSince = -1
  let seen = 0
  let sinceResume = 0
  let onset = -1
  let last = -1

  const open = (band: number, frame: number) => {
    for (let b = 0; b < count; b++) background[b] = averages[b]!.lta
    peak.fill(0)
    latest.fill(0)
    onset = history.onsetBefore(band, frame, ONSET_RATIO * background[band]!)
    last = frame
    settling.begin(background)
  }
  const close = (frame: number, cut: boolean): Segment => {
    const segment = { onset, last, closedAt: frame, background: background.slice(), cut }
    onset = -1
    return segment
  }

  /** An arrival far above an open segment begins its own: what ran just before is its background. */
  const reopen = (band: number, frame: number): Segment => {
    const before = history.levelBefore(lag)
    const segment = close(frame, true)
    open(band, frame)
    background.set(before)
    settling.begin(before)
    onset = Math.max(history.onsetBefore(band, frame, ONSET_RATIO * before[band]!), segment.onset + 1)
    return { ...segment, last: Math.max(segment.onset, Math.min(segment.last, onset - 1)) }
  }

  /** A strong transient is over, and what runs on (a machine, or its own coda) is the background of what comes next. */
  const settle = (frame: number): Segment => {
    quiet.set(background)
    quietUntil = frame + Math.round(LONGEST_S * frameRateHz)
    quietSince = frame
    for (let b = 0; b < count; b++) {
      const level = Math.max(settling.level[b]!, background[b]!)
      averages[b]!.sta = level
      averages[b]!.lta = level
    }
    return close(frame, false)
  }

  /** When what ran on has stopped within the minute, the background is what it was: the trigger is not left deaf. */
  const recover = (frame: number) => {
    if (averages.some((average, b) => average.sta > offRatio * quiet[b]!)) quietSince = frame
    if (frame - quietSince > SILENCE_S * frameRateHz) {
      for (let b = 0; b < count; b++) averages[b]!.lta = Math.min(averages[b]!.lta, quiet[b]!)
      quietUntil = -1
    }
  }

  /** The band whose ratio is highest above the opening threshold, or -1. */
  const loudest = (): number => {
    let best = -1
    let bestRatio = onRatio
    for (let b = 0; b < count; b++) {
      const ratio = averages[b]!.sta / averages[b]!.lta
      if (ratio > bestRatio) {
        bestRatio = ratio
        best = b
      }
    }
    return best
  }

  /** Follows an open segment; returns the band of a new arrival, or -1. */
  const follow = (frame: number): number => {
    const age = (frame - onset) / frameRateHz
    let arrival = -1
    for (let b = 0; b < count; b++) {
      const { sta, lta } = averages[b]!
      if (age > HOLD_S && lta > background[b]!) background[b] = lta
      if (sta > offRatio * background[b]!) last = frame
      if (age > ARRIVAL_AFTER_S && sta > ARRIVAL_RATIO * Math.max(peak[b]!, background[b]!)) arrival = b
      const at = (frame % lag) * count + b
      peak[b] = Math.max(peak[b]!, latest[at]!)
      latest[at] = sta
    }
    return arrival
  }

  return {
    step(energies, offset, frame) {
      for (let b = 0; b < count; b++) {
        const average = averages[b]!
        // A band without any energy (a dead channel) would make every later sample a transient.
        stepStaLta(average, Math.max(energies[offset + b]!, Number.MIN_VALUE), options[b]!)
      }
      history.push(energies, offset, frame)
      seen++
      sinceResume++
      if (frame < quietUntil) recover(frame)
      if (onset < 0) {
        if (seen < WARM_UP_S * frameRateHz || sinceResume < RESUME_S * frameRateHz) return null
        const band = loudest()
        if (band >= 0) open(band, frame)
        return null
      }
      const arrival = follow(frame)
      if (arrival >= 0) return reopen(arrival, frame)
      if (frame - last > SILENCE_S * frameRateHz) return close(frame, false)
      if (settling.step(energies, offset, frame)) return settle(frame)
      if (frame - onset > LONGEST_S * frameRateHz) return close(frame, true)
      return null
    },
    endRun(frame) {
      sinceResume = 0
      quietUntil = -1
      history.reset()
      return onset < 0 ? null : close(frame, true)
    },
  }
}

/** The last frames of all bands, to walk back from a trigger to where the transient began. */
function createHistory(bands: number, length: number) {
  const store = new Float64Array(bands * length)
  let newest = -1
  let kept = 0
  return {
    push(energies: Float64Array, offset: number, frame: number) {
      const at = (frame % length) * bands
      for (let b = 0; b < bands; b++) store[at + b] = energies[offset + b]!
      newest = frame
      kept = Math.min(length, kept + 1)
    },
    /** The earliest frame of the rise that led to `frame`. */
    onsetBefore(band: number, frame: number, floor: number): number {
      let earliest = frame
      let quiet = 0
      for (let f = frame; f > newest - kept && quiet <= ONSET_BREAK_FRAMES; f--) {
        if (store[(f % length) * bands + band]! > floor) {
          earliest = f
          quiet = 0
        } else quiet++
      }
      return earliest
    },
    /** Mean energy of each band up to `ago` frames before the newest. */
    levelBefore(ago: number): Float64Array {
      const level = new Float64Array(bands)
      const from = newest - kept + 1
      for (let f = from; f <= newest - ago; f++) {
        for (let b = 0; b < bands; b++)
          level[b] = level[b]! + store[(f % length) * bands + b]! / (newest - ago - from + 1)
      }
      return level
    },
    reset() {
      kept = 0
    },
  }
}
