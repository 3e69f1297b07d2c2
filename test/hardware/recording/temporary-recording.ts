import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import type { Measurement, WaveformBlock } from '../../../hardware/contract.ts'
import { encodeRecords, type Stretch } from '../../../hardware/miniseed/encode.ts'
import { measurementsOf } from '../../../hardware/recording/measurements.ts'
import { openRecording, type Recording } from '../../../hardware/recording/recording.ts'

export const START: Instant = instant(Date.UTC(2026, 2, 1, 14))
export const MINUTE = 60_000
export const POWER_HEADER =
  'time,activePowerW,reactivePowerVar,voltageAV,voltageBV,voltageCV,currentAA,currentBA,currentCA,activeEnergyWh'

/** A time of the recording as its files have it. */
export const at = (ms: number): string => new Date(START + ms).toISOString()

/** Records of one channel of an otherwise fixed station: 100 Hz, from `fromMs` after the start. */
export const records = (samples: Int32Array, fromMs: number, more: Partial<Stretch> = {}): Uint8Array =>
  encodeRecords({
    network: 'MW',
    station: 'ADIT1',
    location: '',
    channel: 'HHZ',
    rateHz: 100,
    startAt: instant(START + fromMs),
    samples,
    ...more,
  })

export const ramp = (count: number, from = 0): Int32Array => Int32Array.from({ length: count }, (_, i) => from + i)

const GEOPHONE = {
  id: 'geo-1',
  kind: 'geophone',
  file: 'geo-1.mseed',
  channels: { HHZ: { countsPerUnit: 4e8, unit: 'm/s' } },
}
export const THREE_CHANNELS = Object.fromEntries(
  ['HHZ', 'HHN', 'HHE'].map((code) => [code, { countsPerUnit: 4e8, unit: 'm/s' }]),
)

/** The description of ten minutes at one site with one sensor of each kind. */
export const description = () => ({
  format: 'minewarden-recording/1',
  start: at(0),
  end: at(10 * MINUTE),
  sites: [
    {
      id: '450324-0007',
      name: 'Dongshan No. 2 adit',
      county: '450324',
      latitude: 25.93,
      longitude: 111.07,
      closedOn: '2023-04-11',
      area: 'key',
      expectedLoads: [{ name: 'drainage pump', ratedW: 7500 }],
      permits: [{ reason: 'drainage maintenance', from: at(0), to: at(MINUTE) }],
      gateways: [
        {
          id: 'gw-450324-0007-1',
          latitude: 25.9302,
          longitude: 111.0704,
          sensors: [
            structuredClone(GEOPHONE) as Record<string, unknown>,
            {
              id: 'air-1',
              kind: 'air-pressure',
              file: 'air-1.mseed',
              channels: { HDF: { countsPerUnit: 5e4, unit: 'Pa' } },
            },
            { id: 'meter-1', kind: 'power-meter', file: 'meter-1.csv' },
            { id: 'probe-1', kind: 'camera-probe', file: 'probe-1.csv' },
          ],
        },
      ],
    },
  ],
})
export type Description = ReturnType<typeof description>

export const files = (): Record<string, Uint8Array | string> => ({
  'geo-1.mseed': records(ramp(6000), 0),
  'air-1.mseed': records(ramp(6000), 0, { channel: 'HDF' }),
  'meter-1.csv': `${POWER_HEADER}\n${at(1000)},134.1,13.4,229.7,228.7,230.9,0.584,,0.019,66229162.1\n`,
  'probe-1.csv': `time,status\n${at(0)},online\n${at(19_187)},occluded\n`,
})

/** Writes a recording into a folder of its own, hands it over, removes it. `change` may alter its description. */
export async function withFolder<T>(
  contents: Record<string, Uint8Array | string>,
  use: (dir: string) => Promise<T>,
  change: (file: Description) => unknown = () => undefined,
): Promise<T> {
  const parent = await mkdtemp(join(tmpdir(), 'recording-'))
  const dir = join(parent, 'night-shift')
  const file = description()
  const changed = change(file)
  try {
    await mkdir(dir)
    await writeFile(join(dir, 'recording.json'), JSON.stringify(typeof changed === 'object' ? changed : file))
    for (const [name, content] of Object.entries({ ...files(), ...contents })) await writeFile(join(dir, name), content)
    return await use(dir)
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
}

/** What one sensor of a temporary recording delivers. */
export function measured(
  contents: Record<string, Uint8Array | string>,
  sensorId = 'geo-1',
  change: (file: Description) => unknown = () => undefined,
): Promise<Measurement[]> {
  const read = async (dir: string) => [...measurementsOf(sensorOf(await openRecording(dir), sensorId))]
  return withFolder(contents, read, change)
}

export function sensorOf(recording: Recording, id: string) {
  const sensor = recording.sensors.find((candidate) => candidate.id === id)
  if (!sensor) throw new Error(`no sensor ${id}`)
  return sensor
}

export const blocksOf = (measurements: readonly Measurement[]): WaveformBlock[] =>
  measurements.filter((measurement) => measurement.kind === 'waveform')
export const statesOf = (measurements: readonly Measurement[]): string[] =>
  measurements.flatMap((m) => (m.kind === 'device' ? [`${m.state} ${m.reason}`.trim()] : []))
export const countsOf = (blocks: readonly WaveformBlock[]): number[] =>
  blocks.flatMap(({ counts }) => Array.from(counts))
