/** A stretch of raw waveform as readings: parts of whole miniSEED records, each small enough to travel. */
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { MAX_WAVEFORM_PART_BYTES } from '@minewarden/protocol/spool.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import { timing } from './measure/device-reading.ts'
import type { StampTiming } from './measure/worst-timing.ts'

/** What was asked for: `request` is empty for an event's own waveform. */
export interface Stretch {
  readonly request: string
  readonly sensor: SensorId
  readonly channel: string
  readonly from: Instant
  readonly to: Instant
}

/**
 * The stretch in parts; `fromMs` and `toMs` name the whole stretch in each of them. A stretch of which nothing is there
 * gives one reading that says so: 0 parts, no data.
 */
export function waveformReadings(
  stretch: Stretch,
  records: readonly Uint8Array[],
  worth: StampTiming,
): ReadingOf<'waveform'>[] {
  const parts = groupRecords(records)
  const reading = (part: number, data: Uint8Array | null): ReadingOf<'waveform'> => ({
    kind: 'waveform',
    sensor: stretch.sensor,
    channel: stretch.channel,
    measuredAt: stretch.to,
    ...timing(worth),
    fields: { request: stretch.request, fromMs: stretch.from, toMs: stretch.to, part, parts: parts.length, data },
  })
  return parts.length === 0 ? [reading(0, null)] : parts.map((data, part) => reading(part, data))
}

/** As many records as fit into one part, again and again. A record never exceeds a part: 4096 of 65536 bytes. */
function groupRecords(records: readonly Uint8Array[]): Uint8Array[] {
  const parts: Uint8Array[] = []
  let group: Uint8Array[] = []
  let bytes = 0
  for (const record of records) {
    if (bytes + record.length > MAX_WAVEFORM_PART_BYTES) {
      parts.push(join(group, bytes))
      group = []
      bytes = 0
    }
    group.push(record)
    bytes += record.length
  }
  if (bytes > 0) parts.push(join(group, bytes))
  return parts
}

function join(group: readonly Uint8Array[], length: number): Uint8Array {
  const out = new Uint8Array(length)
  let at = 0
  for (const bytes of group) {
    out.set(bytes, at)
    at += bytes.length
  }
  return out
}
