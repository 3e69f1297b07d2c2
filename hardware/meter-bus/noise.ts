import type { Millis } from '@minewarden/protocol/time.ts'

/** After damage, for so long everything is asked twice. */
const NOISY_MS: Millis = 60_000

/** Whether a bus is one on which damage occurs. A sum of one byte lets one damage of a few hundred through. */
export class Noise {
  #until: Millis = Number.NEGATIVE_INFINITY

  heard(at: Millis): void {
    this.#until = at + NOISY_MS
  }

  isNoisy(at: Millis): boolean {
    return at < this.#until
  }
}
