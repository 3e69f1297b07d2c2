/**
 * Follows the lines of a spectrum from window to window: births, deaths, wander. A line is sure when it was found in
 * four of five windows within the reach of its own slide; it has ended when half a minute did not show it. What
 * it cannot see: a line weaker than its neighbourhood's noise; two that cross while they are nearer than two bins.
 */
import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import type { SpectralPeak } from './spectral-peaks.ts'

/** What is told of a line. Frequencies in Hz. */
export interface TrackedLine {
  readonly id: number
  readonly ended: boolean
  readonly sinceAt: Instant
  readonly heardAt: Instant
  readonly hz: number
  readonly leastHz: number
  readonly mostHz: number
  /** Standard deviation over the last two minutes (robust), and what a single estimate is uncertain by. */
  readonly wanderHz: number
  readonly errorHz: number
  readonly db: number
  readonly power: number
  /** Lines at two to eight times it; which multiple it is itself of a lower line. */
  readonly harmonics: number
  readonly order: number
  readonly presence: number
}

export interface LineTracker {
  /** Takes the peaks of one window. @returns what is to be told with it */
  push(peaks: readonly SpectralPeak[], window: { readonly fromAt: Instant; readonly toAt: Instant }): TrackedLine[]
  /** The source has ended, or its time was wrong: whatever runs is forgotten. */
  reset(): void
}

interface Track {
  readonly id: number
  readonly sinceAt: Instant
  heardAt: Instant
  /** Windows since its birth, those that showed it, and the last in a row that did not. */
  windows: number
  seen: number
  missed: number
  isSure: boolean
  toldAgo: number
  readonly recent: { readonly hz: number; readonly db: number; readonly errorHz: number; readonly power: number }[]
  leastHz: number
  mostHz: number
}

export interface TrackerOptions {
  /** Width of a bin: no line is followed more closely. */
  readonly binHz: number
  /** A line begins with a peak of at least so much. */
  readonly birthDb: number
  /** How far it may slide from one window to the next, as a share of its frequency. */
  readonly slide: number
}

/** Two minutes. */
const RECENT = 24
/** The mean that is told: half a minute. */
const MEAN_OF = 6
const SURE_SEEN = 4
const SURE_WITHIN = 5
const TENTATIVE_MISSES = 2
const SURE_MISSES = 6
const TELL_EACH = 6
/** Of a machine with all its multiples, or of several; the weakest tentative ones give way. */
const MOST_TRACKS = 24
const MOST_SURE = 12
/** More between two windows is a gap: nobody knows whether it was the same machine. */
const GAP_MS: Millis = 12_000
const MOST_HARMONIC = 8

