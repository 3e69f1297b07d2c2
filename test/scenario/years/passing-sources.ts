/**
 * Sources that shake a site once and are over: shots, quakes, thunder, what passes by. Each fills a wave of its own with
 * parameters drawn within what physics and the literature allow; amplitudes are scaled to a peak of 1 afterwards.
 */
import type { Random } from './random.ts'
import { addBurst, addLine, addRumble, createWave, type Wave } from './waves.ts'

/** Renders one example. */
export type Render = (rateHz: number, random: Random) => Wave

const LEAD_S = 1

/**
 * A round near by (60 to 600 m): shots of like charge whose pulses last some tens of milliseconds; rock leaves 25 to 90 Hz
 * of them and rings at 4 to 9 Hz. Scatter of pyrotechnic delays: 2 to 10 % of their nominal time.
 * @see USBM RI 8507 (Siskind et al., 1980) for frequencies; Bendezu et al., https://doi.org/10.1590/0370-44672015700108 for scatter
 */
const round =
  (shots: readonly [number, number], delayS: readonly [number, number], scatter: number): Render =>
  (rateHz, random) => {
    const count = Math.round(random.between(...shots))
    const delay = random.ratio(...delayS)
    const wave = createWave(LEAD_S + count * delay + 6, rateHz)
    const highHz = random.ratio(25, 90)
    const decayS = random.ratio(0.03, 0.2)
    const ringing = random.ratio(0.04, 0.4)
    for (let shot = 0; shot < count; shot++) {
      const atS = LEAD_S + shot * delay * (1 + scatter * random.gauss())
      const amplitude = random.between(0.55, 1)
      addBurst(wave, atS, { amplitude, riseS: 0.008, decayS, lowHz: random.between(6, 14), highHz }, random)
      addBurst(
        wave,
        atS + 0.02,
        { amplitude: ringing * amplitude, riseS: 0.06, decayS: 0.35, lowHz: 3, highHz: 9 },
        random,
      )
    }
    return wave
  }

/** A quarry 0.8 to 8 km off: many holes within a second or two, P, S and a long train of Rayleigh waves of 2 to 8 Hz. */
const quarry: Render = (rateHz, random) => {
  const km = random.ratio(0.8, 8)
  const wave = createWave(LEAD_S + 14 + 2 * km, rateHz)
  const holes = Math.round(random.between(12, 50))
  const between = random.pick([0.017, 0.025, 0.042])
  const highHz = Math.min(40, 45 / km)
  for (let hole = 0; hole < holes; hole++) {
    const atS = LEAD_S + hole * between * (1 + 0.03 * random.gauss())
    const one = random.between(0.6, 1) / Math.sqrt(holes)
    addBurst(wave, atS, { amplitude: 0.5 * one, riseS: 0.02 * km, decayS: 0.15 + 0.1 * km, lowHz: 4, highHz }, random)
    addBurst(
      wave,
      atS + km / 8,
      { amplitude: one, riseS: 0.05 * km, decayS: 0.3 + 0.2 * km, lowHz: 3, highHz: 0.6 * highHz },
      random,
    )
    addBurst(
      wave,
      atS + km / 2.2 - km / 5.5,
      { amplitude: 1.3 * one, riseS: 0.1 * km, decayS: 0.8 + 0.4 * km, lowHz: 1.5, highHz: 6 },
      random,
    )
  }
  return wave
}

/**
 * An earthquake 20 to 250 km off: S after P by a second each 8 km, corner of P as a magnitude of 2 to 4 and the way leave
 * it, a coda that outlasts twice the time of S (Rautian & Khalturin 1978).
 */
const earthquake: Render = (rateHz, random) => {
  const km = random.ratio(20, 250)
  const lag = km / 8
  const long = random.ratio(0.5, 3.5)
  const wave = createWave(LEAD_S + 3 * lag + 25 * Math.max(1, long), rateHz)
  const highHz = random.ratio(6, 25) / (1 + km / 120)
  addBurst(
    wave,
    LEAD_S,
    { amplitude: random.between(0.12, 0.5), riseS: 0.1, decayS: 0.5 + lag / 2, lowHz: 1.5, highHz },
    random,
  )
  addBurst(
    wave,
    LEAD_S + lag,
    { amplitude: 1, riseS: 0.2, decayS: (2 + lag / 3) * long, lowHz: 1, highHz: 0.7 * highHz },
    random,
  )
  addBurst(
    wave,
    LEAD_S + lag,
    { amplitude: random.between(0.1, 0.5), riseS: 0.5, decayS: (8 + lag / 2) * long, lowHz: 1, highHz: 0.6 * highHz },
    random,
  )
  return wave
}

/** Thunder felt through the ground: claps and a roll of 8 to 60 Hz over 4 to 20 s (Lin & Langston 2009, https://doi.org/10.1029/2008JD010827). */
const thunder: Render = (rateHz, random) => {
  const lengthS = random.ratio(4, 20)
  const wave = createWave(LEAD_S + lengthS + 4, rateHz)
  const highHz = random.ratio(25, 70)
  const claps = Math.round(random.between(1, 6))
  for (let clap = 0; clap < claps; clap++) {
    const atS = LEAD_S + (clap === 0 ? random.between(0, 0.3) : random.between(0, 0.7)) * lengthS
    addBurst(
      wave,
      atS,
      {
        amplitude: random.between(0.3, 1),
        riseS: random.ratio(0.03, 0.6),
        decayS: random.ratio(0.3, 1.5),
        lowHz: 8,
        highHz,
      },
      random,
    )
  }
  addBurst(
    wave,
    LEAD_S,
    { amplitude: 0.35, riseS: 0.3 * lengthS, decayS: 0.25 * lengthS, lowHz: 7, highHz: 0.6 * highHz },
    random,
  )
  return wave
}

