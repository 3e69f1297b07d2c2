import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeAll } from '../../../hardware/miniseed/stream.ts'
import { measurementsOf } from '../../../hardware/recording/measurements.ts'
import { mergeByTime } from '../../../hardware/recording/merge.ts'
import { openRecording } from '../../../hardware/recording/recording.ts'
import { requires } from '../../support/requires.ts'

const DATA = join(import.meta.dirname, '../../../../shared/data')
const present = requires('real data')
const recordings = present ? readdirSync(join(DATA, 'recordings')) : []

describe.runIf(present)('the recordings at hand', () => {
  it.each(recordings)('%s opens and is read whole, in order of time, within its window', async (name) => {
    const recording = await openRecording(join(DATA, 'recordings', name))
    const sources = recording.sensors.map((sensor) => ({ key: sensor, measurements: measurementsOf(sensor) }))
    const samples = new Map<string, number>()
    let last = recording.startAt as number
    let rows = 0
    for (const { key, measurement, completedAt } of mergeByTime(sources)) {
      if (completedAt < last) expect.fail(`${key.file}: ${completedAt} after ${last}`)
      last = completedAt
      if (measurement.kind === 'device') expect.fail(measurement.reason)
      if (measurement.kind === 'waveform')
        samples.set(key.path, (samples.get(key.path) ?? 0) + measurement.counts.length)
      else rows++
    }
    expect(last).toBeGreaterThan(recording.startAt)
    expect(last).toBeLessThanOrEqual(recording.endAt + 0.05)
    const tables = recording.sensors.filter(({ channels }) => channels.length === 0)
    expect(rows).toBe(
      tables.reduce((sum, { path }) => sum + readFileSync(path, 'utf8').trim().split('\n').length - 1, 0),
    )
    const waveforms = recording.sensors.filter(({ channels }) => channels.length > 0)
    expect(samples).toEqual(new Map(waveforms.map(({ path }) => [path, samplesIn(path)])))
  })
})

interface Trace {
  readonly file: string
  readonly seedId: string
  readonly nSamples: number
  readonly sampleRateHz: number
  readonly startTimeUtc: string
}

describe.runIf(present)('the traces at hand', () => {
  it('are read as their manifest says', () => {
    const manifest = JSON.parse(readFileSync(join(DATA, 'traces/manifest.json'), 'utf8')) as { traces: Trace[] }
    expect(manifest.traces.length).toBeGreaterThan(100)
    for (const trace of manifest.traces) {
      const path = join(DATA, 'traces', trace.file)
      const [first] = decodeAll(readFileSync(path))
      if (first?.kind !== 'record') expect.fail(`${trace.file}: ${first?.reason}`)
      const { network, station, location, channel, startAt, rateHz } = first.record
      expect([network, station, location, channel].join('.')).toBe(trace.seedId)
      expect(rateHz).toBeCloseTo(trace.sampleRateHz, 6)
      expect(startAt).toBeCloseTo(Date.parse(trace.startTimeUtc), -1)
      expect(samplesIn(path), trace.file).toBe(trace.nSamples)
    }
  })
})

function samplesIn(path: string): number {
  let samples = 0
  for (const item of decodeAll(readFileSync(path), { reuseSamples: true })) {
    if (item.kind === 'discarded') expect.fail(`${path}: ${item.bytes} bytes: ${item.reason}`)
    samples += item.record.samples.length
  }
  return samples
}
