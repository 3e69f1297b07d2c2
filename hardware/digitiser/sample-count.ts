/**
 * Follows the numbers of frames and samples: where a frame stands in its run, how many samples are missing before it, and
 * whether they were never taken or got lost on the way. Numbers are modulo 2^32 and runs modulo 256 on the line.
 */
import type { DataHead } from './messages.ts'

export interface Place {
  /** A run begins with this frame: nothing is known of the time before it. */
  readonly begins: boolean
  /** Number of the first sample since the run began; does not wrap. */
  readonly index: number
  /** Samples between the frame before and this one. */
  readonly missing: number
}

export class SampleCount {
  #run: number | null = null
  #nextFrame = 0
  #next = 0
  #samplesPerFrame = 0
  /** Samples that were taken and lost on the way, since the beginning. */
  lost = 0
  /** Samples that the digitiser could not take. */
  missed = 0

  /** What follows is another run, whatever its number. */
  restart(): void {
    this.#run = null
  }

  /** @param isPossible whether a frame that ends with this sample can have arrived by now: a restart may keep the run's number */
  place(head: DataHead, isPossible: (lastIndex: number) => boolean): Place {
    const ahead = (head.firstSample - this.#next) | 0
    const begins =
      this.#run !== head.run || ahead < 0 || (ahead > 0 && !isPossible(this.#next + ahead + head.samples - 1))
    const index = begins ? head.firstSample : this.#next + ahead
    const missing = begins ? 0 : ahead
    this.#count(head, missing)
    this.#samplesPerFrame = begins ? head.samples : Math.max(this.#samplesPerFrame, head.samples)
    this.#run = head.run
    this.#next = index + head.samples
    this.#nextFrame = (head.frameNumber + 1) >>> 0
    return { begins, index, missing }
  }

  #count(head: DataHead, missing: number): void {
    if (missing === 0) return
    const framesLost = (head.frameNumber - this.#nextFrame) >>> 0
    // What the lost frames cannot have held was never taken.
    const lost = head.missed ? Math.min(missing, framesLost * this.#samplesPerFrame) : missing
    this.lost += lost
    this.missed += missing - lost
  }
}
