/**
 * Follows a log (the journal, the findings) from a persisted offset: reads a batch, has it dealt with, remembers. What
 * fails is tried again with a growing pause, for ever: InfluxDB may be down for hours. At least once, in order.
 */
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { Logger } from './ports.ts'

export interface ConsumerOptions<Item extends { readonly offset: number }> {
  readonly name: string
  /** The offset to go on from. */
  readonly from: number
  readonly read: (after: number, limit: number) => readonly Item[]
  /** Rejects when the batch has to come again. */
  readonly deal: (items: readonly Item[]) => Promise<void>
  readonly batch: number
  /** Pause after a wake, so that a trickle is not dealt with one by one. */
  readonly lingerMs: Millis
}

const FIRST_PAUSE_MS: Millis = 500
const LONGEST_PAUSE_MS: Millis = 60_000
/** After each batch: a long backlog must not keep everything else from running. */
const BREATH_MS: Millis = 1

export class Consumer<Item extends { readonly offset: number }> {
  readonly #options: ConsumerOptions<Item>
  readonly #clock: Clock
  readonly #logger: Logger
  #offset: number
  #wake: (() => void) | null = null
  #awake = false
  #failures = 0
  #caughtUp = false

  constructor(options: ConsumerOptions<Item>, deps: { readonly clock: Clock; readonly logger: Logger }) {
    this.#options = options
    this.#clock = deps.clock
    this.#logger = deps.logger.child({ consumer: options.name })
    this.#offset = options.from
  }

  /** The last item that was dealt with. */
  get offset(): number {
    return this.#offset
  }

  /** Nothing was left to deal with when it last looked. */
  get caughtUp(): boolean {
    return this.#caughtUp
  }

  /** Something was added to the log. */
  notify(): void {
    this.#awake = true
    this.#wake?.()
  }

  /** Runs until aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = () => this.notify()
    signal.addEventListener('abort', stop)
    while (!signal.aborted) await this.#step(signal)
    signal.removeEventListener('abort', stop)
  }

  async #step(signal: AbortSignal): Promise<void> {
    try {
      this.#awake = false
      const items = this.#options.read(this.#offset, this.#options.batch)
      const last = items.at(-1)
      this.#caughtUp = last === undefined
      if (!last) return await this.#rest(signal)
      await this.#options.deal(items)
      this.#offset = last.offset
      this.#failures = 0
      await this.#pause(BREATH_MS, signal)
    } catch (error) {
      if (!signal.aborted) await this.#backOff(error, signal)
    }
  }

  async #rest(signal: AbortSignal): Promise<void> {
    if (!this.#awake) await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#wake = null
    if (this.#options.lingerMs > 0 && !signal.aborted) await this.#pause(this.#options.lingerMs, signal)
  }

  async #backOff(error: unknown, signal: AbortSignal): Promise<void> {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures++, LONGEST_PAUSE_MS)
    this.#logger.error(
      { err: error, offset: this.#offset, pauseMs },
      'rows could not be dealt with, will be tried again',
    )
    await this.#pause(pauseMs, signal)
  }

  async #pause(ms: Millis, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal).catch(() => {})
  }
}
