import { createRecordWriter, type RecordWriter } from '@minewarden/hardware/miniseed/writer.ts'
import type { SeedLinkServer } from '@minewarden/hardware/sim/seedlink/server.ts'
import { instant } from '@minewarden/protocol/time.ts'

const RATE_HZ = 100
const TICK_MS = 250

/**
 * A digitiser behind a SeedLink server: each channel's samples count up from the start, in real time, with a changing sign
 * so that they fill their records soon.
 */
export function startStation(server: SeedLinkServer, station: string, channels: readonly string[]): Disposable {
  const beganAt = Date.now()
  const base = { network: 'AM', station, location: '00', rateHz: RATE_HZ, recordLength: 512 }
  const writers = channels.map((channel): [string, RecordWriter] => [channel, createRecordWriter({ ...base, channel })])
  let done = 0
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - beganAt) * RATE_HZ) / 1000)
    if (due === done) return
    const samples = Int32Array.from({ length: due - done }, (_, i) => ((done + i) % 2 === 0 ? done + i : -done - i))
    for (const [, writer] of writers) {
      const bytes = writer.append(instant(beganAt + (done * 1000) / RATE_HZ), samples)
      for (let at = 0; at < bytes.length; at += 512) server.offer(bytes.slice(at, at + 512))
    }
    done = due
  }, TICK_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
