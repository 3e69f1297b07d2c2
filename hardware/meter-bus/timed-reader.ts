import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../errors.ts'
import type { ByteLine, Chunk } from '../line/contract.ts'

/** More than a second of the fastest bus; the oldest go first. */
const CHUNKS_CEILING = 4_096

/** Reads a line with a time limit for each chunk; one reader. */
export class TimedReader {
  readonly #line: ByteLine
  readonly #clock: Clock
  readonly #chunks: Chunk[] = []
  #end: { readonly error: unknown } | null = null
  #wake: (() => void) | null = null

  constructor(line: ByteLine, clock: Clock) {
    this.#line = line
    this.#clock = clock
  }

  /** Reads until the line ends. Never throws: the next reader gets the error. */
  async run(): Promise<void> {
    try {
      for await (const chunk of this.#line.read()) {
        this.#chunks.push(chunk)
        if (this.#chunks.length > CHUNKS_CEILING) this.#chunks.shift()
        this.#wake?.()
      }
      this.#end = { error: new HardwareError('line-lost', `${this.#line.name}: the other side ended it`) }
    } catch (error) {
      this.#end = { error }
    }
    this.#wake?.()
  }

  /**
   * The next chunk; `null` when none came until then (monotonic time). What is in hand is given whatever the time.
   * @throws HardwareError `line-lost`
   */
  async next(until: Millis): Promise<Chunk | null> {
    const waiting = this.#take()
    const restMs = until - this.#clock.monotonic()
    if (waiting || restMs <= 0) return waiting
    await this.#arrival(restMs)
    return this.#take()
  }

  #take(): Chunk | null {
    const chunk = this.#chunks.shift()
    if (!chunk && this.#end) throw this.#end.error
    return chunk ?? null
  }

  async #arrival(restMs: Millis): Promise<void> {
    const nap = new AbortController()
    this.#wake = () => nap.abort()
    await this.#clock.sleep(restMs, nap.signal).catch(() => undefined)
    this.#wake = null
  }
}
