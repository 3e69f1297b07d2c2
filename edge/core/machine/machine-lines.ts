/** The lines of one sensor, of its motion and of its envelope, as readings. */
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { createLineTracker, type LineTracker, type TrackedLine } from './line-tracker.ts'
import type { SpectralPeak } from './spectral-peaks.ts'

/** Peaks of one window. */
export interface MachineWindow {
  readonly tones: readonly SpectralPeak[]
  readonly rhythms: readonly SpectralPeak[]
  readonly toneBinHz: number
  readonly rhythmBinHz: number
  readonly toneSize: number
  readonly rhythmSize: number
  readonly measuredAt: Instant
}

export interface MachineLines {
  /** Takes the lines of one window; readings of what is to be told, without the clock's worth. */
  push(window: MachineWindow): Omit<Extract<Reading, { kind: 'machineLine' }>, 'clock' | 'clockErrorMs'>[]
  /** Times were wrong until now: what runs begins anew. */
  reset(): void
}

/** A line begins this far above its neighbourhood: noise does so in one window of hundreds, in four of five never. */
const TONE_BIRTH_DB = 11
const RHYTHM_BIRTH_DB = 10
/** A winch that is run up slides by so much a window; strokes and blows keep their time more closely. */
const TONE_SLIDE = 0.04
const RHYTHM_SLIDE = 0.05
/** Rhythms are counted apart. */
const RHYTHM_IDS = 1_000_000

export function createMachineLines(sensor: SensorId, windowMs: number): MachineLines {
  let tones: LineTracker | null = null
  let rhythms: LineTracker | null = null
  let bins = ''

  const begin = ({ toneBinHz, rhythmBinHz }: MachineWindow) => {
    const key = `${toneBinHz} ${rhythmBinHz}`
    if (key === bins && tones && rhythms) return { tones, rhythms }
    bins = key
    tones = createLineTracker({ binHz: toneBinHz, birthDb: TONE_BIRTH_DB, slide: TONE_SLIDE })
    rhythms = createLineTracker({ binHz: rhythmBinHz, birthDb: RHYTHM_BIRTH_DB, slide: RHYTHM_SLIDE })
    return { tones, rhythms }
  }

  return {
    push(window) {
      const trackers = begin(window)
      const times = { fromAt: instant(window.measuredAt - windowMs), toAt: window.measuredAt }
      const head = { kind: 'machineLine', sensor, channel: null, measuredAt: window.measuredAt } as const
      return [
        ...trackers.tones.push(window.tones, times).map((line) => fieldsOf(line, 'tone', window.toneSize)),
        ...trackers.rhythms
          .push(withoutBeats(window), times)
          .map((line) => fieldsOf(line, 'rhythm', window.rhythmSize)),
      ].map((fields) => ({ ...head, fields }))
    },
    reset() {
      tones?.reset()
      rhythms?.reset()
    },
  }
}

/** Tones so strong shake the envelope, too. */
const BEATING_DB = 11

/**
 * The rhythms that are no shadow of tones: the energy of a tone ripples at twice its frequency, folded by the rate of
 * the frames, and two tones beat at their difference and sum. Of three tones and more nothing is taken away: they are
 * the multiples of blows, whose rhythm is their difference.
 */
function withoutBeats({ tones, rhythms, rhythmBinHz, rhythmSize }: MachineWindow): readonly SpectralPeak[] {
  const strong = tones.filter((tone) => tone.db >= BEATING_DB).map((tone) => tone.hz)
  if (strong.length === 0 || strong.length > 2) return rhythms
  const frameRateHz = rhythmBinHz * rhythmSize
  const folded = (hz: number) => Math.abs(hz - frameRateHz * Math.round(hz / frameRateHz))
  const [a, b] = [strong[0]!, strong[1] ?? strong[0]!]
  const shadows = [2 * a, 2 * b, a + b, Math.abs(a - b)].map(folded)
  return rhythms.filter((rhythm) => shadows.every((hz) => Math.abs(rhythm.hz - hz) > 1.5 * rhythmBinHz))
}

const fieldsOf = (line: TrackedLine, form: 'tone' | 'rhythm', size: number) => ({
  line: line.id + (form === 'rhythm' ? RHYTHM_IDS : 0),
  phase: line.ended ? 'ended' : 'runs',
  form,
  sinceMs: line.sinceAt,
  heardMs: line.heardAt,
  hz: line.hz,
  leastHz: line.leastHz,
  mostHz: line.mostHz,
  wanderHz: line.wanderHz,
  errorHz: line.errorHz,
  db: line.db,
  // A sine of amplitude A under a Hann window of N samples has |X| = A N / 4 in its bin.
  amplitudeMPerS: (4 * Math.sqrt(line.power)) / size,
  harmonics: line.harmonics,
  order: line.order,
  presence: line.presence,
})
