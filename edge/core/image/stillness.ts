/**
 * Whether pictures repeat. No living camera gives the same picture twice: its sensor's noise changes the last bit of
 * some point in nearly every part even when nothing moves. So a picture whose parts equal those of an earlier look bit
 * for bit, but for a clock that ticks in a corner, comes from a store: the last one (frozen) or one of many (a loop).
 * Parts without any texture (black, burnt out) say nothing. It cannot see a recording that is played to the lens.
 */
import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import type { GreyFrame } from './frame.ts'

const PART_COLUMNS = 8
const PART_ROWS = 6
const PARTS = PART_COLUMNS * PART_ROWS
/** Brightest less darkest point of a part below which it is without texture. */
const TEXTURE = 12
/** Parts with texture below which nothing is said. */
const MIN_PARTS = 10
/** Share of the parts that are equal: a clock overlay takes up to a row of eight. */
const SAME = 0.78
/** Pictures that are remembered: a loop of so many looks is found, a longer one when looks fall on it again. */
const MEMORY = 96
/** Repeats within the memory after which it is a loop. */
const LOOP_REPEATS = 4
/** Usual share of equal parts above which the camera's noise is too low for this judgement. */
const TOO_QUIET = 0.4
/** A camera may answer the same picture for some seconds, from a cache. */
const CACHE_MS: Millis = 20_000

export interface Stillness {
  readonly kind: 'live' | 'same' | 'repeats' | 'untold'
  /** First look of the run of equal pictures; of this look when `live`. */
  readonly since: Instant
  /** Looks in that run, for `repeats` those that repeated. */
  readonly looks: number
}

export interface StillnessMemory {
  /** Usual share of equal parts from one look to the next in live pictures. */
  usual: number
  taught: number
}

/** Remembers a camera's pictures as 96 bytes each, {@link MEMORY} of them. */
export class StillnessJudge {
  readonly memory: StillnessMemory
  readonly #marks = new Uint16Array(MEMORY * PARTS)
  readonly #repeats = new Uint8Array(MEMORY)
  #count = 0
  #since = instant(-1)
  #run = 0
  #newest = instant(Number.NEGATIVE_INFINITY)

  constructor(memory: StillnessMemory) {
    this.memory = memory
  }

  push(frame: Pick<GreyFrame, 'at' | 'width' | 'height' | 'luma'>): Stillness {
    const marks = partMarks(frame)
    const telling = marks.reduce((count, mark) => count + (mark === 0 ? 0 : 1), 0)
    if (telling < MIN_PARTS) return this.#end(frame.at, 'untold')
    const before = this.#count > 0 ? this.#sameShare(marks, 1) : 0
    const again = before < SAME && this.#repeatsEarlier(marks)
    // From a cache: the camera did not look again.
    if (before >= SAME && Math.abs(frame.at - this.#newest) < CACHE_MS) return this.#answer(frame.at)
    this.#newest = frame.at
    this.#remember(marks, again)
    if (this.memory.usual > TOO_QUIET) return this.#end(frame.at, 'untold', before)
    if (before >= SAME) {
      if (this.#run === 0) this.#since = frame.at
      this.#run += 1
      return this.#answer(frame.at)
    }
    return this.#end(frame.at, 'live', before)
  }

  #answer(at: Instant): Stillness {
    return this.#run > 0 ? { kind: 'same', since: this.#since, looks: this.#run } : this.#end(at, 'live')
  }

  #end(at: Instant, kind: 'live' | 'untold', share?: number): Stillness {
    this.#run = 0
    const looks = this.#repeats.reduce((sum, repeat) => sum + repeat, 0)
    if (kind === 'live' && looks >= LOOP_REPEATS) return { kind: 'repeats', since: at, looks }
    if (share !== undefined) this.#learn(share)
    return { kind, since: at, looks: 0 }
  }

  #learn(share: number): void {
    this.memory.taught = Math.min(200, this.memory.taught + 1)
    this.memory.usual += (share - this.memory.usual) / this.memory.taught
  }

  #remember(marks: Uint16Array, again: boolean): void {
    const at = this.#count % MEMORY
    this.#marks.set(marks, at * PARTS)
    this.#repeats[at] = again ? 1 : 0
    this.#count += 1
  }

  #repeatsEarlier(marks: Uint16Array): boolean {
    for (let ago = 2; ago <= Math.min(this.#count, MEMORY); ago++) if (this.#sameShare(marks, ago) >= SAME) return true
    return false
  }

  /** Share of the telling parts that equal those of the picture so many looks ago. */
  #sameShare(marks: Uint16Array, ago: number): number {
    const from = ((this.#count - ago) % MEMORY) * PARTS
    let same = 0
    let telling = 0
    for (let part = 0; part < PARTS; part++) {
      if (marks[part] === 0) continue
      telling += 1
      if (marks[part] === this.#marks[from + part]) same += 1
    }
    return telling < MIN_PARTS ? 0 : same / telling
  }
}

/** A mark for each part of the picture, 0 where it has no texture. @see FNV-1a, 32 bits folded to 16 */
function partMarks({ width, height, luma }: Pick<GreyFrame, 'width' | 'height' | 'luma'>): Uint16Array {
  const marks = new Uint16Array(PARTS)
  for (let part = 0; part < PARTS; part++) {
    const column = part % PART_COLUMNS
    const row = (part - column) / PART_COLUMNS
    const left = Math.floor((column * width) / PART_COLUMNS)
    const right = Math.floor(((column + 1) * width) / PART_COLUMNS)
    const bottom = Math.floor(((row + 1) * height) / PART_ROWS)
    let hash = 0x811c9dc5
    let low = 255
    let high = 0
    for (let y = Math.floor((row * height) / PART_ROWS); y < bottom; y++)
      for (let x = left; x < right; x++) {
        const value = luma[y * width + x]!
        if (value < low) low = value
        if (value > high) high = value
        hash = Math.imul(hash ^ value, 0x01000193)
      }
    if (high - low >= TEXTURE) marks[part] = (hash >>> 16) ^ (hash & 0xffff) || 1
  }
  return marks
}
