/** Asks one meter: repeats what came damaged, confirms what may be damaged unseen, learns how long the meter takes. */
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { LearntDelay } from './learnt-delay.ts'
import { bytesMs } from './line-speed.ts'
import type { BusMaster } from './master.ts'
import type { Noise } from './noise.ts'
import type { Ask, Exchange, Failure, Outcome, Question } from './question.ts'

/** A damaged answer is asked for again at once; nothing is when none came, lest a late answer be taken for a new one. */
const TRIES = 3

export interface AskingDeps {
  readonly master: Pick<BusMaster, 'exchange'>
  readonly clock: Clock
  readonly baudRate: number
  readonly noise: Noise
  readonly delay: LearntDelay
}

/** Questions whose last answer is remembered; a meter is asked a dozen. */
const REMEMBERED = 64

export function createAsk(deps: AskingDeps): Ask {
  const believed = new Believed()
  const take = <T>(question: Question<T>, exchange: Exchange<T>): Outcome<T> => {
    if (exchange.kind === 'answer') believed.keep(question, exchange.value)
    return outcomeOf(question, exchange)
  }
  return async <T>(question: Question<T>): Promise<Outcome<T>> => {
    let failure: Failure = { kind: 'silent' }
    let earlier: Exchange<T> | null = null
    for (let tried = 0; tried < TRIES; tried++) {
      const exchange = await once(deps, question)
      if (exchange.kind === 'silent' || exchange.kind === 'other-address' || exchange.kind === 'old-protocol')
        return { kind: 'failed', failure: exchange, question: question.name }
      // A meter that says the same nonsense twice will say it again.
      if (exchange.kind === 'nonsense' && failure.kind === 'nonsense') break
      if (exchange.kind === 'garbled' || exchange.kind === 'nonsense') {
        if (exchange.kind === 'garbled') deps.noise.heard(deps.clock.monotonic())
        failure = exchange
        continue
      }
      if (earlier && isConfirmed(question, earlier, exchange)) return take(question, exchange)
      const isDoubtful = !question.isStrong && (isNoisy(deps) || believed.isNews(question, exchange))
      if (exchange.kind === 'answer' && !earlier && !isDoubtful) return take(question, exchange)
      if (earlier) failure = { kind: 'nonsense', reason: `${question.name}: no two answers agree` }
      earlier = exchange
    }
    return { kind: 'failed', failure, question: question.name }
  }
}

const isNoisy = ({ noise, clock }: AskingDeps): boolean => noise.isNoisy(clock.monotonic())

/**
 * What was believed last of each question. A sum of one byte lets the first damage of a quiet bus through, too: what leaps
 * is asked again, and a load that truly leaps costs one question more.
 */
class Believed {
  readonly #values = new Map<string, unknown>()

  isNews<T>(question: Question<T>, exchange: Exchange<T>): boolean {
    if (exchange.kind !== 'answer') return false
    const last = this.#values.get(keyOf(question))
    return last !== undefined && !question.agrees(last as T, exchange.value)
  }

  keep<T>(question: Question<T>, value: T): void {
    if (question.isStrong) return
    if (this.#values.size >= REMEMBERED) this.#values.clear()
    this.#values.set(keyOf(question), value)
  }
}

const keyOf = ({ bytes }: Question<unknown>): string => bytes.join()

async function once<T>({ master, clock, baudRate, delay }: AskingDeps, question: Question<T>): Promise<Exchange<T>> {
  const askedAt = clock.monotonic()
  const exchange = await master.exchange(question, delay.timeoutMs)
  if (exchange.kind === 'answer') {
    const onLineMs = bytesMs(question.bytes.length + question.answerBytes, baudRate)
    delay.answered(Math.max(0, exchange.at - askedAt - onLineMs))
  } else if (exchange.kind === 'silent') delay.missed()
  return exchange
}

function isConfirmed<T>(question: Question<T>, a: Exchange<T>, b: Exchange<T>): boolean {
  if (a.kind === 'answer' && b.kind === 'answer') return question.agrees(a.value, b.value)
  return a.kind === 'refused' && b.kind === 'refused' && a.reason === b.reason
}

function outcomeOf<T>(question: Question<T>, exchange: Exchange<T>): Outcome<T> {
  return exchange.kind === 'answer' ? exchange : { kind: 'failed', failure: exchange, question: question.name }
}

/** So long a question that was not answered may still be answered: it is not asked again before. */
export const OWED_MS: Millis = 2_000
