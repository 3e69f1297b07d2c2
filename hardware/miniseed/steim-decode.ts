/**
 * Steim 1 and 2: frames of 64 bytes, 16 words each. The first word of a frame holds 2 bits for each word that say how
 * many differences it packs; words 1 and 2 of the first frame are the first and the last sample. Decoding sums the
 * differences up; the last sum must equal the stored last sample, which is the only check sum that a record has.
 * @see SEED Manual 2.4, Appendix B
 */

export const FRAME_BYTES = 64
const WORDS = 16

export type SteimResult = 'ok' | 'compression flag unknown' | 'samples missing' | 'last sample differs'

/**
 * Decodes `count` samples into `out` from `to` on. `out` must have room for 7 more samples than `count`: a last word
 * that is not full is unpacked whole.
 */
export function decodeSteim(
  version: 1 | 2,
  view: DataView,
  at: number,
  bytes: number,
  little: boolean,
  out: Int32Array,
  to: number,
  count: number,
): SteimResult {
  if (count === 0) return 'ok'
  const frames = Math.floor(bytes / FRAME_BYTES)
  if (frames === 0) return 'samples missing'
  const unpack = version === 1 ? unpackSteim1 : unpackSteim2
  const reached = unpack(view, at, frames, little, out, to, to + count)
  if (reached < 0) return 'compression flag unknown'
  if (reached < to + count) return 'samples missing'
  const last = integrate(out, to, to + count, view.getInt32(at + 4, little))
  return last === view.getInt32(at + 8, little) ? 'ok' : 'last sample differs'
}

/** Differences to samples, in place. The first difference leads from the record before and is not needed. */
function integrate(out: Int32Array, from: number, end: number, first: number): number {
  let sample = first
  out[from] = first
  for (let i = from + 1; i < end; i++) {
    sample = (sample + out[i]!) | 0
    out[i] = sample
  }
  return sample
}

function unpackSteim1(
  view: DataView,
  at: number,
  frames: number,
  little: boolean,
  out: Int32Array,
  from: number,
  end: number,
): number {
  let n = from
  for (let f = 0; f < frames && n < end; f++) {
    const frame = at + f * FRAME_BYTES
    const control = view.getUint32(frame, little)
    for (let w = f === 0 ? 3 : 1; w < WORDS && n < end; w++) {
      const code = (control >>> (30 - 2 * w)) & 3
      if (code === 0) continue
      const word = frame + 4 * w
      if (code === 1) n = fourBytes(view, word, out, n)
      else if (code === 2) {
        out[n++] = view.getInt16(word, little)
        out[n++] = view.getInt16(word + 2, little)
      } else out[n++] = view.getInt32(word, little)
    }
  }
  return n
}

function unpackSteim2(
  view: DataView,
  at: number,
  frames: number,
  little: boolean,
  out: Int32Array,
  from: number,
  end: number,
): number {
  let n = from
  for (let f = 0; f < frames && n < end; f++) {
    const frame = at + f * FRAME_BYTES
    const control = view.getUint32(frame, little)
    for (let w = f === 0 ? 3 : 1; w < WORDS && n < end; w++) {
      const code = (control >>> (30 - 2 * w)) & 3
      if (code === 0) continue
      const at = frame + 4 * w
      if (code === 1) n = fourBytes(view, at, out, n)
      else
        n = code === 2 ? wideFields(view.getInt32(at, little), out, n) : narrowFields(view.getInt32(at, little), out, n)
      if (n < 0) return n
    }
  }
  return n
}

/** Single bytes keep their order in memory, whatever the byte order of the words. */
function fourBytes(view: DataView, at: number, out: Int32Array, n: number): number {
  const word = view.getInt32(at, false)
  out[n] = word >> 24
  out[n + 1] = (word << 8) >> 24
  out[n + 2] = (word << 16) >> 24
  out[n + 3] = (word << 24) >> 24
  return n + 4
}

function wideFields(word: number, out: Int32Array, n: number): number {
  switch (word >>> 30) {
    case 1:
      out[n] = (word << 2) >> 2
      return n + 1
    case 2:
      out[n] = (word << 2) >> 17
      out[n + 1] = (word << 17) >> 17
      return n + 2
    case 3:
      out[n] = (word << 2) >> 22
      out[n + 1] = (word << 12) >> 22
      out[n + 2] = (word << 22) >> 22
      return n + 3
    default:
      return -1
  }
}

function narrowFields(word: number, out: Int32Array, n: number): number {
  switch (word >>> 30) {
    case 0:
      out[n] = (word << 2) >> 26
      out[n + 1] = (word << 8) >> 26
      out[n + 2] = (word << 14) >> 26
      out[n + 3] = (word << 20) >> 26
      out[n + 4] = (word << 26) >> 26
      return n + 5
    case 1:
      out[n] = (word << 2) >> 27
      out[n + 1] = (word << 7) >> 27
      out[n + 2] = (word << 12) >> 27
      out[n + 3] = (word << 17) >> 27
      out[n + 4] = (word << 22) >> 27
      out[n + 5] = (word << 27) >> 27
      return n + 6
    case 2:
      out[n] = (word << 4) >> 28
      out[n + 1] = (word << 8) >> 28
      out[n + 2] = (word << 12) >> 28
      out[n + 3] = (word << 16) >> 28
      out[n + 4] = (word << 20) >> 28
      out[n + 5] = (word << 24) >> 28
      out[n + 6] = (word << 28) >> 28
      return n + 7
    default:
      return -1
  }
}
