import { type Instant, instant } from '@minewarden/protocol/time.ts'

/**
 * The samples of miniSEED 2 records as gateways write them (big-endian, Steim 1 and 2 or plain integers), for a picture: what
 * it cannot read it leaves out. The bytes themselves are what the evidence is.
 * @see SEED Manual 2.4, chapter 8 (headers), Appendix B (Steim)
 */
export interface SampleBlock {
  readonly startAt: Instant
  readonly rateHz: number
  /** Counts. */
  readonly samples: Int32Array
}

const HEADER_BYTES = 48
const FRAME_BYTES = 64
const DAY_MS = 86_400_000

export function samplesOf(bytes: Uint8Array): SampleBlock[] {
  const blocks: SampleBlock[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const record = recordAt(view, at)
    if (record === null) break
    if (record.block && record.block.rateHz > 0) blocks.push(record.block)
    at += record.length
  }
  return blocks
}

function recordAt(view: DataView, at: number): { length: number; block: SampleBlock | null } | null {
  const count = view.getUint16(at + 30)
  const dataAt = at + view.getUint16(at + 44)
  let shape: { encoding: number; length: number } | null = null
  let exactHz: number | null = null
  let microseconds = 0
  for (let next = view.getUint16(at + 46), last = 0; next > last && at + next + 8 <= view.byteLength; ) {
    const blockette = at + next
    const type = view.getUint16(blockette)
    if (type === 1000) shape = { encoding: view.getUint8(blockette + 4), length: 2 ** view.getUint8(blockette + 6) }
    if (type === 100) exactHz = view.getFloat32(blockette + 4)
    if (type === 1001) microseconds = view.getInt8(blockette + 5)
    last = next
    next = view.getUint16(blockette + 2)
  }
  if (!shape || shape.length < 128 || shape.length > 65_536 || at + shape.length > view.byteLength) return null
  const samples = decoded(view, dataAt, at + shape.length, shape.encoding, count)
  const startAt = instant(startMs(view, at) + microseconds / 1000)
  const rateHz = exactHz ?? rateOf(view.getInt16(at + 32), view.getInt16(at + 34))
  return { length: shape.length, block: samples && { startAt, rateHz, samples } }
}

function startMs(view: DataView, at: number): number {
  const start = at + 20
  const year = Date.UTC(view.getUint16(start), 0)
  const day = (view.getUint16(start + 2) - 1) * DAY_MS
  const [hour, minute, second] = [view.getUint8(start + 4), view.getUint8(start + 5), view.getUint8(start + 6)]
  const corrected = (view.getUint8(at + 36) & 2) === 0 ? view.getInt32(at + 40) / 10 : 0
  return year + day + ((hour * 60 + minute) * 60 + second) * 1000 + view.getUint16(start + 8) / 10 + corrected
}

function rateOf(factor: number, multiplier: number): number {
  if (factor === 0 || multiplier === 0) return 0
  const base = factor > 0 ? factor : -1 / factor
  return multiplier > 0 ? base * multiplier : base / -multiplier
}

function decoded(view: DataView, from: number, end: number, encoding: number, count: number): Int32Array | null {
  if (encoding === 10 || encoding === 11) return steim(view, from, end, encoding === 11, count)
  const width = encoding === 1 ? 2 : encoding === 3 ? 4 : 0
  if (width === 0 || from + count * width > end) return null
  return Int32Array.from({ length: count }, (_, i) =>
    width === 2 ? view.getInt16(from + i * 2) : view.getInt32(from + i * 4),
  )
}

/** How a word of Steim 2 is packed, by its two bits and the two bits in it: how many differences of how many bits. */
const STEIM2: Readonly<Record<number, readonly [count: number, bits: number]>> = {
  9: [1, 30],
  10: [2, 15],
  11: [3, 10],
  12: [5, 6],
  13: [6, 5],
  14: [7, 4],
}
const STEIM1: Readonly<Record<number, readonly [count: number, bits: number]>> = { 1: [4, 8], 2: [2, 16], 3: [1, 32] }

function steim(view: DataView, from: number, end: number, second: boolean, count: number): Int32Array | null {
  const differences: number[] = []
  for (let frame = from; frame + FRAME_BYTES <= end && differences.length < count; frame += FRAME_BYTES) {
    const control = view.getUint32(frame)
    for (let word = frame === from ? 3 : 1; word < 16; word++) {
      const code = (control >>> (30 - 2 * word)) & 3
      if (code === 0) continue
      const value = view.getUint32(frame + 4 * word)
      const packed = second && code > 1 ? STEIM2[(code << 2) | (value >>> 30)] : STEIM1[code]
      if (!packed) return null
      const [n, bits] = packed
      for (let i = n - 1; i >= 0; i--) differences.push((value << (32 - bits * (i + 1))) >> (32 - bits))
    }
  }
  if (count === 0 || differences.length < count) return null
  const samples = new Int32Array(count)
  samples[0] = view.getInt32(from + 4)
  for (let i = 1; i < count; i++) samples[i] = (samples[i - 1] as number) + (differences[i] as number)
  // The last sample stands beside the first, as the only check there is.
  return samples[count - 1] === view.getInt32(from + 8) ? samples : null
}
