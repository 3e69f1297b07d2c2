import type { FootstepsAct, VehicleAct } from './act.ts'
import { bandPass, bandPassedNoise } from './filters.ts'
import type { Random } from './random.ts'

/**
 * Vehicles and walkers who pass a geophone. A model: amplitudes are of the size that such sensors show, not measured.
 */

/** Ground velocity of a laden truck 10 m away, m/s rms. */
const VEHICLE_AT_10M = 1.1e-5
/** Peak ground velocity of a step 10 m away, m/s. */
const STEP_AT_10M = 4e-6

/** 1 at the nearest point in the middle, less before and after it, down to nothing at the ends. */
function nearness(t: number, forS: number, distanceM: number, metresPerS: number): number {
  const along = (t - forS / 2) * metresPerS
  const edge = Math.min(1, Math.min(t, forS - t) / 1.5)
  return edge <= 0 ? 0 : edge * (distanceM / Math.hypot(distanceM, along)) ** 1.4
}

/** Rumble of wheels, and the engine that is driven through its gears: chirps of 1-4 s between 10 and 25 Hz. */
export function vehicleMotion({ forS, distanceM }: VehicleAct, rateHz: number, random: Random): Float64Array[] {
  const count = Math.ceil(forS * rateHz)
  const level = VEHICLE_AT_10M * (10 / distanceM) ** 1.2
  const metresPerS = random.between(5, 9)
  const engine = gears(count, rateHz, random)
  return [1, 0.7, 0.7].map((share) => {
    const rumble = bandPass(13, rateHz, 0.9)
    const rumbleScale = 0.7 / bandPassedNoise(13, rateHz, 0.9)
    const turn = random.between(0, 2 * Math.PI)
    return Float64Array.from({ length: count }, (_, i) => {
      const tone = 0.9 * Math.sin(engine[i]! + turn) + 0.35 * Math.sin(2 * engine[i]! + turn)
      const near = nearness(i / rateHz, forS, distanceM, metresPerS)
      return level * share * near * (tone + rumble(random.gaussian()) * rumbleScale)
    })
  })
}

/** The phase of an engine that rises in each gear and drops at each change. */
function gears(count: number, rateHz: number, random: Random): Float64Array {
  const phase = new Float64Array(count)
  let angle = 0
  let leftS = 0
  let hz = 10
  let risePerS = 0
  for (let i = 0; i < count; i++) {
    if (leftS <= 0) {
      leftS = random.between(1, 4)
      hz = random.between(10, 14)
      risePerS = (random.between(18, 25) - hz) / leftS
    }
    hz += risePerS / rateHz
    leftS -= 1 / rateHz
    angle += (2 * Math.PI * hz) / rateHz
    phase[i] = angle
  }
  return phase
}

/** About two steps a second, each a short thud. */
export function footstepMotion({ forS, distanceM }: FootstepsAct, rateHz: number, random: Random): Float64Array[] {
  const channels = [0, 1, 2].map(() => new Float64Array(Math.ceil(forS * rateHz)))
  const thudHz = random.between(22, 34)
  const everyS = random.between(0.48, 0.58)
  for (let at = 0.3; at < forS; at += everyS * random.between(0.95, 1.05)) {
    // Left and right are not alike.
    const weight = STEP_AT_10M * (10 / distanceM) ** 1.3 * random.between(0.7, 1.2)
    const strength = weight * nearness(at, forS, distanceM, 1.3)
    for (const [axis, samples] of channels.entries()) {
      addThud(samples, at, thudHz, strength * (axis === 0 ? 1 : random.between(0.3, 0.6)), rateHz)
    }
  }
  return channels
}

function addThud(samples: Float64Array, atS: number, hz: number, amplitude: number, rateHz: number): void {
  const decayS = 0.045
  const first = Math.ceil(atS * rateHz)
  for (let i = first; i < Math.min(samples.length, first + 7 * decayS * rateHz); i++) {
    const t = i / rateHz - atS
    // A damped sine peaks at about three quarters of its amplitude here.
    samples[i]! += 1.3 * amplitude * Math.sin(2 * Math.PI * hz * t) * Math.exp(-t / decayS)
  }
}
