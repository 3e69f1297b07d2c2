/**
 * The one master of a shared RS-485 bus: one request at a time, silence before each, and an eye for answers that come
 * late or from somebody else. What it cannot see: two meters that have the same address.
 */
import { InvariantError } from '@minewarden/protocol/errors.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { ByteLine } from '../line/contract.ts'
import { Ears, senderOf } from './ears.ts'
import { bytesMs, LONGEST_GAP_MS, SHORTEST_DELAY_MS } from './line-speed.ts'
import type { BusFrame, Exchange, Question, Verdict } from './question.ts'
import { TimedReader } from './timed-reader.ts'

export interface MasterOptions {
  readonly line: ByteLine
  readonly clock: Clock
  readonly baudRate: number
  /** An answer that nobody waits for (any more), by its sender's address. */
  readonly stray?: (address: string) => void
}

/** A bus on which somebody never stops talking is spoken on all the same after this. */
const QUIET_LIMIT_MS: Millis = 1_000
/** A late frame whose end has not come yet: converters hand bytes over in portions. */
const TORN_MS: Millis = 100
/** Callers that wait for their turn: the polling and an operation on a breaker are two. */
const WAITING_CEILING = 8

export class BusMaster {
  readonly #options: MasterOptions
  readonly #reader: TimedReader
  readonly #ears = new Ears()
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = 0
  /** When something was last heard or said. */
  #lastAt: Millis = Number.NEGATIVE_INFINITY

  constructor(options: MasterOptions) {
    this.#options = options
    this.#reader = new TimedReader(options.line, options.clock)
  }

  /** Listens until the line ends. Never throws. */
  run(): Promise<void> {
    return this.#reader.run()
  }

  /**
   * Sends a question when its turn comes and waits for what comes of it.
   * @param timeoutMs from the end of the request to the answer's first byte
   * @throws HardwareError `line-lost`
   */
  exchange<T>(question: Question<T>, timeoutMs: Millis): Promise<Exchange<T>> {
    if (this.#waiting >= WAITING_CEILING) throw new InvariantError('meter bus: too many callers wait for their turn')
    this.#waiting++
    const outcome = this.#turn.then(() => this.#exchange(question, timeoutMs))
    this.#turn = outcome.catch(() => undefined)
    return outcome.finally(() => this.#waiting--)
  }

  async #exchange<T>(question: Question<T>, timeoutMs: Millis): Promise<Exchange<T>> {
    const { line, clock, baudRate } = this.#options
    await this.#quiet()
    await line.write(question.bytes)
    const sentAt = clock.monotonic() + bytesMs(question.bytes.length, baudRate)
    this.#lastAt = sentAt
    const answerBy = sentAt + timeoutMs
    // Whoever babbles does not hold the bus for ever.
    const endBy = answerBy + 2 * bytesMs(question.answerBytes, baudRate) + LONGEST_GAP_MS
    const gathered = new Gathered<T>()
    for (;;) {
      const isExpectant = this.#ears.isExpectant
      const until = Math.min(endBy, isExpectant ? Math.max(answerBy, this.#lastAt + LONGEST_GAP_MS) : answerBy)
      const chunk = await this.#reader.next(until)
      if (chunk) {
        this.#lastAt = chunk.at
        const answer = this.#judge(this.#ears.push(chunk.bytes), question, gathered)
        if (answer) return finished(answer, chunk.at)
        if (chunk.at < endBy) continue
      }
      const { heard, noiseBytes } = this.#ears.settle()
      const answer = this.#judge(heard, question, gathered)
      if (answer) return finished(answer, clock.monotonic())
      gathered.noiseBytes += noiseBytes
      return gathered.failure()
    }
  }

  /** The first verdict that ends the exchange. */
  #judge<T>(heard: readonly BusFrame[], question: Question<T>, gathered: Gathered<T>): Final<T> | null {
    let final: Final<T> | null = null
    for (const frame of heard) {
      const verdict: Verdict<T> = final ? { kind: 'unrelated' } : question.judge(frame)
      const sender = senderOf(frame)
      if (verdict.kind === 'answer' || verdict.kind === 'refused' || verdict.kind === 'nonsense') final = verdict
      else if (verdict.kind !== 'unrelated') gathered.note(verdict)
      if (!final && sender !== null) this.#options.stray?.(sender)
    }
    return final
  }

  /** Waits until nobody has spoken for a moment; what is heard meanwhile came too late for its question. */
  async #quiet(): Promise<void> {
    const { clock } = this.#options
    const giveUpAt = clock.monotonic() + QUIET_LIMIT_MS
    for (;;) {
      const quietMs = this.#ears.isExpectant ? TORN_MS : SHORTEST_DELAY_MS
      const until = Math.max(this.#lastAt + quietMs, clock.monotonic())
      const chunk = await this.#reader.next(Math.min(giveUpAt, until))
      if (!chunk) break
      this.#lastAt = chunk.at
      this.#tellStrays(this.#ears.push(chunk.bytes))
      if (clock.monotonic() >= giveUpAt) break
    }
    this.#tellStrays(this.#ears.settle().heard)
  }

  #tellStrays(heard: readonly BusFrame[]): void {
    for (const frame of heard) {
      const sender = senderOf(frame)
      if (sender !== null) this.#options.stray?.(sender)
    }
  }
}

type Final<T> = Extract<Verdict<T>, { readonly kind: 'answer' | 'refused' | 'nonsense' }>

const finished = <T>(final: Final<T>, at: Millis): Exchange<T> =>
  final.kind === 'answer' ? { kind: 'answer', value: final.value, at } : final

/** What came in place of an answer; the most telling counts. */
class Gathered<T> {
  noiseBytes = 0
  #best: Extract<Verdict<T>, { readonly kind: 'old-protocol' | 'other-address' }> | null = null

  note(verdict: Extract<Verdict<T>, { readonly kind: 'old-protocol' | 'other-address' }>): void {
    if (this.#best?.kind !== 'old-protocol') this.#best = verdict
  }

  failure(): Exclude<Exchange<T>, { readonly kind: 'answer' }> {
    if (this.#best?.kind === 'old-protocol') return this.#best
    if (this.noiseBytes > 0) return { kind: 'garbled', bytes: this.noiseBytes }
    return this.#best ?? { kind: 'silent' }
  }
}
