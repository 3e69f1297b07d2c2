import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../errors.ts'
import type { ByteLine } from './contract.ts'
import { Interruption } from './interruption.ts'
import type { ListenedLine } from './listened-line.ts'

export interface SuperviseOptions<T> {
  readonly line: ListenedLine
  readonly converse: (line: ByteLine, signal: AbortSignal) => AsyncIterable<T>
  readonly clock: Clock
  readonly silentMs: Millis
  readonly isGood: (item: T) => boolean
}

/**
 * The items of one conversation, cut short when no good one comes for too long while somebody waits, or when the signal
 * aborts. A conversation that hangs is left behind: it gets its signal and its line will be closed.
 * @throws HardwareError `line-silent` or `line-garbled`, and what the conversation throws
 */
export async function* superviseConversation<T>(
  options: SuperviseOptions<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const interruption = new Interruption()
  const over = new AbortController()
  const stop = () => interruption.interrupt(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const items = options.converse(options.line, over.signal)[Symbol.asyncIterator]()
  const watchdog = new Watchdog(options)
  void watchdog.run(over.signal).then((fault) => {
    if (fault) interruption.interrupt(fault)
  })
  try {
    for (;;) {
      watchdog.wait()
      const result = await interruption.race(items.next())
      watchdog.hear(!result.done && options.isGood(result.value))
      if (result.done) return
      yield result.value
    }
  } finally {
    signal.removeEventListener('abort', stop)
    over.abort()
    // A generator that is stuck in an await answers `return` only when that ends.
    void Promise.resolve(items.return?.()).catch(() => undefined)
  }
}

/** After a moment in which the whole process stood still, what arrived meanwhile is read before silence is judged. */
const GRACE_MS: Millis = 100

/** Notices that nothing good comes; the time in which nobody asks does not count. One timer, however many items come. */
class Watchdog {
  readonly #options: Pick<SuperviseOptions<never>, 'line' | 'clock' | 'silentMs'>
  #quietSince: Millis
  /** Since when nobody waits; `null`: somebody does. */
  #awaySince: Millis | null
  /** What was read when the last good item came. */
  #readBytes = 0

  constructor(options: Pick<SuperviseOptions<never>, 'line' | 'clock' | 'silentMs'>) {
    this.#options = options
    this.#quietSince = options.clock.monotonic()
    this.#awaySince = this.#quietSince
  }

  /** Somebody begins to wait for the next item. */
  wait(): void {
    this.#quietSince += this.#options.clock.monotonic() - (this.#awaySince ?? 0)
    this.#awaySince = null
  }

  /** An item came. */
  hear(isGood: boolean): void {
    this.#awaySince = this.#options.clock.monotonic()
    if (!isGood) return
    this.#quietSince = this.#awaySince
    this.#readBytes = this.#options.line.readBytes
  }

  /** Resolves with the fault, or with `null` when the signal aborts. */
  async run(signal: AbortSignal): Promise<HardwareError | null> {
    const { clock, silentMs } = this.#options
    while (!signal.aborted) {
      const restMs = silentMs - this.#quietMs()
      await clock.sleep(restMs > 0 ? restMs : GRACE_MS, signal).catch(() => undefined)
      if (restMs <= 0 && !signal.aborted && this.#quietMs() >= silentMs) return this.#fault()
    }
    return null
  }

  #quietMs(): Millis {
    return (this.#awaySince ?? this.#options.clock.monotonic()) - this.#quietSince
  }

  #fault(): HardwareError {
    const { line, clock, silentMs } = this.#options
    const heard = line.readBytes - this.#readBytes
    // The torn end of a last message does not make noise of the silence after it.
    const isQuiet = line.lastReadAt === null || clock.monotonic() - line.lastReadAt > silentMs / 2
    if (heard === 0 || isQuiet)
      return new HardwareError('line-silent', `${line.name}: nothing arrived for ${silentMs} ms`)
    return new HardwareError('line-garbled', `${line.name}: ${heard} bytes arrived that nobody understands`)
  }
}
