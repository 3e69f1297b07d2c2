/**
 * Tells when a strong transient is over although its surroundings have not become quiet: a machine that began with the
 * round, or ran before it, holds every band above its old background, yet the shots stand far above that machine.
 * Looks at the energy of all bands over their background (the short averages of the trigger would remember a strong
 * shot for many of their lengths). A transient less than a hundred times stronger than what follows it is not parted.
 */
export interface Settling {
  /** A transient opened over this background energy of each band. */
  begin(background: Float64Array): void
  /** Takes one frame of the open transient. @returns whether it is over */
  step(energies: Float64Array, offset: number, frame: number): boolean
  /** Mean energy of each band since the transient was over. */
  readonly level: Float64Array
}

/** In energy: the peak over what came before, and over all that follows it. Shots of a round differ by less. */
const STANDS_OUT = 100
/** Longer than two shots of a round are apart. */
const SETTLED_S = 3
/** Single frames of a low band jump about. */
const SMOOTH_FRAMES = 5

/** @param bands how many; @param frameRateHz frames a second */
export function createSettling(bands: number, frameRateHz: number): Settling {
  const frames = Math.round(SETTLED_S * frameRateHz)
  const background = new Float64Array(bands)
  const level = new Float64Array(bands)
  const smooth = new Float64Array(SMOOTH_FRAMES)
  let peak = 0
  /** Frames since it was as loud as one of its shots. */
  let seen = 0

  const whitened = (energies: Float64Array, offset: number): number => {
    let sum = 0
    for (let b = 0; b < bands; b++) sum += energies[offset + b]! / background[b]!
    return sum / bands
  }

  return {
    level,
    begin(before) {
      background.set(before)
      smooth.fill(0)
      level.fill(0)
      peak = 0
      seen = 0
    },
    step(energies, offset, frame) {
      smooth[frame % SMOOTH_FRAMES] = whitened(energies, offset)
      let energy = 0
      for (let i = 0; i < SMOOTH_FRAMES; i++) energy += smooth[i]!
      energy /= SMOOTH_FRAMES
      peak = Math.max(peak, energy)
      if (energy * STANDS_OUT >= peak || peak < STANDS_OUT) {
        seen = 0
        level.fill(0)
        return false
      }
      seen++
      for (let b = 0; b < bands; b++) level[b] = level[b]! + (energies[offset + b]! - level[b]!) / seen
      return seen > frames
    },
  }
}