export function createLineTracker({ binHz, birthDb, slide }: TrackerOptions): LineTracker {
  let tracks: Track[] = []
  let nextId = 1
  let reachedAt: Instant | null = null

  const reach = (track: Track): number => Math.max(1.2 * binHz, slide * track.recent.at(-1)!.hz)

  const assign = (peaks: readonly SpectralPeak[]): Map<Track, SpectralPeak> => {
    const found = new Map<Track, SpectralPeak>()
    const free = new Set(peaks)
    // Sure lines choose first, the oldest of them before the younger.
    for (const track of [...tracks].sort((a, b) => Number(b.isSure) - Number(a.isSure) || a.sinceAt - b.sinceAt)) {
      const from = track.recent.at(-1)!.hz
      let best: SpectralPeak | null = null
      for (const peak of free) {
        const off = Math.abs(peak.hz - from)
        if (off <= reach(track) && (best === null || off < Math.abs(best.hz - from))) best = peak
      }
      if (best === null) continue
      free.delete(best)
      found.set(track, best)
    }
    for (const peak of free) born.push(peak)
    return found
  }
  let born: SpectralPeak[] = []

  const follow = (track: Track, peak: SpectralPeak | undefined, toAt: Instant): void => {
    track.windows++
    track.toldAgo++
    if (!peak) {
      track.missed++
      return
    }
    track.missed = 0
    track.seen++
    track.heardAt = toAt
    track.recent.push(peak)
    if (track.recent.length > RECENT) track.recent.shift()
    track.leastHz = Math.min(track.leastHz, peak.hz)
    track.mostHz = Math.max(track.mostHz, peak.hz)
  }

  const begin = (peak: SpectralPeak, { fromAt, toAt }: { fromAt: Instant; toAt: Instant }): void => {
    if (peak.db < birthDb) return
    if (tracks.length >= MOST_TRACKS) {
      const weakest = tracks.filter((track) => !track.isSure).sort((a, b) => meanOf(a, 'db') - meanOf(b, 'db'))[0]
      if (!weakest || meanOf(weakest, 'db') >= peak.db) return
      tracks = tracks.filter((track) => track !== weakest)
    }
    const { hz } = peak
    const counts = { windows: 1, seen: 1, missed: 0, isSure: false, toldAgo: 0 }
    tracks.push({ id: nextId++, sinceAt: fromAt, heardAt: toAt, ...counts, recent: [peak], leastHz: hz, mostHz: hz })
  }

  /** Whether there is something to tell of a line with this window. */
  const isDue = (track: Track, sure: number): boolean => {
    if (track.isSure) return track.toldAgo >= TELL_EACH
    const isSure = track.seen >= SURE_SEEN && track.seen >= track.windows - (SURE_WITHIN - SURE_SEEN)
    if (!isSure || sure >= MOST_SURE) return false
    track.isSure = true
    return true
  }

  const isOver = ({ isSure, missed }: Track): boolean => missed >= (isSure ? SURE_MISSES : TENTATIVE_MISSES)

  const tell = (track: Track, ended: boolean): TrackedLine => {
    track.toldAgo = 0
    return described(track, { ended, others: tracks.filter((other) => other.isSure && other !== track), binHz })
  }

  const endAll = (): TrackedLine[] => {
    const ended = tracks.filter((track) => track.isSure).map((track) => tell(track, true))
    tracks = []
    return ended
  }

  return {
    push(peaks, window) {
      const told = reachedAt !== null && window.fromAt - reachedAt > GAP_MS ? endAll() : []
      reachedAt = window.toAt
      born = []
      const found = assign(peaks)
      for (const track of tracks) follow(track, found.get(track), window.toAt)
      told.push(...tracks.filter((track) => track.isSure && isOver(track)).map((track) => tell(track, true)))
      tracks = tracks.filter((track) => !isOver(track))
      for (const peak of born) begin(peak, window)
      for (const track of tracks) {
        if (isDue(track, tracks.filter((other) => other.isSure).length)) told.push(tell(track, false))
      }
      return told
    },
    reset() {
      tracks = []
      reachedAt = null
    },
  }
}

const meanOf = ({ recent }: Track, field: 'hz' | 'db' | 'errorHz' | 'power'): number => {
  const last = recent.slice(-MEAN_OF)
  return last.reduce((sum, value) => sum + value[field], 0) / last.length
}

function described(
  track: Track,
  { ended, others, binHz }: { ended: boolean; others: readonly Track[]; binHz: number },
): TrackedLine {
  const hz = meanOf(track, 'hz')
  const family = familyOf(
    hz,
    others.map((other) => meanOf(other, 'hz')),
    binHz,
  )
  return {
    id: track.id,
    ended,
    sinceAt: instant(track.sinceAt),
    heardAt: track.heardAt,
    hz,
    leastHz: track.leastHz,
    mostHz: track.mostHz,
    wanderHz: spreadOf(track.recent.map((value) => value.hz)),
    errorHz: meanOf(track, 'errorHz'),
    db: meanOf(track, 'db'),
    power: meanOf(track, 'power'),
    ...family,
    presence: track.seen / track.windows,
  }
}

/** Of a normal distribution, the standard deviation over the median of the deviations. */
const NORMAL = 1.4826

/** By the median of the deviations from the median: a window that something else shook does not count. */
function spreadOf(values: readonly number[]): number {
  const centre = middle(values)
  return NORMAL * middle(values.map((value) => Math.abs(value - centre)))
}

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

/** How many of the others are multiples of it, and which multiple it is of the lowest that divides it. */
function familyOf(hz: number, others: readonly number[], binHz: number): { harmonics: number; order: number } {
  const multiple = (high: number, low: number): number => {
    const n = Math.round(high / low)
    return n >= 2 && n <= MOST_HARMONIC && Math.abs(high - n * low) <= Math.min(binHz, 0.02 * high) ? n : 0
  }
  const lower = others.filter((other) => multiple(hz, other) > 0).sort((a, b) => a - b)[0]
  return {
    harmonics: others.filter((other) => multiple(other, hz) > 0).length,
    order: lower === undefined ? 1 : multiple(hz, lower),
  }
}
