import type { Block, Voice } from './block.ts'
import { bandPass, bandPassedNoise } from './filters.ts'
import type { Machine, Shaking } from './machines.ts'
import type { Random } from './random.ts'

/**
 * How a machine's shaking reaches the geophone: an engine makes one sample after the other at unit strength (root mean
 * square of about 1 over the three axes' mean), which is run up and down with the machine and weakened by distance.
 */

/** Adds one sample for each axis to `out`; `load` is the machine's share of full load. */
type Engine = (out: Float64Array, load: number) => void

/** Machines run up and down within about a second. */
const RUN_UP_S = 0.5
/** A machine that has been off for so long adds nothing any more. */
const SILENT_LEVEL = 1e-5

/** Body and surface waves together, with some damping. */
export const distanceFactor = (distanceM: number): number => (10 / Math.max(distanceM, 1)) ** 1.2

export function machineVoice(
  machine: Machine,
  distanceM: number,
  load: (atMs: number) => number,
  rateHz: number,
  random: Random,
): Voice {
  const engine = createEngine(machine.shaking, rateHz, random)
  const strength = machine.velocityAt10M * distanceFactor(distanceM)
  const follow = 1 - Math.exp(-1 / (RUN_UP_S * rateHz))
  const sample = new Float64Array(3)
  let level = 0
  return (block, running) => {
    // Load and switch are slow against a block; the switch's exact sample is not.
    const loadNow = load(block.startMs)
    const [up, north, east] = block.channels as [Float64Array, Float64Array, Float64Array]
    const switching = running(block.startMs) !== running(endOf(block))
    const on = running(block.startMs)
    for (let i = 0; i < block.count; i++) {
      const target = (switching ? running(block.startMs + (i * 1000) / rateHz) : on) ? 1 : 0
      level += (target - level) * follow
      if (level < SILENT_LEVEL && target === 0) continue
      sample.fill(0)
      engine(sample, loadNow)
      const gain = level * strength
      up[i]! += gain * sample[0]!
      north[i]! += gain * sample[1]!
      east[i]! += gain * sample[2]!
    }
  }
}

const endOf = (block: Block): number => block.startMs + (block.count * 1000) / block.rateHz

function createEngine(shaking: Shaking, rateHz: number, random: Random): Engine {
  switch (shaking.kind) {
    case 'rotor':
      return rotor(shaking, rateHz, random)
    case 'percussion':
      return percussion(shaking, rateHz, random)
    case 'jaw':
      return jaw(shaking, rateHz, random)
  }
}

type Of<K extends Shaking['kind']> = Extract<Shaking, { kind: K }>

/** Lines at the multiples of a speed that drifts, kept near its own by the grid or a governor. */
function rotor({ turnsPerS, harmonics, wander }: Of<'rotor'>, rateHz: number, random: Random): Engine {
  const heard = harmonics.filter((_, index) => turnsPerS * (index + 1) < 0.42 * rateHz)
  const power = heard.reduce((sum, share) => sum + share * share, 0)
  const lines = heard.map((share) => ({
    amplitude: share * Math.sqrt(2 / power),
    turns: [0, 1, 2].map(() => random.between(0, 2 * Math.PI)),
  }))
  const axes = [1, random.between(0.7, 1.2), random.between(0.7, 1.2)]
  // Speed wanders with a memory of about five seconds.
  const memory = Math.exp(-1 / (5 * rateHz))
  const kick = wander * Math.sqrt(1 - memory * memory)
  let drift = 0
  let angle = random.between(0, 2 * Math.PI)
  return (out, load) => {
    drift = memory * drift + kick * random.gaussian()
    // A loaded induction motor slips a little more.
    angle += (2 * Math.PI * turnsPerS * (1 + drift - 0.002 * (load - 1))) / rateHz
    for (const [index, line] of lines.entries()) {
      for (let axis = 0; axis < 3; axis++) {
        out[axis]! += axes[axis]! * line.amplitude * load * Math.sin((index + 1) * angle + line.turns[axis]!)
      }
    }
  }
}

/** Rings the ground at each blow; the train's own regularity makes the harmonics. */
function percussion({ blowsPerS, ringHz }: Of<'percussion'>, rateHz: number, random: Random): Engine {
  const ground = ringing(ringHz, 2.5, rateHz)
  // So that blows of 1 give a root mean square of about 1.
  const blow = ringGain(ringHz, 2.5, rateHz) / Math.sqrt(blowsPerS / rateHz)
  const memory = Math.exp(-1 / (2 * rateHz))
  let drift = 0
  let turn = 0
  return (out) => {
    drift = memory * drift + 0.015 * Math.sqrt(1 - memory * memory) * random.gaussian()
    turn += (blowsPerS * (1 + drift)) / rateHz
    let force = 0
    if (turn >= 1) {
      turn -= 1
      force = blow * (1 + 0.2 * random.gaussian())
    }
    ground(out, force, 0.08 * blow * random.gaussian())
  }
}

/** A heavy stroke, and stones that break while the jaw closes: few large, many small. */
function jaw({ strokesPerS, ringHz }: Of<'jaw'>, rateHz: number, random: Random): Engine {
  const ground = ringing(ringHz, 1.2, rateHz)
  const gain = ringGain(ringHz, 1.2, rateHz)
  const stonesPerStroke = 3
  const perSample = (2 * stonesPerStroke * strokesPerS) / rateHz
  const stone = (0.75 * gain) / Math.sqrt((stonesPerStroke * strokesPerS) / rateHz)
  const turns = [0, 1, 2].map(() => random.between(0, 2 * Math.PI))
  let angle = 0
  return (out, load) => {
    angle += (2 * Math.PI * strokesPerS) / rateHz
    const closing = Math.sin(angle) > 0
    const breaks = closing && random.unit() < perSample
    // Exponential sizes: the mean square of 1 needs a mean of 0.7.
    ground(out, breaks ? stone * load * -0.7 * Math.log(1 - random.unit()) * (random.unit() < 0.5 ? -1 : 1) : 0, 0)
    for (let axis = 0; axis < 3; axis++) {
      out[axis]! += 0.55 * Math.sin(angle + turns[axis]!) + 0.35 * Math.sin(2 * angle + turns[axis]!)
    }
  }
}

/** Three axes of ground that ring a little differently at each blow. */
function ringing(hz: number, q: number, rateHz: number): (out: Float64Array, force: number, noise: number) => void {
  const axes = [1, 0.82, 1.17].map((detune) => bandPass(Math.min(hz * detune, 0.4 * rateHz), rateHz, q))
  return (out, force, noise) => {
    for (let axis = 0; axis < 3; axis++) out[axis]! += axes[axis]!(force + noise)
  }
}

/** Makes an impulse train of unit mean square leave the ringing with about unit mean square. */
const ringGain = (hz: number, q: number, rateHz: number): number => 1 / bandPassedNoise(hz, rateHz, q)
