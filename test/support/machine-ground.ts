import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading, ReadingOf } from '@minewarden/protocol/reading.ts'
import { block, createRandom, noise } from './ground.ts'

/** Machines in the ground whose speed at every moment is known, and what the gateway's measure makes of them. */

export interface Turning {
  readonly fromS: number
  readonly toS: number
  /** Turns a second at a time from the start. */
  readonly hz: (second: number) => number
  readonly amplitude: number
  /** Relative amplitude of its 1st, 2nd, ... multiple. */
  readonly multiples?: readonly number[]
}

/** Adds something that turns: its phase is the integral of its speed. */
export function addTurning(wave: Float64Array, rateHz: number, turning: Turning): void {
  const { fromS, toS, hz, amplitude, multiples = [1] } = turning
  let phase = 0
  for (let i = Math.round(fromS * rateHz); i < Math.min(wave.length, toS * rateHz); i++) {
    phase += (2 * Math.PI * hz(i / rateHz)) / rateHz
    multiples.forEach((share, m) => {
      wave[i] = wave[i]! + amplitude * share * Math.sin((m + 1) * phase + m)
    })
  }
}

export interface Blows {
  readonly fromS: number
  readonly toS: number
  /** Seconds from one blow to the next. */
  readonly everyS: (random: () => number) => number
  readonly amplitude: number
  readonly ringHz: number
  /** Share by which blows differ in strength. */
  readonly uneven?: number
}

/** Adds blows, each ringing for a moment. */
export function addBlows(wave: Float64Array, rateHz: number, blows: Blows): void {
  const random = createRandom(7)
  for (let at = blows.fromS; at < blows.toS; at += blows.everyS(random)) {
    const strength = blows.amplitude * (1 + (blows.uneven ?? 0.1) * (2 * random() - 1))
    const from = Math.ceil(at * rateHz)
    for (let i = from; i < Math.min(wave.length, from + 0.25 * rateHz); i++) {
      const t = i / rateHz - at
      wave[i] = wave[i]! + strength * Math.sin(2 * Math.PI * blows.ringHz * t) * Math.exp(-t / 0.03)
    }
  }
}

/** A governor's hunting: slow swings of two periods that share no multiple. */
export const hunting = (meanHz: number, share: number) => (second: number) =>
  meanHz * (1 + share * (0.7 * Math.sin((2 * Math.PI * second) / 47) + 0.3 * Math.sin((2 * Math.PI * second) / 19)))

/** Readings of a geophone's vertical over a wave. */
export function measured(wave: Float64Array, rateHz: number, blockS = 1): Reading[] {
  const measure = createMeasure({ sensor: SensorId.parse('geo-1'), kind: 'geophone', channels: ['HHZ'] })
  const readings: Reading[] = []
  const length = Math.round(blockS * rateHz)
  for (let from = 0; from < wave.length; from += length) {
    readings.push(...measure.push(block(wave, rateHz, { from, to: Math.min(wave.length, from + length) })))
  }
  return [...readings, ...measure.end()]
}

export const linesOf = (readings: readonly Reading[]): ReadingOf<'machineLine'>[] =>
  readings.filter((r): r is ReadingOf<'machineLine'> => r.kind === 'machineLine')

/** A quiet night: noise of 50 nm/s. */
export const night = (seconds: number, rateHz: number, seed = 1): Float64Array => noise(seconds, rateHz, 5e-8, seed)
