/** A device for tests that says numbered frames, and a conversation with it. */
import type { ByteLine } from '@minewarden/hardware/line/contract.ts'

const FRAME_BYTES = 16

/** `A5 5A`, number u32, 8 bytes that follow from it, their sum u16. */
export function numberedFrame(number: number): Uint8Array {
  const bytes = new Uint8Array(FRAME_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 0xa55a)
  view.setUint32(2, number)
  for (let i = 6; i < 14; i++) bytes[i] = (number * 31 + i * 7) & 0xff
  view.setUint16(14, sum(bytes))
  return bytes
}

const sum = (frame: Uint8Array): number => frame.subarray(2, 14).reduce((a, b) => (a * 33 + b) & 0xffff, 7)

/** A frame as it came. */
export interface Heard {
  readonly kind: 'frame'
  readonly number: number
  readonly at: number
}

/** Finds frames in whatever arrives; keeps less than a frame of what it does not understand. */
export async function* numberedFrames(line: ByteLine): AsyncGenerator<Heard, void, undefined> {
  let rest = new Uint8Array()
  for await (const { bytes, at } of line.read()) {
    const all = new Uint8Array([...rest, ...bytes])
    let from = 0
    while (from + FRAME_BYTES <= all.length) {
      const frame = all.subarray(from, from + FRAME_BYTES)
      const view = new DataView(frame.buffer, frame.byteOffset, FRAME_BYTES)
      if (view.getUint16(0) === 0xa55a && view.getUint16(14) === sum(frame)) {
        yield { kind: 'frame', number: view.getUint32(2), at }
        from += FRAME_BYTES
      } else from += 1
    }
    rest = all.slice(from)
  }
}
