import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import {
  createFrame,
  decodeFast,
  FIELD_BOOLEAN,
  FIELD_BYTES,
  FIELD_MASK,
  FIELD_NONE,
  FIELD_STRING,
  FLAG_HISTORICAL,
  FLAG_NULL,
  FLAG_TIMED,
  type Frame,
} from '@minewarden/protocol/sparkplug/fast.ts'
import { DataType, type MetricValue, type Payload } from '@minewarden/protocol/sparkplug/payload.ts'
import { decodeText } from '@minewarden/protocol/sparkplug/wire.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dataPayloads, payloads } from './arbitrary-payload.ts'

/** What the general decoder answers, in the few words that a frame knows. */
function reduce(payload: Payload) {
  return {
    timestamp: payload.timestamp ?? -1,
    seq: payload.seq ?? -1,
    metrics: payload.metrics.map(({ alias, timestamp, isHistorical, value }) => ({
      alias,
      timestamp,
      isHistorical: isHistorical === true,
      value,
    })),
  }
}

function fieldOf(frame: Frame, i: number, bytes: Uint8Array): MetricValue | null | undefined {
  const flags = frame.flags[i]!
  const [start, end] = [frame.starts[i]!, frame.starts[i]! + frame.values[i]!]
  if ((flags & FLAG_NULL) !== 0) return null
  if ((flags & FIELD_MASK) === FIELD_NONE) return undefined
  if ((flags & FIELD_MASK) === FIELD_STRING) return decodeText(bytes, start, end)
  if ((flags & FIELD_MASK) === FIELD_BYTES) return Uint8Array.from(bytes.subarray(start, end))
  return (flags & FIELD_MASK) === FIELD_BOOLEAN ? frame.values[i] === 1 : frame.values[i]!
}

const readFrame = (frame: Frame, bytes: Uint8Array) => ({
  timestamp: frame.timestamp,
  seq: frame.seq,
  metrics: Array.from({ length: frame.count }, (_, i) => ({
    alias: frame.aliases[i],
    timestamp: (frame.flags[i]! & FLAG_TIMED) === 0 ? undefined : frame.timestamps[i],
    isHistorical: (frame.flags[i]! & FLAG_HISTORICAL) !== 0,
    value: fieldOf(frame, i, bytes),
  })),
})

/** One frame for all of them: what an earlier payload left behind must not show. */
const frame = createFrame(64)
let covered = 0

/** Where the fast path answers, it must answer as the general one; where that one refuses, it must not. */
function compare(bytes: Uint8Array): void {
  if (!decodeFast(bytes, frame)) return
  covered++
  let fast: ReturnType<typeof readFrame> | string
  let general: ReturnType<typeof reduce> | string
  try {
    fast = readFrame(frame, bytes)
  } catch (error) {
    fast = String(error).replace(/ at byte.*/, '')
  }
  try {
    general = reduce(decodePayload(bytes))
  } catch (error) {
    general = String(error).replace(/ at byte.*/, '')
  }
  expect(fast).toEqual(general)
}

describe('the fast path', () => {
  it('gives the same answer as the general decoder for DATA by alias, and covers most of it', () => {
    covered = 0
    fc.assert(
      fc.property(dataPayloads, (payload) => compare(encodePayload(payload))),
      { numRuns: 3000 },
    )
    expect(covered).toBeGreaterThan(1000)
  })

  it('gives the same answer, or none, for any other payload, for damaged ones and for noise', () => {
    fc.assert(
      fc.property(payloads, (payload) => compare(encodePayload(payload))),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(dataPayloads, fc.nat(), fc.nat(255), (payload, where, other) => {
        const bytes = encodePayload(payload)
        for (let length = 0; length < bytes.length; length += 1 + (bytes.length >> 4))
          compare(bytes.subarray(0, length))
        if (bytes.length === 0) return
        bytes[where % bytes.length] = other
        compare(bytes)
      }),
      { numRuns: 2000 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), compare), { numRuns: 5000 })
  })

  it('covers every kind of value that DATA of today can hold, null and late ones too', () => {
    const metric = { alias: 5, timestamp: 1_764_000_000_000 }
    const values: MetricValue[] = [1.5, 7, 2 ** 40, true, false, 'ok', '', 'x'.repeat(300), new Uint8Array(70_000)]
    const all = [
      ...values.map((value) => ({ ...metric, value })),
      { ...metric, value: null },
      { ...metric, isHistorical: true, value: null },
      { ...metric, isHistorical: true, value: 2.5 },
    ]
    const bytes = encodePayload({ timestamp: 1_764_000_000_001, metrics: all, seq: 255 })
    expect(decodeFast(bytes, frame)).toBe(true)
    expect(readFrame(frame, bytes)).toEqual(reduce(decodePayload(bytes)))
  })

  it.each<[string, Payload]>([
    ['a named metric', { metrics: [{ name: 'a', alias: 1, value: 1.5 }] }],
    ['a metric without alias', { metrics: [{ value: 1.5 }] }],
    ['a datatype', { metrics: [{ alias: 1, datatype: DataType.Double, value: 1.5 }] }],
    ['an integer beyond 2^53', { metrics: [{ alias: 1, value: 2n ** 60n }] }],
    ['properties', { metrics: [{ alias: 1, properties: {}, value: 1.5 }] }],
    ['a time before 1971', { metrics: [{ alias: 1, timestamp: 5, value: 1.5 }] }],
    ['more metrics than the frame has room for', { metrics: Array(65).fill({ alias: 1, value: 1.5 }) }],
    ['a uuid', { metrics: [], uuid: 'x' }],
  ])('leaves %s to the general decoder', (_, payload) => {
    const bytes = encodePayload(payload)
    expect(decodeFast(bytes, frame)).toBe(false)
    expect(decodePayload(bytes).metrics.length).toBe(payload.metrics.length)
  })
})
