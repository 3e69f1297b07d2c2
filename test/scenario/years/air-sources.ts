/** What a microphone hears, in the same way as `passing-sources.ts`: peaks are scaled to 1 afterwards. */
import type { Render } from './passing-sources.ts'
import { addBurst, addRumble, createWave } from './waves.ts'

/** The push of a shot that gets out of an adit: a fraction of a second. */
const shot =
  (shots: readonly [number, number], delayS: readonly [number, number]): Render =>
  (rateHz, random) => {
    const count = Math.round(random.between(...shots))
    const delay = random.ratio(...delayS)
    const wave = createWave(count * delay + 4, rateHz)
    for (let i = 0; i < count; i++) {
      const amplitude = random.between(0.5, 1)
      addBurst(
        wave,
        0.5 + i * delay,
        { amplitude, riseS: 0.01, decayS: random.between(0.05, 0.15), lowHz: 2, highHz: random.ratio(10, 40) },
        random,
      )
    }
    return wave
  }

/** Claps and a roll between 10 and 45 Hz (Few 1969, https://doi.org/10.1029/JC074i028p06926). */
const thunder: Render = (rateHz, random) => {
  const lengthS = random.ratio(4, 20)
  const wave = createWave(lengthS + 5, rateHz)
  const claps = Math.round(random.between(1, 7))
  for (let clap = 0; clap < claps; clap++) {
    const atS = 0.5 + (clap === 0 ? random.between(0, 0.3) : random.between(0, 0.7)) * lengthS
    addBurst(
      wave,
      atS,
      {
        amplitude: random.between(0.3, 1),
        riseS: random.ratio(0.02, 0.5),
        decayS: random.ratio(0.3, 1.8),
        lowHz: 6,
        highHz: random.ratio(20, 45),
      },
      random,
    )
  }
  addBurst(wave, 0.5, { amplitude: 0.4, riseS: 0.3 * lengthS, decayS: 0.25 * lengthS, lowHz: 5, highHz: 25 }, random)
  return wave
}

/** A quarry's blast heard from kilometres off: holes run together, echoes follow. */
const quarry: Render = (rateHz, random) => {
  const wave = createWave(10, rateHz)
  for (let echo = 0; echo < 4; echo++)
    addBurst(
      wave,
      0.5 + echo * random.between(0.3, 1),
      { amplitude: 0.6 ** echo, riseS: 0.15, decayS: random.between(0.3, 0.8), lowHz: 2, highHz: 15 },
      random,
    )
  return wave
}

const gust: Render = (rateHz, random) => {
  const halfS = random.ratio(2, 9)
  const wave = createWave(6 * halfS, rateHz)
  addRumble(wave, { lowHz: 0.5, highHz: 5 }, (s) => Math.exp(-(((s - 3 * halfS) / halfS) ** 2)), random)
  return wave
}

export const HEARD = {
  'air-shot': shot([3, 12], [0.03, 0.5]),
  'air-single-shot': shot([1, 2], [0.03, 0.06]),
  'air-thunder': thunder,
  'air-quarry': quarry,
  'air-gust': gust,
} as const satisfies Record<string, Render>
