import { FRAME_BYTES } from './steim-decode.ts'

/**
 * Packs samples into Steim frames, greedily: each word takes as many of the next differences as fit into it.
 * @see SEED Manual 2.4, Appendix B
 */

interface Packing {
  /** Differences in the word, and bits for each. */
  readonly count: number
  readonly bits: number
  /** The word's two bits in the control word. */
  readonly code: number
  /** The two leading bits of the word itself, `null` when it has none. */
  readonly decode: number | null
}
const packing = (count: number, bits: number, code: number, decode: number | null): Packing => ({
  count,
  bits,
  code,
  decode,
})

const STEIM1 = [packing(4, 8, 1, null), packing(2, 16, 2, null), packing(1, 32, 3, null)]
const STEIM2 = [
  packing(7, 4, 3, 2),
  packing(6, 5, 3, 1),
  packing(5, 6, 3, 0),
  packing(4, 8, 1, null),
  packing(3, 10, 2, 3),
  packing(2, 15, 2, 2),
  packing(1, 30, 2, 1),
]

/** What one frame can hold at most, in samples. */
export const MAX_SAMPLES_PER_FRAME = 15 * 7

export interface SteimJob {
  readonly version: 1 | 2
  readonly samples: Int32Array
  /** The samples to pack: `from` to before `end`; at least one. */
  readonly from: number
  readonly end: number
  /** The sample before `from`, when the channel has one without a gap. */
  readonly previous: number | null
  /** Zeroed bytes, as many whole frames as may be used. */
  readonly frames: DataView
  readonly little: boolean
}

export interface Packed {
  readonly samples: number
  /** Packing stopped at a difference that needs more than 30 bits, which Steim 2 cannot hold. */
  readonly tooWide: boolean
}

/** Fills frames until they are full, the samples are used up, or a difference does not fit. */
export function packSteim(job: SteimJob): Packed {
  const { samples, from, end, frames, little } = job
  const words = frames.byteLength / 4
  let next = from
  let tooWide = false
  for (let word = 3; word < words && next < end && !tooWide; word += (word + 1) % 16 === 0 ? 2 : 1) {
    const choice = choose(job, next)
    if (!choice) tooWide = true
    else {
      writeWord(job, word, choice, next)
      next += choice.count
    }
  }
  frames.setInt32(4, samples[from]!, little)
  frames.setInt32(8, samples[Math.max(from, next - 1)]!, little)
  return { samples: next - from, tooWide }
}

/** The densest packing that holds the next differences; `null` when even one is too wide. */
function choose(job: SteimJob, next: number): Packing | null {
  const left = job.end - next
  for (const packing of job.version === 1 ? STEIM1 : STEIM2) {
    if (packing.count <= left && fits(job, next, packing)) return packing
  }
  return null
}

function fits(job: SteimJob, next: number, { count, bits }: Packing): boolean {
  if (bits === 32) return true
  const limit = 2 ** (bits - 1)
  for (let i = next; i < next + count; i++) {
    const difference = wideDifference(job, i)
    if (difference >= limit || difference < -limit) return false
  }
  return true
}

/** May exceed 32 bits. The first one is for the reader's information only: it is 0 when there is none that fits. */
function wideDifference({ samples, from, previous, version }: SteimJob, i: number): number {
  if (i > from) return samples[i]! - samples[i - 1]!
  const difference = previous === null ? 0 : samples[i]! - previous
  return version === 2 && Math.abs(difference) >= 2 ** 29 ? 0 : difference
}

function writeWord(job: SteimJob, word: number, { count, bits, code, decode }: Packing, next: number): void {
  const { frames, little } = job
  const control = Math.floor(word / 16) * FRAME_BYTES
  frames.setUint32(control, (frames.getUint32(control, little) | (code << (30 - 2 * (word % 16)))) >>> 0, little)
  const at = 4 * word
  if (decode === null) {
    for (let i = 0; i < count; i++) writeField(frames, at, i, bits, wideDifference(job, next + i), little)
    return
  }
  let packed = decode << 30
  const mask = 2 ** bits - 1
  for (let i = 0; i < count; i++) packed |= (wideDifference(job, next + i) & mask) << (bits * (count - 1 - i))
  frames.setInt32(at, packed, little)
}

/** Whole bytes stand in memory in order; only within one is the byte order that of the record. A sum wraps at 32 bits. */
function writeField(frames: DataView, at: number, i: number, bits: number, value: number, little: boolean): void {
  if (bits === 8) frames.setInt8(at + i, value)
  else if (bits === 16) frames.setInt16(at + 2 * i, value, little)
  else frames.setInt32(at, value, little)
}
