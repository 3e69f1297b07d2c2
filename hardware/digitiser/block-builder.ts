import type { Millis } from '@minewarden/protocol/time.ts'
import { CHANNELS, copySamples } from './messages.ts'

/** Long enough that little work is done a sample, short enough that readings are not late. */
export const BLOCK_MS: Millis = 500

/** Samples of consecutive frames. */
export interface SampleBlock {
  /** Number of the first sample in its run. */
  readonly index: number
  readonly count: number
  /** By channel of the ADC; `null`: not asked for. */
  readonly counts: readonly (Int32Array | null)[]
}

/** Joins the short frames of the line into blocks of about {@link BLOCK_MS}. Holds less than one. */
export class BlockBuilder {
  readonly #wanted: readonly boolean[]
  readonly #enough: number
  #counts: (Int32Array | null)[] = []
  #index = 0
  #count = 0
  #capacity = 0

  /** @param wanted by channel of the ADC */
  constructor(wanted: readonly boolean[], rateHz: number) {
    this.#wanted = wanted
    this.#enough = (rateHz * BLOCK_MS) / 1000
  }

  /**
   * Takes the samples of a DATA payload that follows the one before (after {@link flush}: any); returns the block that it
   * completes, mostly none.
   */
  add(index: number, samples: number, payload: Uint8Array): SampleBlock | null {
    // Frames of a run are of one length; a longer one than expected begins a block of its own.
    const cut = this.#count + samples > this.#capacity ? this.flush() : null
    if (this.#count === 0) this.#begin(index, samples)
    for (let channel = 0; channel < CHANNELS; channel++) {
      const counts = this.#counts[channel]
      if (counts) copySamples(payload, channel, counts, this.#count)
    }
    this.#count += samples
    return cut ?? (this.#count >= this.#enough ? this.flush() : null)
  }

  /** What is in hand, cut short. */
  flush(): SampleBlock | null {
    const count = this.#count
    if (count === 0) return null
    const counts = this.#counts.map((all) => (all && all.length > count ? all.slice(0, count) : all))
    this.#count = 0
    this.#capacity = 0
    return { index: this.#index, count, counts }
  }

  #begin(index: number, samples: number): void {
    this.#index = index
    this.#capacity = Math.ceil(this.#enough / samples) * samples
    this.#counts = this.#wanted.map((wanted) => (wanted ? new Int32Array(this.#capacity) : null))
  }
}
