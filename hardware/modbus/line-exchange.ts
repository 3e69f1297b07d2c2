/** One request and its answer at a time on a line of bytes. */
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { ByteLine } from '../line/contract.ts'
import type { Flaw, Framed, Framing } from './answer.ts'
import { FRAME_CEILING_BYTES } from './rtu-frame.ts'

/** What arrives beyond this before the answer is noise; the newest is kept. */
const HEARD_CEILING_BYTES = 4 * FRAME_CEILING_BYTES
/** A line on which bytes arrive all the time is not waited for any longer. */
const FLOOD_MS: Millis = 250

export interface ExchangeOptions {
  readonly framing: Framing
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
  /** So long must the line be quiet before a request. */
  readonly gapMs: Millis
}

export type Exchanged =
  | { readonly frame: Uint8Array; readonly askedAt: Millis; readonly at: Millis }
  | { readonly flaw: Flaw }

interface Waiting {
  readonly framed: Framed
  readonly done: (answer: { readonly frame: Uint8Array; readonly at: Millis } | null) => void
}

/** Begin with {@link LineExchange.listen}; it ends with the line. */
export class LineExchange {
  readonly #line: ByteLine
  readonly #options: ExchangeOptions
  readonly #lost = new AbortController()
  #heard = new Uint8Array()
  #lastHeardAt: Millis = Number.NEGATIVE_INFINITY
  #waiting: Waiting | null = null

  constructor(line: ByteLine, options: ExchangeOptions) {
    this.#line = line
    this.#options = options
  }

  /** Aborts when the line ended; its reason is the error, if there was one. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Reads the line to its end. Never throws. */
  async listen(): Promise<void> {
    let reason: unknown = null
    try {
      for await (const { bytes, at } of this.#line.read()) this.#hear(bytes, at)
    } catch (error) {
      reason = error
    }
    this.#lost.abort(reason)
    this.#waiting?.done(null)
  }

  /**
   * @param request as RTU frames it
   * @throws HardwareError `line-lost`; the signal's reason
   */
  async ask(request: Uint8Array, limitMs: Millis, signal: AbortSignal): Promise<Exchanged> {
    if (!(await this.#becomeQuiet(signal))) return { flaw: { kind: 'flood' } }
    const framed = this.#options.framing(request)
    this.#heard = new Uint8Array()
    const { promise, resolve } = Promise.withResolvers<Awaited<Parameters<Waiting['done']>[0]>>()
    this.#waiting = { framed, done: resolve }
    const over = new AbortController()
    const stop = () => resolve(null)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted || this.lost.aborted) stop()
    const askedAt = this.#options.clock.monotonic()
    try {
      await this.#line.write(framed.bytes)
      void this.#options.clock.sleep(limitMs, over.signal).then(stop, () => undefined)
      const answer = await promise
      signal.throwIfAborted()
      return answer ? { ...answer, askedAt } : { flaw: framed.flaw(this.#heard) }
    } finally {
      signal.removeEventListener('abort', stop)
      over.abort()
      this.#waiting = null
    }
  }

  #hear(bytes: Uint8Array, at: Millis): void {
    this.#lastHeardAt = at
    if (!this.#waiting) return
    const all = new Uint8Array(this.#heard.length + bytes.length)
    all.set(this.#heard)
    all.set(bytes, this.#heard.length)
    this.#heard = all.length > HEARD_CEILING_BYTES ? all.slice(-HEARD_CEILING_BYTES) : all
    const frame = this.#waiting.framed.answer(this.#heard)
    if (frame) this.#waiting.done({ frame, at })
  }

  /** False when the line never is. */
  async #becomeQuiet(signal: AbortSignal): Promise<boolean> {
    const { clock, gapMs } = this.#options
    const endsAt = clock.monotonic() + FLOOD_MS + gapMs
    for (;;) {
      const restMs = this.#lastHeardAt + gapMs - clock.monotonic()
      if (restMs <= 0) return true
      if (clock.monotonic() >= endsAt) return false
      await clock.sleep(Math.max(restMs, 1), signal)
    }
  }
}