/** What passes on a road: a swell of the nearest distance over the speed, axles at 8 to 16 Hz, firing of the engine. */
const vehicle =
  (seconds: readonly [number, number], firingHz: readonly [number, number], engine: number): Render =>
  (rateHz, random) => {
    const halfS = random.ratio(...seconds)
    const wave = createWave(8 * halfS + 2, rateHz)
    const nearestS = 4 * halfS
    const swell = (s: number) => (1 + ((s - nearestS) / halfS) ** 2) ** -0.75
    addRumble(wave, { lowHz: random.between(6, 10), highHz: random.between(18, 35) }, swell, random)
    const hz = random.between(...firingHz)
    addLine(
      wave,
      (s) => hz * (1 - 0.01 * Math.tanh((s - nearestS) / halfS)),
      (s) => engine * swell(s),
      [1, 0.4, 0.2],
    )
    return wave
  }

/** Steps: a person's are even, 1.6 to 2.1 a second (Ekimov & Sabatier 2006, https://doi.org/10.1121/1.2217371); a herd's are not. */
const steps =
  (even: boolean): Render =>
  (rateHz, random) => {
    const lengthS = random.between(15, 60)
    const wave = createWave(lengthS, rateHz)
    const interval = even ? 1 / random.between(1.6, 2.1) : random.between(0.15, 0.6)
    const halfS = lengthS / random.between(4, 8)
    const highHz = random.ratio(20, 70)
    for (let s = 0.5; s < lengthS; s += interval * (even ? 1 + 0.04 * random.gauss() : -Math.log(1 - random.next()))) {
      const near = (1 + ((s - lengthS / 2) / halfS) ** 2) ** -1
      addBurst(
        wave,
        s,
        {
          amplitude: near * random.between(0.7, 1),
          riseS: 0.01,
          decayS: random.between(0.03, 0.06),
          lowHz: 10,
          highHz,
        },
        random,
      )
    }
    return wave
  }

/**
 * Stones that fall: a boulder's one knock, or knocks of any strength that swell and thin out over 2 to 15 s as it tumbles
 * and takes others along.
 * @see Dietze et al. 2017, https://doi.org/10.5194/esurf-5-757-2017
 */
const rockfall: Render = (rateHz, random) => {
  const lengthS = random.chance(0.3) ? 0.1 : random.ratio(2, 15)
  const wave = createWave(LEAD_S + lengthS + 4, rateHz)
  const knocks = 1 + random.poisson(2 * lengthS)
  const highHz = random.ratio(20, 60)
  for (let knock = 0; knock < knocks; knock++) {
    const share = knock / knocks
    const amplitude = Math.exp(0.9 * random.gauss()) * (0.2 + Math.sin(Math.PI * (0.1 + 0.9 * share)))
    addBurst(
      wave,
      LEAD_S + share * lengthS + random.between(0, 0.3),
      { amplitude, riseS: 0.01, decayS: random.ratio(0.05, 0.3), lowHz: random.ratio(4, 12), highHz },
      random,
    )
  }
  return wave
}

/** One crack or twig beside the sensor, or a drop on its case. */
const tick: Render = (rateHz, random) => {
  const wave = createWave(LEAD_S + 3, rateHz)
  addBurst(
    wave,
    LEAD_S,
    { amplitude: 1, riseS: 0.004, decayS: random.ratio(0.01, 0.06), lowHz: 20, highHz: random.ratio(50, 100) },
    random,
  )
  return wave
}

/** A spark in the electronics: one sample. */
const glitch: Render = (rateHz) => {
  const wave = createWave(LEAD_S + 2, rateHz)
  wave.samples[Math.round(LEAD_S * rateHz)] = 1
  return wave
}

/** Wind in trees and masts: a swell of seconds without a beginning. */
const gust: Render = (rateHz, random) => {
  const halfS = random.ratio(2, 9)
  const wave = createWave(6 * halfS, rateHz)
  addRumble(
    wave,
    { lowHz: 2, highHz: random.ratio(15, 50) },
    (s) => Math.exp(-(((s - 3 * halfS) / halfS) ** 2)),
    random,
  )
  return wave
}

export const PASSING = {
  'round-milliseconds': round([3, 14], [0.02, 0.09], 0.04),
  'round-half-seconds': round([4, 9], [0.3, 0.9], 0.06),
  'single-shot': round([1, 2], [0.02, 0.06], 0.04),
  quarry,
  earthquake,
  thunder,
  truck: vehicle([2, 8], [35, 70], 0.3),
  tractor: vehicle([5, 15], [10, 18], 1),
  motorcycle: vehicle([1.5, 4], [55, 100], 1.2),
  walker: steps(true),
  animals: steps(false),
  rockfall,
  tick,
  glitch,
  gust,
} as const satisfies Record<string, Render>
