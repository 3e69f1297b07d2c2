/**
 * The machines of a small mine: how they shake the ground and what they draw.
 *
 * Speeds and mechanisms are the trade's (drills 30-40 blows/s, jaw crushers 200-300 strokes/min, motors of 2 and 4
 * poles a few percent below 50 Hz). `velocityAt10M` is a guess of the order of magnitude: no measurement of these
 * machines beside a sealed mine was found in the open, and none of these numbers may be used to tune a detector.
 */
export type Shaking =
  /** Blows on rock: a train of impulses, each ringing in the ground. */
  | { readonly kind: 'percussion'; readonly blowsPerS: number; readonly ringHz: number }
  /** A jaw: a slow stroke, and stones that break at its closing. */
  | { readonly kind: 'jaw'; readonly strokesPerS: number; readonly ringHz: number }
  /** Something that turns: lines at multiples of its speed. */
  | {
      readonly kind: 'rotor'
      readonly turnsPerS: number
      /** Relative amplitude of the 1st, 2nd, 3rd... multiple. */
      readonly harmonics: readonly number[]
      /** Standard deviation of the speed, as a share of it; the grid holds a motor, a governor holds a diesel less well. */
      readonly wander: number
    }

export interface Machine {
  readonly drive: 'electric' | 'diesel' | 'compressed-air'
  /** Drawn from the supply at full load; 0 for what is not driven by it directly. */
  readonly ratedW: number
  /** Share of full load: mean, swing about it, and how long a swing takes. */
  readonly load: { readonly mean: number; readonly swing: number; readonly periodS: number }
  /** Compressors run loaded and unloaded by turns; unloaded they draw `idle` of full load. */
  readonly cycle?: { readonly loadedS: number; readonly unloadedS: number; readonly idle: number }
  /** Root mean square of the ground velocity 10 m away, m/s. */
  readonly velocityAt10M: number
  readonly shaking: Shaking
}

const STEADY = { mean: 0.93, swing: 0.02, periodS: 40 }

export const MACHINES = {
  'drainage-pump': {
    drive: 'electric',
    ratedW: 7_500,
    load: STEADY,
    velocityAt10M: 1.6e-6,
    shaking: { kind: 'rotor', turnsPerS: 24.7, harmonics: [1, 0.5, 0.1], wander: 0.0004 },
  },
  'rock-drill': {
    drive: 'compressed-air',
    ratedW: 0,
    load: STEADY,
    velocityAt10M: 7e-5,
    shaking: { kind: 'percussion', blowsPerS: 34, ringHz: 62 },
  },
  'belt-conveyor': {
    drive: 'electric',
    ratedW: 13_500,
    load: STEADY,
    velocityAt10M: 8e-6,
    shaking: { kind: 'rotor', turnsPerS: 24.4, harmonics: [1, 0.4, 0.2], wander: 0.0006 },
  },
  'jaw-crusher': {
    drive: 'electric',
    ratedW: 22_000,
    load: { mean: 0.68, swing: 0.22, periodS: 7 },
    velocityAt10M: 9e-5,
    shaking: { kind: 'jaw', strokesPerS: 4.3, ringHz: 17 },
  },
  compressor: {
    drive: 'electric',
    ratedW: 13_000,
    load: { mean: 0.92, swing: 0.03, periodS: 20 },
    cycle: { loadedS: 42, unloadedS: 18, idle: 0.35 },
    velocityAt10M: 1.4e-5,
    shaking: { kind: 'rotor', turnsPerS: 12.2, harmonics: [1, 0.7, 0.25, 0.12], wander: 0.001 },
  },
  'local-fan': {
    drive: 'electric',
    ratedW: 5_500,
    load: STEADY,
    velocityAt10M: 2.5e-6,
    shaking: { kind: 'rotor', turnsPerS: 48.8, harmonics: [1, 0.2], wander: 0.0004 },
  },
  'diesel-generator': {
    drive: 'diesel',
    ratedW: 0,
    load: STEADY,
    velocityAt10M: 1.2e-5,
    shaking: { kind: 'rotor', turnsPerS: 25.2, harmonics: [0.8, 1, 0.3, 0.2], wander: 0.006 },
  },
} as const satisfies Record<string, Machine>

export type MachineName = keyof typeof MACHINES
