/**
 * Machines and people at work, four minutes of each, to be gone over again as long as the work lasts. Rhythms follow from
 * how each is built; none is taken from the detector.
 */
import type { Render } from './passing-sources.ts'
import type { Random } from './random.ts'
import { addBurst, addLine, addRumble, createWave, type Wave } from './waves.ts'

export const WORK_S = 240

/** On and off by turns, each of a length drawn anew; on at first. */
function turns(random: Random, onS: readonly [number, number], offS: readonly [number, number]): (s: number) => number {
  const edges: number[] = []
  for (let s = 0, on = true; s < WORK_S; on = !on) {
    s += random.between(...(on ? onS : offS))
    edges.push(s)
  }
  return (s) => (edges.findIndex((edge) => s < edge) % 2 === 0 ? 1 : 0)
}

const always = () => 1

/** Blows, each an arrival of its own. */
function blows(
  wave: Wave,
  random: Random,
  {
    intervalS,
    spread,
    uneven,
    decayS,
    highHz,
    on = always as (s: number) => number,
  }: {
    readonly intervalS: number
    readonly spread: number
    readonly uneven: number
    readonly decayS: number
    readonly highHz: number
    readonly on?: (s: number) => number
  },
): void {
  for (let s = 0.3; s < WORK_S - 1; s += intervalS * Math.max(0.3, 1 + spread * random.gauss())) {
    if (on(s) === 0) continue
    const amplitude = Math.exp(uneven * random.gauss())
    addBurst(wave, s, { amplitude, riseS: 0.006, decayS, lowHz: 8, highHz }, random)
  }
}

const work =
  (fill: (wave: Wave, random: Random) => void): Render =>
  (rateHz, random) => {
    const wave = createWave(WORK_S, rateHz)
    fill(wave, random)
    return wave
  }

/** A speed that wanders, seconds to tens of seconds, by some per cent. */
function wandering(random: Random, hz: number, share: number): (s: number) => number {
  const [a, b] = [random.between(0, 6), random.between(0, 6)]
  const [slow, quick] = [random.between(0.02, 0.06), random.between(0.15, 0.4)]
  return (s) =>
    hz * (1 + share * (0.7 * Math.sin(2 * Math.PI * slow * s + a) + 0.3 * Math.sin(2 * Math.PI * quick * s + b)))
}

export const WORKING = {
  /** A pneumatic drill beats 30 to 45 times a second, a minute or two a hole. */
  'rock-drill': work((wave, random) => {
    const on = turns(random, [50, 130], [10, 40])
    addLine(wave, wandering(random, random.between(30, 45), 0.01), on, [1, 0.6, 0.3])
    addRumble(wave, { lowHz: 20, highHz: 80 }, (s) => 0.7 * on(s), random)
  }),
  /** Hand-held electric breaker: 15 to 30 blows a second, in bursts. */
  breaker: work((wave, random) => {
    const on = turns(random, [5, 25], [3, 20])
    addLine(wave, wandering(random, random.between(15, 30), 0.015), on, [1, 0.8, 0.6, 0.4])
    addRumble(wave, { lowHz: 15, highHz: 90 }, (s) => 0.5 * on(s), random)
  }),
  /** A jaw closes 4 to 5 times a second on stones of any size. */
  crusher: work((wave, random) => {
    blows(wave, random, { intervalS: 1 / random.between(4, 5), spread: 0.01, uneven: 0.45, decayS: 0.06, highHz: 45 })
    addRumble(wave, { lowHz: 6, highHz: 40 }, () => 0.15, random)
  }),
  /** A reciprocating compressor of 12 to 16 revolutions a second, loaded by turns. */
  compressor: work((wave, random) => {
    const loaded = turns(random, [60, 200], [20, 60])
    addLine(wave, wandering(random, random.between(11.5, 16), 0.002), (s) => 0.4 + 0.6 * loaded(s), [1, 0.7, 0.3, 0.2])
  }),
  /** A winch: a run of a minute, a stop for loading. */
  winch: work((wave, random) => {
    const on = turns(random, [35, 90], [40, 110])
    addLine(wave, wandering(random, random.between(24, 24.8), 0.004), on, [1, 0.3])
    addRumble(wave, { lowHz: 10, highHz: 60 }, (s) => 0.5 * on(s), random)
  }),
  fan: work((wave, random) => addLine(wave, wandering(random, random.between(40, 90), 0.001), always, [1, 0.2])),
  /** A diesel set: half order, order and firing; its governor lets it wander. */
  generator: work((wave, random) => {
    addLine(wave, wandering(random, random.between(12, 13), 0.012), always, [0.6, 1, 0.3, 0.7])
  }),
  /** A pump's shaft at the grid's slip: steady, weak. */
  pump: work((wave, random) => addLine(wave, wandering(random, random.between(24.2, 24.8), 0.001), always, [1, 0.6])),
  /** Pick, bar and shovel: a blow each one to two seconds, never even, with rests. */
  'hand-tools': work((wave, random) => {
    const on = turns(random, [20, 90], [8, 45])
    blows(wave, random, { intervalS: random.between(0.9, 1.8), spread: 0.3, uneven: 0.5, decayS: 0.04, highHz: 55, on })
  }),
  /** Mucking by barrow or loader. */
  loader: work((wave, random) => {
    const on = turns(random, [10, 40], [5, 30])
    addRumble(wave, { lowHz: 8, highHz: 30 }, (s) => on(s) * (0.6 + 0.4 * Math.sin(s / 3)), random)
    addLine(wave, wandering(random, random.between(22, 32), 0.05), on, [0.5])
  }),
  /** Threshing, milling rice: a drum's line and a broad rumble, without rest. */
  thresher: work((wave, random) => {
    addLine(wave, wandering(random, random.between(9, 20), 0.006), always, [1, 0.5, 0.2])
    addRumble(wave, { lowHz: 8, highHz: 45 }, () => 0.5, random)
  }),
  /** A vibrating roller, to and fro. */
  roller: work((wave, random) => {
    const on = turns(random, [20, 50], [5, 15])
    addLine(
      wave,
      wandering(random, random.between(27, 36), 0.02),
      (s) => on(s) * (0.6 + 0.4 * Math.sin(s / 7)),
      [1, 0.2],
    )
  }),
  /** Wood is chopped: a blow each two to four seconds. */
  axe: work((wave, random) => {
    const on = turns(random, [30, 120], [15, 60])
    blows(wave, random, {
      intervalS: random.between(1.8, 3.5),
      spread: 0.25,
      uneven: 0.3,
      decayS: 0.05,
      highHz: 45,
      on,
    })
  }),
  chainsaw: work((wave, random) => {
    const on = turns(random, [8, 40], [5, 60])
    addLine(wave, wandering(random, random.between(90, 115), 0.06), on)
    addRumble(wave, { lowHz: 30, highHz: 95 }, (s) => 0.4 * on(s), random)
  }),
} as const satisfies Record<string, Render>
