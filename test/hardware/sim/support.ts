import type { PowerReading, ProbeReading, SensorDriver, WaveformBlock } from '@minewarden/hardware/contract.ts'
import { type Block, emptyBlock } from '@minewarden/hardware/sim/block.ts'
import { createGround } from '@minewarden/hardware/sim/ground.ts'
import { SimulatedSiteOptions } from '@minewarden/hardware/sim/options.ts'
import type { Scenario, ScenarioName } from '@minewarden/hardware/sim/scenarios.ts'
import { createSimulatedSite } from '@minewarden/hardware/sim/simulated-site.ts'
import { createSite } from '@minewarden/hardware/sim/site-model.ts'
import { createSupplyLog } from '@minewarden/hardware/sim/supply-log.ts'
import { type Clock, type Instant, instant } from '@minewarden/protocol/time.ts'

/** Night in China. */
export const NIGHT = instant(Date.parse('2026-03-01T18:00:00Z'))
export const DAY = instant(Date.parse('2026-03-01T05:00:00Z'))
export const stoppedClock: Clock = { now: () => NIGHT, monotonic: () => 0, sleep: () => Promise.resolve() }

export const SENSORS = [
  { kind: 'geophone', id: 'geo-1' },
  { kind: 'air-pressure', id: 'air-1', rateHz: 250 },
  { kind: 'power-meter', id: 'meter-1' },
  { kind: 'camera-probe', id: 'probe-1' },
]

export interface Recorded {
  /** In m/s and Pa, by channel. */
  readonly waves: Record<string, number[]>
  readonly blocks: WaveformBlock[]
  readonly power: PowerReading[]
  readonly probe: ProbeReading[]
}

export async function read(drivers: readonly SensorDriver[]): Promise<Recorded> {
  const recorded: Recorded = { waves: {}, blocks: [], power: [], probe: [] }
  for (const driver of drivers) {
    for await (const one of driver.read(new AbortController().signal)) {
      if (one.kind === 'power') recorded.power.push(one)
      else if (one.kind === 'probe') recorded.probe.push(one)
      else if (one.kind === 'waveform') {
        recorded.blocks.push(one)
        const wave = recorded.waves[one.channel] ?? []
        recorded.waves[one.channel] = wave
        for (const count of one.counts) wave.push(count / one.countsPerUnit)
      }
    }
  }
  return recorded
}

export interface Wanted {
  readonly forS: number
  readonly seed?: number
  readonly startAt?: Instant
  readonly sensors?: readonly unknown[]
  readonly supplied?: (at: Instant) => boolean
}

export const drivers = (scenario: ScenarioName, wanted: Wanted): SensorDriver[] => {
  const { forS, seed = 7, startAt = NIGHT, sensors = SENSORS, supplied = () => true } = wanted
  const deps = { clock: stoppedClock, pace: 'free', startAt, endAt: instant(startAt + forS * 1000), supplied } as const
  return createSimulatedSite(deps, SimulatedSiteOptions.parse({ scenario, seed, sensors }))
}

export const record = (scenario: ScenarioName, wanted: Wanted): Promise<Recorded> => read(drivers(scenario, wanted))

const CALM: Scenario = {
  acts: [],
  pump: null,
  standingW: 0,
  windMPerS: 0,
  groundNoise: 1e-9,
  passersPerHour: 0,
  expectedLoads: [],
  permits: [],
}

/** Ground motion of acts of the test's own on a site that is otherwise still: up, north, east, m/s. */
export function ground(
  acts: Scenario['acts'],
  {
    forS,
    rateHz = 250,
    seed = 7,
    lostAtS = Number.POSITIVE_INFINITY,
  }: Partial<Wanted> & {
    forS: number
    rateHz?: number
    lostAtS?: number
  },
): Float64Array[] {
  const site = createSite({ ...CALM, acts }, seed, NIGHT)
  const log = createSupplyLog()
  const fill = createGround(site, log, rateHz)
  const out = [0, 1, 2].map(() => new Float64Array(forS * rateHz))
  const count = rateHz / 2
  for (let n = 0; n < forS * 2; n++) {
    log.note(n / 2 < lostAtS, NIGHT + n * 500)
    const block: Block = emptyBlock(NIGHT + n * 500, rateHz, count, 3)
    fill(block)
    for (const [axis, samples] of block.channels.entries()) out[axis]!.set(samples, n * count)
  }
  return out
}

export const rms = (samples: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < samples.length; i++) sum += samples[i]! ** 2
  return Math.sqrt(sum / samples.length)
}

/** Amplitude of a sine at `hz`, by correlation over a Hann window. */
export function lineAt(samples: ArrayLike<number>, rateHz: number, hz: number): number {
  let re = 0
  let im = 0
  for (let i = 0; i < samples.length; i++) {
    const window = 1 - Math.cos((2 * Math.PI * i) / samples.length)
    const angle = (2 * Math.PI * hz * i) / rateHz
    re += samples[i]! * window * Math.cos(angle)
    im += samples[i]! * window * Math.sin(angle)
  }
  return (2 * Math.hypot(re, im)) / samples.length
}

/** The frequency of the strongest line in a band. */
export function strongest(samples: ArrayLike<number>, rateHz: number, fromHz: number, toHz: number, stepHz: number) {
  let best = { hz: 0, amplitude: 0 }
  for (let hz = fromHz; hz <= toHz; hz += stepHz) {
    const amplitude = lineAt(samples, rateHz, hz)
    if (amplitude > best.amplitude) best = { hz, amplitude }
  }
  return best
}

/** Index of the first sample beyond a threshold, -1 when there is none. */
export const firstBeyond = (samples: ArrayLike<number>, threshold: number): number => {
  for (let i = 0; i < samples.length; i++) if (Math.abs(samples[i]!) > threshold) return i
  return -1
}

export const peakVector = (channels: readonly ArrayLike<number>[], from: number, to: number): number => {
  let peak = 0
  for (let i = from; i < to; i++) peak = Math.max(peak, Math.hypot(...channels.map((samples) => samples[i] ?? 0)))
  return peak
}
