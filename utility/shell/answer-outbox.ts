import { JOSE_MEDIA_TYPE } from '@minewarden/protocol/order.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { Logger } from '../core/ports.ts'
import type { HttpsClient } from './https-client.ts'
import type { Store } from './store.ts'

export interface OutboxDeps {
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  readonly client: HttpsClient
  readonly answersUrl: string
  readonly firstRetryMs?: Millis
  readonly maxRetryMs?: Millis
}

/** A county that was down for a week has other means to learn what became of its orders: the answer is given up. */
const MAX_ANSWER_AGE_MS: Millis = 7 * 86_400_000
/** Orders whose answers are tried in one round. */
const ROUND = 100

/** Posts signed answers to the county until it took them: those of one order in their order, oldest first. */
export function createAnswerOutbox(deps: OutboxDeps) {
  const { store, clock, logger, client, answersUrl, firstRetryMs = 500, maxRetryMs = 30_000 } = deps
  const stop = new AbortController()
  let wake = new AbortController()
  let running: Promise<void> | null = null

  const post = async ({ number, order, jws, queuedAt }: ReturnType<Store['answersToSend']>[number]) => {
    if (clock.now() - queuedAt > MAX_ANSWER_AGE_MS) {
      logger.error({ order }, 'an answer was given up: the county did not take it in time')
      store.settleAnswer(number)
      return true
    }
    try {
      const { status } = await client.post(answersUrl, JOSE_MEDIA_TYPE, jws, stop.signal)
      if (status >= 200 && status < 300) store.settleAnswer(number)
      else logger.warn({ order, status }, 'the county did not take an answer')
      return status >= 200 && status < 300
    } catch (error) {
      if (!stop.signal.aborted) logger.warn({ order, error: String(error) }, 'the county cannot be reached')
      return false
    }
  }

  const run = async (): Promise<void> => {
    let wait = firstRetryMs
    while (!stop.signal.aborted) {
      const due = store.answersToSend(ROUND)
      let taken = 0
      for (const answer of due) {
        if (stop.signal.aborted) return
        if (await post(answer)) taken++
      }
      if (due.length > 0 && taken === due.length) continue
      wake = new AbortController()
      // Nothing to say: woken by the next answer; the ceiling only heals a lost wake.
      const pause = due.length === 0 ? maxRetryMs : wait
      // One answer that the county never takes must not slow down the others.
      wait = due.length > 0 && taken === 0 ? Math.min(wait * 2, maxRetryMs) : firstRetryMs
      await clock.sleep(pause, AbortSignal.any([stop.signal, wake.signal])).catch(() => {})
    }
  }

  return {
    start(): void {
      running = run()
    },
    /** There is something new to say. */
    nudge: () => wake.abort(),
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort()
      await running
    },
  }
}
export type AnswerOutbox = ReturnType<typeof createAnswerOutbox>
