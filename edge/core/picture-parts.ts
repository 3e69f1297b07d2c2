/** A picture on its way to who asked for it: parts of its bytes, each small enough to travel. */
import type { Snapshot } from '@minewarden/hardware/contract.ts'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import { MAX_PICTURE_PART_BYTES } from '@minewarden/protocol/picture.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import { timing } from './measure/device-reading.ts'
import type { StampTiming } from './measure/worst-timing.ts'

/** Reasons for a person; a longer one is cut. */
const MAX_REASON_CHARS = 300

/** The picture in parts, in their order; `measuredAt` is when it was taken. */
export function pictureReadings(sensor: SensorId, request: string, snapshot: Snapshot): ReadingOf<'picture'>[] {
  const { jpeg, at } = snapshot
  const parts = Math.ceil(jpeg.length / MAX_PICTURE_PART_BYTES)
  return Array.from({ length: parts }, (_, part) => ({
    ...pictureReading(sensor, at, snapshot),
    fields: {
      request,
      part,
      parts,
      refusal: null,
      data: jpeg.subarray(part * MAX_PICTURE_PART_BYTES, (part + 1) * MAX_PICTURE_PART_BYTES),
    },
  }))
}

/** "There is no picture, because ...": no parts, no data. */
export function refusalReading(
  sensor: SensorId,
  request: string,
  reason: string,
  worth: StampTiming & { readonly at: Instant },
): ReadingOf<'picture'> {
  const fields = { request, part: 0, parts: 0, refusal: reason.slice(0, MAX_REASON_CHARS), data: null }
  return { ...pictureReading(sensor, worth.at, worth), fields }
}

const pictureReading = (sensor: SensorId, measuredAt: Instant, worth: StampTiming) => ({
  kind: 'picture' as const,
  sensor,
  channel: null,
  measuredAt,
  ...timing(worth),
})
