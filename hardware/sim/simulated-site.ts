import { type Clock, type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import type { Measurement, SensorDriver, Snapshot, WaveformBlock } from '../contract.ts'
import { HardwareError } from '../errors.ts'
import { createAir } from './air.ts'
import { type Block, emptyBlock } from './block.ts'
import { createGround } from './ground.ts'
import type { SimulatedSensor, SimulatedSiteOptions } from './options.ts'
import { createPacer, type Pace, type Pacer } from './pacer.ts'
import { createPowerMeter } from './power.ts'
import { SCENARIOS } from './scenarios.ts'
import { createSite, type Site } from './site-model.ts'
import { stillPicture } from './still-picture.ts'
import { createSupplyLog, type SupplyLog } from './supply-log.ts'

/**
 * A simulated mine: the same causes, measured by every sensor it has. Geophones hear the machine whose motor the meter
 * sees start; the pressure sensor hears a round after the ground has felt it.
 *
 * It is a model. Speeds, mechanisms and formulas are the field's; how strongly machines, steps and wheels shake the
 * ground, what noise a mountain makes and how rounds sound through a sealed adit are guesses of the right order, for no
 * open measurement of them was found. A detector that does well here has been shown to work, not to be right.
 */

/** As dear as the field's digitisers have them: 2.5 nm/s and 20 uPa a count, full scale 5 m/s and 43 kPa. */
export const COUNTS_PER_M_PER_S = 4e8
export const COUNTS_PER_PA = 5e4
/** What leaves a waveform sensor at once. */
const BLOCK_MS: Millis = 500

export interface SimulatedSiteDeps {
  readonly clock: Clock
  readonly pace: Pace
  /** When the scenario begins. Background goes on before it. */
  readonly startAt: Instant
  /** Whether the site's feeder carries power (`feeder/gate.ts`: createSupply); it always does without. */
  readonly supplied?: (at: Instant) => boolean
  /** Sensors end here; without it they go on for ever. */
  readonly endAt?: Instant
}

/** One driver for each sensor, in their order. The same seed, scenario and start give the same measurements. */
export function createSimulatedSite(deps: SimulatedSiteDeps, options: SimulatedSiteOptions): SensorDriver[] {
  const site = createSite(SCENARIOS[options.scenario], options.seed, deps.startAt)
  const pacer = createPacer(deps.clock, deps.pace, deps.startAt)
  const endMs = deps.endAt ?? Number.POSITIVE_INFINITY
  return options.sensors.map((sensor): SensorDriver => {
    const bench = { site, pacer, endMs, supplied: deps.supplied ?? (() => true) }
    return {
      sensor: sensor.id,
      kind: sensor.kind,
      channels: channelsOf(sensor),
      read: (signal) => ended(signal, open(bench, sensor, signal)),
      ...(sensor.kind === 'camera-probe' && sensor.pictures && { takeSnapshot: () => takeStill(site, deps.clock) }),
    }
  })
}

interface Bench {
  readonly site: Site
  readonly pacer: Pacer
  readonly endMs: number
  readonly supplied: (at: Instant) => boolean
}

function channelsOf(sensor: SimulatedSensor): readonly string[] {
  if (sensor.kind === 'geophone') return sensor.channels
  return sensor.kind === 'air-pressure' ? ['HDF'] : []
}

function open(bench: Bench, sensor: SimulatedSensor, signal: AbortSignal): AsyncIterable<Measurement> {
  switch (sensor.kind) {
    case 'geophone':
      return readWaveform(bench, signal, {
        rateHz: sensor.rateHz,
        axes: 3,
        taken: sensor.channels.map((channel) => ({ channel, axis: AXES.indexOf(channel) })),
        countsPerUnit: COUNTS_PER_M_PER_S,
        unit: 'm/s',
        make: createGround,
      })
    case 'air-pressure':
      return readWaveform(bench, signal, {
        rateHz: sensor.rateHz,
        axes: 1,
        taken: [{ channel: 'HDF', axis: 0 }],
        countsPerUnit: COUNTS_PER_PA,
        unit: 'Pa',
        make: createAir,
      })
    case 'power-meter':
      return readMeter(bench, signal, sensor.everyS * 1000)
    case 'camera-probe':
      return readProbe(bench, signal)
  }
}

const AXES: readonly string[] = ['HHZ', 'HHN', 'HHE']

interface Waveform {
  readonly rateHz: number
  readonly axes: number
  readonly taken: readonly { readonly channel: string; readonly axis: number }[]
  readonly countsPerUnit: number
  readonly unit: WaveformBlock['unit']
  readonly make: (site: Site, log: SupplyLog, rateHz: number) => (block: Block) => void
}

/** Whole samples from where the site's time stands; after a jump of time a new stretch begins, with filters at rest. */
async function* readWaveform(bench: Bench, signal: AbortSignal, wave: Waveform): AsyncIterable<Measurement> {
  const { pacer, site, endMs } = bench
  const count = Math.max(1, Math.round((BLOCK_MS * wave.rateHz) / 1000))
  const log = createSupplyLog()
  let fill = wave.make(site, log, wave.rateHz)
  let originMs: number = pacer.begin()
  // Times are counted in samples from the origin: sums of fractions of a millisecond would drift.
  let samples = 0
  const timeOf = (sample: number) => instant(originMs + (sample * 1000) / wave.rateHz)
  while (timeOf(samples + count) <= endMs) {
    const endOfBlockMs = timeOf(samples + count)
    const atMs = await pacer.until(timeOf(samples), endOfBlockMs, signal)
    if (atMs !== endOfBlockMs) {
      originMs = atMs
      samples = 0
      fill = wave.make(site, log, wave.rateHz)
      continue
    }
    const startAt = timeOf(samples)
    log.note(bench.supplied(startAt), startAt)
    const block = emptyBlock(startAt, wave.rateHz, count, wave.axes)
    fill(block)
    samples += count
    for (const { channel, axis } of wave.taken) yield toMeasurement(wave, channel, startAt, block.channels[axis]!)
  }
}

function toMeasurement(wave: Waveform, channel: string, startAt: Instant, samples: Float64Array): WaveformBlock {
  const { rateHz, countsPerUnit, unit } = wave
  const counts = Int32Array.from(samples, (value) => Math.round(clip(value * countsPerUnit)))
  return { kind: 'waveform', channel, startAt, rateHz, counts, countsPerUnit, unit, clock: 'ntp' }
}

const clip = (counts: number): number => Math.max(-0x8000_0000, Math.min(0x7fff_ffff, counts))

async function* readMeter(bench: Bench, signal: AbortSignal, everyMs: Millis): AsyncIterable<Measurement> {
  const { pacer, site, endMs } = bench
  const log = createSupplyLog()
  const meter = createPowerMeter(site, log)
  let lastMs: number = pacer.begin()
  let nextMs = Math.ceil(lastMs / everyMs) * everyMs
  while (nextMs <= endMs) {
    const at = await pacer.until(lastMs, nextMs, signal)
    lastMs = at
    if (at !== nextMs) {
      nextMs = Math.ceil(at / everyMs) * everyMs
      continue
    }
    log.note(bench.supplied(at), at)
    yield meter(at)
    nextMs += everyMs
  }
}

/** A free-running probe that never changes again still has to end. */
const PROBE_STEP_MS = 60_000

async function* readProbe({ pacer, site, endMs }: Bench, signal: AbortSignal): AsyncIterable<Measurement> {
  let at = pacer.begin()
  let told: string | null = null
  while (at <= endMs) {
    const { status, nextMs } = site.timeline.probe(at)
    if (status !== told) yield { kind: 'probe', at, status, clock: 'ntp' }
    told = status
    at = await pacer.until(at, Math.min(nextMs ?? Number.POSITIVE_INFINITY, at + PROBE_STEP_MS), signal)
  }
}

/** @throws HardwareError of a probe that its scenario has cut off */
async function takeStill(site: Site, clock: Clock): Promise<Snapshot> {
  const at = clock.now()
  if (site.timeline.probe(at).status === 'offline')
    throw new HardwareError('camera-unreachable', 'the simulated camera is cut off')
  return { kind: 'snapshot', at, clock: 'ntp', jpeg: stillPicture() }
}

/** An abort is the wanted end of a reading, not an error. */
async function* ended(signal: AbortSignal, measurements: AsyncIterable<Measurement>): AsyncIterable<Measurement> {
  try {
    yield* measurements
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
