/**
 * `minewarden evaluate` on one core, in samples a second: a recording written for the purpose (half an hour of three
 * channels at 250 samples/s with shots, and a meter each second), from disk to findings. Beside it a bare decode of the
 * same file through the same reader, and the measuring alone beside a plain recursive STA/LTA over the same numbers.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { evaluateRecording } from '@minewarden/cli/evaluate.ts'
import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import { encodeRecords } from '@minewarden/hardware/miniseed/encode.ts'
import { measurementsOf } from '@minewarden/hardware/recording/measurements.ts'
import { openRecording } from '@minewarden/hardware/recording/recording.ts'
import { InvariantError } from '@minewarden/protocol/errors.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { addShot, block, COUNTS_PER_UNIT, noise, START } from '../test/support/ground.ts'
import { type BenchRow, formatRows, measureRates, rateRow } from './row.ts'

const RATE = 250
const SECONDS = 1800
const CHANNELS = ['HHZ', 'HHN', 'HHE'] as const
const UNIT = 'samples/s'
const ROUNDS = 3

export async function bench(): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), 'evaluate-bench-'))
  try {
    const waves = CHANNELS.map((_, i) => ground(i))
    writeRecording(join(dir, 'bench'), waves)
    const whole = await best(async () => {
      const { samples, wallS } = await evaluateRecording(join(dir, 'bench'))
      return samples / wallS
    })
    const decode = await best(() => decodeRate(join(dir, 'bench')))
    const [measure, plain] = measureRates([measureWork(waves[0]!), plainWork(waves[0]!)], { rounds: 5 })
    return [
      rateRow('evaluate, from disk to findings; peer: bare decode of the same files', whole, decode, UNIT),
      rateRow(
        'measure (filter bank, triggers, features); peer: a plain STA/LTA alone',
        measure! * SECONDS * RATE,
        plain! * SECONDS * RATE,
        UNIT,
      ),
    ]
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function best(rate: () => Promise<number>): Promise<number> {
  let highest = 0
  for (let round = 0; round < ROUNDS; round++) highest = Math.max(highest, await rate())
  return highest
}

function ground(seed: number): Float64Array {
  const wave = noise(SECONDS, RATE, 1e-7, seed + 1)
  for (let at = 100; at < SECONDS - 10; at += 300) {
    for (const delay of [0, 0.5, 1.5, 3]) addShot(wave, RATE, at + delay, 5e-6)
  }
  return wave
}

const countsOf = (wave: Float64Array) => Int32Array.from(wave, (x) => Math.round(x * COUNTS_PER_UNIT))

function writeRecording(dir: string, waves: readonly Float64Array[]): void {
  mkdirSync(dir)
  const parts = waves.map((wave, i) =>
    encodeRecords({
      network: 'MW',
      station: 'BENCH',
      location: '',
      channel: CHANNELS[i]!,
      rateHz: RATE,
      startAt: instant(START),
      samples: countsOf(wave),
      encoding: 'steim2',
      recordLength: 4096,
    }),
  )
  writeFileSync(join(dir, 'geo.mseed'), Buffer.concat(parts))
  writeFileSync(join(dir, 'meter.csv'), meterRows())
  writeFileSync(join(dir, 'recording.json'), JSON.stringify(description()))
}

function meterRows(): string {
  const head =
    'time,activePowerW,reactivePowerVar,voltageAV,voltageBV,voltageCV,currentAA,currentBA,currentCA,activeEnergyWh'
  const rows = Array.from({ length: SECONDS }, (_, i) => `${isoOf(i + 1)},180,18,230,230,230,0.8,0,0,`)
  return `${[head, ...rows].join('\n')}\n`
}

const isoOf = (second: number): string => new Date(START + 1000 * second).toISOString()

const description = () => ({
  format: 'minewarden-recording/1',
  start: isoOf(0),
  end: isoOf(SECONDS),
  sites: [
    {
      id: '450324-0001',
      name: 'Bench adit',
      county: '450324',
      latitude: 26,
      longitude: 111,
      closedOn: '2023-04-11',
      area: 'general',
      gateways: [
        {
          id: 'gw-1',
          latitude: 26,
          longitude: 111,
          sensors: [
            {
              id: 'geo-1',
              kind: 'geophone',
              file: 'geo.mseed',
              channels: Object.fromEntries(CHANNELS.map((c) => [c, { countsPerUnit: COUNTS_PER_UNIT, unit: 'm/s' }])),
            },
            { id: 'meter-1', kind: 'power-meter', file: 'meter.csv' },
          ],
        },
      ],
    },
  ],
})

/** Samples a second when the files are only read and decoded. */
async function decodeRate(dir: string): Promise<number> {
  const recording = await openRecording(dir)
  const start = performance.now()
  let samples = 0
  for (const sensor of recording.sensors) {
    for (const m of measurementsOf(sensor)) if (m.kind === 'waveform') samples += m.counts.length
  }
  return (1000 * samples) / (performance.now() - start)
}

/** One pass of a channel through its measure. */
const measureWork = (wave: Float64Array) => {
  const blocks = Array.from({ length: SECONDS / 5 }, (_, i) =>
    block(wave, RATE, { from: 1250 * i, to: 1250 * (i + 1) }),
  )
  return (times: number) => {
    for (let k = 0; k < times; k++) {
      const measure = createMeasure({ sensor: SensorId.parse('geo-1'), kind: 'geophone', channels: ['HHZ'] })
      let readings = 0
      for (const b of blocks) readings += measure.push(b).length
      if (readings < SECONDS / 5 - 1) throw new InvariantError('the measure gave too few readings')
    }
  }
}

/** What the simplest detector does: one recursive STA/LTA over the raw numbers, nothing filtered, nothing described. */
const plainWork = (wave: Float64Array) => (times: number) => {
  for (let k = 0; k < times; k++) {
    let sta = 0
    let lta = 1e-14
    let triggers = 0
    for (let i = 0; i < wave.length; i++) {
      const energy = wave[i]! * wave[i]!
      sta += (energy - sta) / (0.5 * RATE)
      lta += (energy - lta) / (25 * RATE)
      if (sta > 8 * lta) triggers++
    }
    if (triggers === 0) throw new InvariantError('the plain loop saw nothing')
  }
}

if (import.meta.main) console.log(formatRows(await bench()))
