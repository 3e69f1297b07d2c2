/**
 * The edge's waveform chain, in channel-samples a second on one core, beside the same arithmetic in plain scalar C
 * (`edge-chain.c`, compiled by `cc -O3 -march=native` in the same run; without a compiler there is no peer): three
 * channels of 250 samples/s in blocks of a second. First both must tell the same: every window's levels, lines and
 * peaks, every segment. The C has what is done for each sample, frame and window, and the trigger; it has no gaps, clocks
 * or instrument correction, and describes no event: the second row has the readings, events and machine lines that the
 * gateway makes of it all, which the C does not do. The gateway's unit leaves the optimising compiler out to save memory:
 * `node --max-opt=2 bench/edge-chain.ts` measures the chain as it runs there.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createChannelAnalyser, type WindowLines } from '@minewarden/edge/core/measure/channel-analyser.ts'
import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import { noneDiscarded } from '@minewarden/edge/core/measure/device-reading.ts'
import type { Segment } from '@minewarden/edge/core/measure/trigger.ts'
import { bandLevels, kurtosis, rms } from '@minewarden/edge/core/measure/window-features.ts'
import type { WaveformBlock } from '@minewarden/hardware/contract.ts'
import { InvariantError } from '@minewarden/protocol/errors.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { addShot, addTone, block, COUNTS_PER_UNIT, noise } from '../test/support/ground.ts'
import { findProgram } from '../test/support/requires.ts'
import { type BenchRow, formatRows, rateRow } from './row.ts'

const RATE_HZ = 250
const SECONDS = 400
const CHANNELS = ['HHZ', 'HHN', 'HHE']
const UNIT = 'channel-samples/s'
/** The peers run in turn, so that both see the same machine; the best round of each counts. */
const ROUNDS = 12
const ROUND_MS = 250
/** The compiler may join a product and a sum, which rounds once instead of twice. */
const TOLERANCE = 1e-6

/** Ground with rounds of shots, a shot before a machine that runs on, a rhythm of blows, and a long-running engine. */
function ground(seed: number): Float64Array {
  const wave = noise(SECONDS, RATE_HZ, 5e-8, seed)
  for (const at of [40, 40.5, 42.3, 44.1, 70, 120, 300, 301.2]) addShot(wave, RATE_HZ, at, 4e-6, 15)
  addTone(wave, RATE_HZ, { fromS: 120, toS: 180, hz: 24.7, amplitude: 4e-7 })
  for (let at = 200; at < 280; at += 0.31) {
    addTone(wave, RATE_HZ, { fromS: at, toS: at + 0.08, hz: 32, amplitude: 1e-6 })
  }
  addShot(wave, RATE_HZ, 235, 4e-5, 12)
  addTone(wave, RATE_HZ, { fromS: 310, toS: 390, hz: 49.3, amplitude: 3e-7 })
  return wave
}

/** Blocks of a second, the channels in turn. */
function blocksOf(waves: readonly Float64Array[]): WaveformBlock[] {
  return Array.from({ length: SECONDS }, (_, s) =>
    waves.map((wave, c) =>
      block(wave, RATE_HZ, { from: s * RATE_HZ, to: (s + 1) * RATE_HZ, channel: CHANNELS[c] as string }),
    ),
  ).flat()
}

/** What the chain tells, one line each, as the C prints it. */
type Told = (string | number)[][]

/** The analysers of all channels over all blocks; what they tell goes to `told`, if it is wanted. */
function runAnalysers(blocks: readonly WaveformBlock[], told: Told | null): number {
  let sum = 0
  const analysers = CHANNELS.map((_, c) =>
    createChannelAnalyser(
      c === 0 ? 'ground' : null,
      {
        window({ sums, tone, percussion, lines }) {
          const levels = Object.values(bandLevels(sums)).filter((level) => level !== null)
          const values = [sums.samples, rms(sums), sums.peak, kurtosis(sums)]
          sum += values[1] as number
          told?.push(
            ['window', c, ...values, tone.toneHz, tone.toneDb, percussion.percussionHz, percussion.percussionDb]
              .concat(levels, lines ? peakSums(lines) : [])
              .map((value) => value ?? Number.NaN),
          )
        },
        segment({ onset, last, closedAt, cut, background }: Segment) {
          sum += onset
          told?.push(['segment', onset, last, closedAt, Number(cut), ...background])
        },
      },
      noneDiscarded(),
    ),
  )
  blocks.forEach((next, i) => void analysers[i % CHANNELS.length]!.push(next))
  for (const analyser of analysers) analyser.end()
  return sum
}

function peakSums({ tones, rhythms }: WindowLines): number[] {
  return [tones, rhythms].flatMap((peaks) => {
    const total = (field: 'hz' | 'db' | 'errorHz' | 'power') => peaks.reduce((sum, peak) => sum + peak[field], 0)
    return [peaks.length, total('hz'), total('db'), total('errorHz'), total('power')]
  })
}

