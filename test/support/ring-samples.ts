import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeAll } from '@minewarden/hardware/miniseed/stream.ts'

/** One sample of a gateway's waveform ring, with its time in UTC milliseconds. */
export interface RingSample {
  readonly value: number
  readonly atMs: number
}

/** Every sample of one channel that a gateway has left in its ring, in order of time. */
export function ringSamples(dataDir: string, sensor: string, channel: string): RingSample[] {
  const dir = join(dataDir, 'ring', sensor, channel)
  if (!existsSync(dir)) return []
  const samples: RingSample[] = []
  for (const name of readdirSync(dir).filter((file) => file.endsWith('.mseed'))) {
    for (const item of decodeAll(readFileSync(join(dir, name)))) {
      if (item.kind !== 'record') throw new Error(`${name}: ${item.reason}`)
      const { startAt, rateHz } = item.record
      for (const [i, value] of item.record.samples.entries())
        samples.push({ value, atMs: startAt + (i * 1000) / rateHz })
    }
  }
  return samples.sort((a, b) => a.atMs - b.atMs)
}
