import type { RoundAct } from './act.ts'
import { bandPass } from './filters.ts'
import type { Random } from './random.ts'

/**
 * A round of shot holes fired by delays, as ground motion and as air wave.
 *
 * A model: every hole sends a compressional, a shear and a surface wave, followed by scattered waves; the round as a
 * whole is scaled so that its peak vector velocity is what the empirical formula of the blasting code gives for the
 * charge per delay. Nothing of it is fitted to a measurement. It leaves out the free surface, layers, near-field terms
 * and everything above two fifths of the sampling rate.
 */

/** Site constants of the attenuation formula: medium-hard rock. */
const K_CM_PER_S = 180
const ALPHA = 1.7
/** Weathered rock near the surface. */
const P_M_PER_S = 3_800
const S_M_PER_S = 2_200
const SURFACE_M_PER_S = 1_500
export const SOUND_M_PER_S = 340
/** Ground velocity for each pascal of a passing air wave, m/s; literature spans 0.5-10 um/s. */
const AIR_COUPLING = 1.5e-6

/**
 * Peak particle velocity in m/s at `distanceM` for `chargeKg` a delay: V = K (Q^(1/3) / R)^a.
 * @see GB 6722-2014, 13.2.4 (form); K and a there range with the rock
 */
export const peakVelocityMPerS = ({ chargeKg, distanceM }: Pick<RoundAct, 'chargeKg' | 'distanceM'>): number =>
  (K_CM_PER_S / 100) * (Math.cbrt(chargeKg) / distanceM) ** ALPHA

/**
 * Peak overpressure of the air wave in Pa: Ka (R / Q^(1/3))^-1.45, of which a third leaves an adit.
 * @see AS 2187.2-2006, J7.2; Ka = 10-100 kPa for confined charges
 */
export function peakOverpressurePa({ chargeKg, distanceM, where }: RoundAct): number {
  const surface = 12_000 * (distanceM / Math.cbrt(chargeKg)) ** -1.45
  return where === 'surface' ? surface : surface / 3
}

/** When each hole goes off, seconds after the first; initiators scatter by about 2 % of their delay. */
export function firings(act: RoundAct, random: Random): number[] {
  return Array.from({ length: act.holes }, (_, hole) => {
    const nominalS = (hole * act.delayMs) / 1000
    return hole === 0 ? 0 : Math.max(0, nominalS + random.gaussian() * 0.02 * Math.min(nominalS, 0.2))
  })
}

interface Arrival {
  readonly speed: number
  /** Of the dominant frequency of the round. */
  readonly pitch: number
  readonly amplitude: number
  /** Surface waves need some way to form; 0 for what leaves the hole as it is. */
  readonly formedAtM: number
  /** Cycles until it has decayed to 1/e. */
  readonly cycles: number
  /** Up, away, across. */
  readonly motion: readonly [number, number, number]
}

const ARRIVALS: readonly Arrival[] = [
  { speed: P_M_PER_S, pitch: 1.25, amplitude: 0.6, formedAtM: 0, cycles: 1.3, motion: [0.8, 0.6, 0.1] },
  { speed: S_M_PER_S, pitch: 0.9, amplitude: 1, formedAtM: 0, cycles: 1.8, motion: [0.55, 0.5, 0.7] },
  { speed: SURFACE_M_PER_S, pitch: 0.45, amplitude: 0.5, formedAtM: 800, cycles: 2.2, motion: [0.7, 0.6, 0.3] },
]

/** What is felt first falls with distance, for the ground swallows high frequencies. */
export const dominantHz = (distanceM: number, rateHz: number): number =>
  Math.min(82 * (distanceM / 60) ** -0.4, 0.3 * rateHz)

/** Ground motion up, north, east in m/s, from the moment of the first firing on; `fired` as {@link firings} gives it. */
export function roundMotion(act: RoundAct, fired: readonly number[], rateHz: number, random: Random): Float64Array[] {
  const bearing = random.between(0, 2 * Math.PI)
  const codaS = 0.1 + act.distanceM / 2_500
  const lengthS = (fired.at(-1) ?? 0) + act.distanceM / SURFACE_M_PER_S + 8 * codaS + 0.5
  const local = [0, 1, 2].map(() => new Float64Array(Math.ceil(lengthS * rateHz)))
  for (const atS of fired) {
    const strength = random.between(0.75, 1.15)
    for (const arrival of ARRIVALS) addArrival(local, arrival, act, atS, strength, rateHz, random)
  }
  addScattered(local, fired, act, codaS, rateHz, random)
  const [up, away, across] = local as [Float64Array, Float64Array, Float64Array]
  const channels = [
    up,
    away.map((value, i) => value * Math.cos(bearing) - across[i]! * Math.sin(bearing)),
    away.map((value, i) => value * Math.sin(bearing) + across[i]! * Math.cos(bearing)),
  ]
  // Sites scatter about the formula; a standard deviation of 15 % is at the low end of what codes report.
  const scale = (peakVelocityMPerS(act) * Math.exp(0.15 * random.gaussian())) / peakVector(channels)
  for (const channel of channels) for (let i = 0; i < channel.length; i++) channel[i]! *= scale
  return channels
}

