/**
 * Frames of the digitiser's line: sync, type, length, payload, CRC-32. Nothing is escaped, so a receiver that finds no
 * sound frame drops one byte and looks again; every byte of the line is attacker-controlled until its CRC holds.
 * @see docs/digitiser-protocol.md
 */
import { crc32 } from './crc32.ts'

const SYNC_0 = 0xa5
const SYNC_1 = 0x5a
const HEADER = 4
const CRC_LENGTH = 4
/** Longest payload; a greater length byte is noise. */
export const MAX_PAYLOAD = 240
export const MAX_FRAME = HEADER + MAX_PAYLOAD + CRC_LENGTH
/** Bytes that can be held at once: one frame that is not yet whole, and room to take in more without moving it. */
const CAPACITY = 4 * MAX_FRAME
/** Damage is reported after so many bytes at the latest: on a line of nothing but noise no good frame ends it. */
const REPORT_DISCARDED = 4 * MAX_FRAME

/** Who is told what the decoder finds, in the order of the line. */
export interface FrameSink {
  /** A frame whose CRC holds. `payload` is a view that is overwritten after the call: copy what you keep. */
  frame(type: number, payload: Uint8Array): void
  /** So many bytes in a row belonged to no sound frame. */
  discarded(bytes: number): void
}

/** Turns bytes, however they are cut into chunks, into frames. Holds {@link CAPACITY} bytes, allocates nothing a frame. */
export class FrameDecoder {
  readonly #sink: FrameSink
  readonly #held = new Uint8Array(CAPACITY)
  #start = 0
  #end = 0
  #discarded = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Takes the next bytes of the line; tells the sink of every frame that they complete. */
  push(chunk: Uint8Array): void {
    let taken = 0
    while (taken < chunk.length) {
      if (this.#end === CAPACITY) this.#compact()
      const count = Math.min(chunk.length - taken, CAPACITY - this.#end)
      this.#held.set(chunk.subarray(taken, taken + count), this.#end)
      this.#end += count
      taken += count
      this.#scan()
    }
  }

  /** The line ended: what waits for its rest never becomes a frame by more bytes, but may hold one after a false sync. */
  end(): void {
    while (this.#start < this.#end) {
      this.#drop()
      this.#scan()
    }
    this.#reportDiscarded()
  }

  #scan(): void {
    const held = this.#held
    while (this.#start < this.#end) {
      const at = this.#start
      const present = this.#end - at
      if (held[at] !== SYNC_0 || (present > 1 && held[at + 1] !== SYNC_1)) {
        this.#drop()
        continue
      }
      if (present < HEADER) return
      const length = held[at + 3]!
      if (length > MAX_PAYLOAD) {
        this.#drop()
        continue
      }
      if (present < HEADER + length + CRC_LENGTH) return
      this.#take(at, length)
    }
  }

  #take(at: number, length: number): void {
    const held = this.#held
    const crcAt = at + HEADER + length
    const stated = (held[crcAt]! | (held[crcAt + 1]! << 8) | (held[crcAt + 2]! << 16) | (held[crcAt + 3]! << 24)) >>> 0
    if (crc32(held, at + 2, crcAt) !== stated) {
      this.#drop()
      return
    }
    this.#reportDiscarded()
    this.#start = crcAt + CRC_LENGTH
    this.#sink.frame(held[at + 2]!, held.subarray(at + HEADER, crcAt))
  }

  #drop(): void {
    this.#start += 1
    this.#discarded += 1
    if (this.#discarded >= REPORT_DISCARDED) this.#reportDiscarded()
  }

  #reportDiscarded(): void {
    if (this.#discarded === 0) return
    const bytes = this.#discarded
    this.#discarded = 0
    this.#sink.discarded(bytes)
  }

  #compact(): void {
    this.#held.copyWithin(0, this.#start, this.#end)
    this.#end -= this.#start
    this.#start = 0
  }
}

/** One frame as bytes. `payload` has at most {@link MAX_PAYLOAD} bytes. */
export function encodeFrame(type: number, payload: Uint8Array): Uint8Array {
  if (payload.length > MAX_PAYLOAD) throw new RangeError(`payload of ${payload.length} bytes`)
  const bytes = new Uint8Array(HEADER + payload.length + CRC_LENGTH)
  bytes[0] = SYNC_0
  bytes[1] = SYNC_1
  bytes[2] = type
  bytes[3] = payload.length
  bytes.set(payload, HEADER)
  const crcAt = HEADER + payload.length
  new DataView(bytes.buffer).setUint32(crcAt, crc32(bytes, 2, crcAt), true)
  return bytes
}
