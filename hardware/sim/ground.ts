import { type Block, playClip, type Voice } from './block.ts'
import { quakeMotion } from './earthquake.ts'
import { bandPass, bandPassedNoise, highPass, reddening, steepBandPass, steepNoise } from './filters.ts'
import { createLoad, machineOf } from './machine-load.ts'
import { footstepMotion, vehicleMotion } from './passers.ts'
import { createRandom, type Random } from './random.ts'
import { airCoupled, airWave, firings, roundMotion, SOUND_M_PER_S } from './round.ts'
import { machineVoice } from './shaking.ts'
import type { Site } from './site-model.ts'
import type { SupplyLog } from './supply-log.ts'
import { daylight, type Occurrence } from './timeline.ts'
import { createEnsemble } from './voices.ts'

/**
 * What a geophone on the ground above measures: noise, machines, passers, rounds and earthquakes, through the response
 * of a 4.5 Hz geophone. A model throughout; see each source for what of it is guessed.
 */

/** Damping 0.6 of critical, as moving-coil geophones are shunted. */
const CORNER_HZ = 4.5
const CORNER_Q = 1 / (2 * 0.6)

/** Fills a block of three channels (up, north, east), m/s; blocks follow one another without a gap. */
export function createGround(site: Site, log: SupplyLog, rateHz: number): (block: Block) => void {
  const noise = createGroundNoise(site, rateHz)
  const ensemble = createEnsemble(site.timeline, log, (one) => groundVoice(site, one, rateHz))
  const response = [0, 1, 2].map(() => highPass(CORNER_HZ, rateHz, CORNER_Q))
  return (block) => {
    noise(block)
    ensemble(block)
    for (const [axis, samples] of block.channels.entries()) {
      const filter = response[axis]!
      for (let i = 0; i < samples.length; i++) samples[i] = filter(samples[i]!)
    }
  }
}

function groundVoice(site: Site, occurrence: Occurrence, rateHz: number): Voice | null {
  const { act, fromMs, key } = occurrence
  const random = createRandom(site.seed, 'ground', key)
  switch (act.kind) {
    case 'machine': {
      const machine = machineOf(act)
      const load = createLoad(site.seed, occurrence, machine)
      return machineVoice(machine, act.distanceM, load, rateHz, random)
    }
    case 'round': {
      const fired = firings(act, createRandom(site.seed, 'firing', key))
      const body = playClip({ startMs: fromMs, channels: roundMotion(act, fired, rateHz, random) })
      const air = airWave(act, fired, rateHz, createRandom(site.seed, 'air', key))
      const airMs = fromMs + (act.distanceM / SOUND_M_PER_S) * 1000
      const coupled = playClip({ startMs: airMs, channels: airCoupled(air) })
      return (block, running) => {
        body(block, running)
        coupled(block, running)
      }
    }
    case 'earthquake':
      return playClip({ startMs: fromMs, channels: quakeMotion(act, rateHz, random) })
    case 'vehicle':
      return playClip({ startMs: fromMs, channels: vehicleMotion(act, rateHz, random) })
    case 'footsteps':
      return playClip({ startMs: fromMs, channels: footstepMotion(act, rateHz, random) })
    default:
      return null
  }
}

/** Secondary microseism at 0.2 Hz, of which the geophone passes little, m/s rms. */
const MICROSEISM = 7e-7
/** The digitiser's and the geophone's own, m/s rms. */
const SELF_NOISE = 2.5e-8
/** Trees and masts: ground noise for each m/s of wind squared. */
const WIND_COUPLING = 8e-9

function createGroundNoise(site: Site, rateHz: number): (block: Block) => void {
  const axes = [0, 1, 2].map((axis) => createAxisNoise(createRandom(site.seed, 'ground-noise', axis), rateHz))
  const mood = createRandom(site.seed, 'ground-mood')
  let restlessness = 0
  return (block) => {
    // People and machines far away: up and down by a quarter over a minute or two.
    const memory = Math.exp(-block.count / block.rateHz / 90)
    restlessness = memory * restlessness + Math.sqrt(1 - memory * memory) * mood.gaussian()
    const local = site.scenario.groundNoise * (1 + daylight(block.startMs)) * Math.exp(0.25 * restlessness)
    const wind = WIND_COUPLING * site.wind(block.startMs) ** 2
    for (const [axis, samples] of block.channels.entries()) axes[axis]!(samples, Math.hypot(local, wind))
  }
}

function createAxisNoise(random: Random, rateHz: number): (out: Float64Array, level: number) => void {
  const swell = steepBandPass(0.2, rateHz, 2)
  const swellScale = MICROSEISM / steepNoise(0.2, rateHz, 2)
  const near = bandPass(11, rateHz, 0.45)
  const nearScale = 0.9 / bandPassedNoise(11, rateHz, 0.45)
  const far = reddening(3, rateHz)
  return (out, level) => {
    for (let i = 0; i < out.length; i++) {
      const white = random.gaussian()
      const other = random.gaussian()
      out[i] = swell(other) * swellScale + level * (near(white) * nearScale + 0.6 * far(other)) + SELF_NOISE * other
    }
  }
}