function addArrival(
  local: readonly Float64Array[],
  arrival: Arrival,
  act: RoundAct,
  firedS: number,
  strength: number,
  rateHz: number,
  random: Random,
): void {
  const hz = Math.min(dominantHz(act.distanceM, rateHz) * arrival.pitch * random.between(0.92, 1.08), 0.4 * rateHz)
  const decayS = arrival.cycles / hz
  const arrivalS = firedS + act.distanceM / arrival.speed
  const first = Math.ceil(arrivalS * rateHz)
  const formed = Math.min(1, 0.15 + act.distanceM / Math.max(1, arrival.formedAtM))
  const signs = arrival.motion.map(
    (share) => share * arrival.amplitude * formed * strength * random.between(0.85, 1.15),
  )
  for (let i = first; i < first + 7 * decayS * rateHz; i++) {
    const t = i / rateHz - arrivalS
    const wave = Math.sin(2 * Math.PI * hz * t) * Math.exp(-t / decayS)
    for (const [axis, samples] of local.entries()) if (i < samples.length) samples[i]! += wave * signs[axis]!
  }
}

/** Noise about the dominant frequency that rises with each hole's waves and dies away. */
function addScattered(
  local: readonly Float64Array[],
  fired: readonly number[],
  act: RoundAct,
  codaS: number,
  rateHz: number,
  random: Random,
): void {
  const hz = 0.8 * dominantHz(act.distanceM, rateHz)
  const decay = Math.exp(-1 / (codaS * rateHz))
  const kicks = new Set(fired.map((atS) => Math.ceil((atS + act.distanceM / P_M_PER_S) * rateHz)))
  for (const samples of local) {
    const filter = bandPass(hz, rateHz, 0.8)
    let envelope = 0
    for (let i = 0; i < samples.length; i++) {
      if (kicks.has(i)) envelope += 0.35
      envelope *= decay
      samples[i]! += filter(random.gaussian()) * envelope
    }
  }
}

function peakVector(channels: readonly Float64Array[]): number {
  let peak = 0
  for (let i = 0; i < (channels[0]?.length ?? 0); i++) peak = Math.max(peak, Math.hypot(...channels.map((c) => c[i]!)))
  return peak
}

/** The air wave in Pa from its arrival on, at `distanceM` / {@link SOUND_M_PER_S} after the firing: pulses and echoes. */
export function airWave(act: RoundAct, fired: readonly number[], rateHz: number, random: Random): Float64Array {
  const pulseHz = act.where === 'underground' ? 14 : 7
  const samples = new Float64Array(Math.ceil(((fired.at(-1) ?? 0) + 4) * rateHz))
  const pulse = (atS: number, amplitude: number, hz: number) => {
    const first = Math.max(0, Math.ceil(atS * rateHz))
    for (let i = first; i < Math.min(samples.length, first + (3 / hz) * rateHz); i++) {
      const t = (i / rateHz - atS) * hz
      samples[i]! += amplitude * (1 - 2.2 * t) * Math.exp(-2.6 * t)
    }
  }
  for (const atS of fired) {
    pulse(atS, random.between(0.8, 1.1), pulseHz)
    for (let echo = 0; echo < 5; echo++) {
      pulse(atS + random.between(0.12, 2.4), random.between(0.03, 0.14), pulseHz * random.between(0.5, 0.9))
    }
  }
  const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const scale = (peakOverpressurePa(act) * Math.exp(0.2 * random.gaussian())) / peak
  return samples.map((value) => value * scale)
}

/** What the geophone feels of the air wave as it passes: mostly up and down. */
export const airCoupled = (pressurePa: Float64Array): Float64Array[] => [
  pressurePa.map((value) => value * AIR_COUPLING),
  pressurePa.map((value) => value * AIR_COUPLING * 0.4),
  pressurePa.map((value) => value * AIR_COUPLING * 0.4),
]