/** The gateway's measure: readings of it all. */
function runMeasure(blocks: readonly WaveformBlock[]): number {
  const measure = createMeasure({ sensor: SensorId.parse('geo-1'), kind: 'geophone', channels: CHANNELS })
  let readings = 0
  for (const next of blocks) readings += measure.push(next).length
  return readings + measure.end().length
}

/** The C chain over the same samples. */
interface Peer {
  tells(): Told
  /** The best rate in so many seconds. */
  rate(seconds: number): number
}

function compilePeer(dir: string, blocks: readonly WaveformBlock[]): Peer | null {
  const compiler = findProgram('cc') ?? findProgram('gcc')
  if (!compiler) return null
  const program = join(dir, 'edge-chain')
  const source = join(import.meta.dirname, 'edge-chain.c')
  execFileSync(compiler, ['-O3', '-march=native', '-o', program, source, '-lm'])
  const samples = join(dir, 'samples')
  const parts = CHANNELS.map((channel) => blocks.filter((next) => next.channel === channel))
  writeFileSync(
    samples,
    Buffer.concat(parts.flatMap((part) => part.map(({ counts }) => Buffer.from(new Uint8Array(counts.buffer))))),
  )
  const run = (seconds: number) =>
    execFileSync(program, [samples, String(RATE_HZ), String(COUNTS_PER_UNIT), String(seconds)], { encoding: 'utf8' })
  return {
    tells: () =>
      run(0)
        .trim()
        .split('\n')
        .map((line) => line.split(' ').map((word) => (/^[a-z]{4,}/.test(word) ? word : Number(word)))),
    rate: (seconds) => Number(run(seconds).split(' ')[0]),
  }
}

/** @throws {InvariantError} where the two chains tell something else */
function compare(ours: Told, theirs: Told): void {
  const ordered = (told: Told) => [0, 1, 2].map((c) => told.filter(([kind, of]) => kind === 'window' && of === c))
  const segments = (told: Told) => told.filter(([kind]) => kind === 'segment')
  const pairs = [
    ...ordered(ours).map((windows, c) => [windows, ordered(theirs)[c]!] as const),
    [segments(ours), segments(theirs)] as const,
  ]
  for (const [a, b] of pairs) {
    if (a.length !== b.length || a.length === 0) throw new InvariantError(`${a.length} told, in C ${b.length}`)
    a.forEach((line, i) => {
      if (line.length !== b[i]!.length || line.some((value, k) => !isNear(value, b[i]![k]!))) {
        throw new InvariantError(`the chains part at\n${line.join(' ')}\nin C\n${b[i]!.join(' ')}`)
      }
    })
  }
}

function isNear(a: string | number, b: string | number): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b
  return Object.is(a, b) || Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b))
}

/** Best of the rounds that fit into the time, in runs a second. */
function bestRate(run: () => number): number {
  let best = Number.POSITIVE_INFINITY
  for (const end = performance.now() + ROUND_MS; performance.now() < end; ) {
    const from = performance.now()
    if (run() === 0) throw new InvariantError('the chain told nothing')
    best = Math.min(best, performance.now() - from)
  }
  return 1000 / best
}

/**
 * Compiles the C and holds it against the chain, then hands both over.
 * @param take what to do with them; `peer` is `null` without a compiler, `told` is what the chain told
 * @throws {InvariantError} where the two chains tell something else
 */
export function withPeer<T>(take: (chain: { blocks: WaveformBlock[]; peer: Peer | null; told: Told }) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'edge-chain-'))
  try {
    const blocks = blocksOf(CHANNELS.map((_, c) => ground(c + 1)))
    const peer = compilePeer(dir, blocks)
    const told: Told = []
    runAnalysers(blocks, told)
    if (peer) compare(told, peer.tells())
    return take({ blocks, peer, told })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

export async function bench(): Promise<BenchRow[]> {
  return withPeer(({ blocks, peer, told }) => {
    const samples = SECONDS * RATE_HZ * CHANNELS.length
    const best = { analysers: 0, measure: 0, peer: 0 }
    for (let round = 0; round < ROUNDS; round++) {
      best.analysers = Math.max(best.analysers, samples * bestRate(() => runAnalysers(blocks, null)))
      if (peer) best.peer = Math.max(best.peer, peer.rate(ROUND_MS / 1000))
      best.measure = Math.max(best.measure, samples * bestRate(() => runMeasure(blocks)))
    }
    const segments = told.filter(([kind]) => kind === 'segment').length
    const theirs = peer && best.peer
    return [
      rateRow(`windows and ${segments} segments; peer: the same in C`, best.analysers, theirs, UNIT),
      rateRow('with readings, events and machine lines; peer: the C without these', best.measure, theirs, UNIT),
    ]
  })
}

if (import.meta.main) console.log(formatRows(await bench()))
