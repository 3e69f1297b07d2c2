/**
 * Two waves of one source: P first, S behind it by a second for each 8 km. S is sought where the energy jumps most
 * after the first moments; the largest amplitude before it over the largest from it on, band by band, is the P/S
 * ratio: an explosion makes little S of its own. On one vertical component it is a poor man's ratio, and a
 * delay-fired round has jumps of its own: it counts among other features only.
 *
 * @see Walter et al., Phase and spectral ratio discrimination between NTS earthquakes and explosions (BSSA 85, 1995)
 */
export interface Phases {
  /** From the onset to S. */
  readonly lagS: number
  readonly frame: number
}

/** S closer to P than this is one train with it; farther, the two would be two events. */
const NEAREST_S = 0.4
const FARTHEST_S = 12
/** Averaged over so long before and after. */
const AVERAGE_S = 0.4
/** Energy after over energy before, and over noise, that makes a jump an arrival. */
const JUMP = 2.5
const OVER_FLOOR = 4
/** An arrival is picked to within so many frames: they belong to neither side. */
const GUARD_FRAMES = 5

/**
 * @param envelope energy by frame over the background's, from the onset on; noise stands near `floor`
 * @returns `null` where nothing jumps
 */
export function findPhases(envelope: Float64Array, floor: number, frameRateHz: number): Phases | null {
  const span = Math.max(2, Math.round(AVERAGE_S * frameRateHz))
  const last = Math.min(envelope.length - span, Math.round(FARTHEST_S * frameRateHz))
  let best = JUMP
  let frame = -1
  for (let f = Math.round(NEAREST_S * frameRateHz); f <= last; f++) {
    const after = mean(envelope, f, f + span)
    if (after < OVER_FLOOR * floor) continue
    const jump = after / Math.max(mean(envelope, Math.max(0, f - span), f), floor)
    if (jump > best) {
      best = jump
      frame = f
    }
  }
  return frame < 0 ? null : { lagS: frame / frameRateHz, frame }
}

function mean(x: Float64Array, from: number, to: number): number {
  let sum = 0
  for (let i = from; i < to; i++) sum += x[i]!
  return sum / (to - from)
}

/**
 * Amplitude ratio in dB of what came before a frame and what came from it on; three frames averaged. The moments before
 * that frame count as S: its beginning is uncertain by them.
 */
export function phaseRatioDb(energyAt: (frame: number) => number, frames: number, split: number): number | null {
  let p = 0
  let s = 0
  for (let f = 1; f + 1 < frames; f++) {
    const energy = (energyAt(f - 1) + energyAt(f) + energyAt(f + 1)) / 3
    if (f < split - GUARD_FRAMES) p = Math.max(p, energy)
    else s = Math.max(s, energy)
  }
  return p > 0 && s > 0 ? 10 * Math.log10(p / s) : null
}
