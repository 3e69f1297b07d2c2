import type { Measurement } from '../contract.ts'
import type { ResumePoint } from './station-feed.ts'

/** A measurement on its way to its sensor's reader. */
export interface Letter {
  readonly measurement: Measurement
  /** Where the station stands once the reader has this; `null`: where it stood before. */
  readonly position: ResumePoint | null
}

/** Blocks that may wait for one reader: about half an hour of three channels. */
export const MAILBOX_CEILING = 1024

/** What waits for one sensor's reader. Who fills it asks for room first: it never grows beyond its ceiling. */
export class Mailbox {
  readonly #letters: Letter[] = []
  #wakeReader: (() => void) | null = null
  #wakeWriter: (() => void) | null = null

  get size(): number {
    return this.#letters.length
  }

  get isFull(): boolean {
    return this.#letters.length >= MAILBOX_CEILING
  }

  /** False when it is full: the letter was not taken. */
  put(letter: Letter): boolean {
    if (this.isFull) return false
    this.#letters.push(letter)
    this.#wakeReader?.()
    return true
  }

  /** The oldest letter; waits for one. `null` once the signal aborts. */
  async take(signal: AbortSignal): Promise<Letter | null> {
    while (!signal.aborted) {
      const letter = this.#letters.shift()
      if (letter) {
        this.#wakeWriter?.()
        return letter
      }
      await this.#wait(signal, (wake) => {
        this.#wakeReader = wake
      })
    }
    return null
  }

  /** Resolves when there is room, or the signal aborts. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.isFull && !signal.aborted) {
      await this.#wait(signal, (wake) => {
        this.#wakeWriter = wake
      })
    }
  }

  /** Forgets what nobody will take. */
  clear(): void {
    this.#letters.length = 0
    this.#wakeWriter?.()
  }

  async #wait(signal: AbortSignal, keep: (wake: (() => void) | null) => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = () => resolve()
    keep(wake)
    signal.addEventListener('abort', wake, { once: true })
    await promise
    signal.removeEventListener('abort', wake)
    keep(null)
  }
}
