import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { instant } from '@minewarden/protocol/time.ts'
import {
  beginPoint,
  decide,
  finishPoint,
  type Job,
  type JobPoint,
  type Moved,
  nextWork,
  type Policy,
} from './core/job.ts'
import type { Logger, Operation, Switchgear } from './core/ports.ts'
import type { AnswerSigner } from './order-desk.ts'
import type { Store, StoredOrder } from './shell/store.ts'

export interface DispatcherDeps {
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  readonly switchgear: Switchgear
  readonly sign: AnswerSigner
  readonly policy: Policy
  /** The switch is not told to move when less than this is left until `validUntil`. */
  readonly operateMarginMs: Millis
  /** Something was said. */
  readonly onAnswer: () => void
  readonly retryMs?: Millis
}

/** Time servers correct a clock by so much without its being wrong. */
const MAX_STEP_BACK_MS: Millis = 5_000

/** The longest the dispatcher sleeps: bounds how late it notices a clock that was set. */
const MAX_SLEEP_MS: Millis = 5_000

/**
 * Works off the received orders: decides, operates, reads back, answers. What it did last stands in the store, so it
 * goes on after a crash where it was; a switch that may have been told to move is asked before it is told again.
 */
export function createDispatcher(deps: DispatcherDeps) {
  const { store, clock, logger, switchgear, sign, policy, operateMarginMs, onAnswer, retryMs = 500 } = deps
  const stop = new AbortController()
  let wake = new AbortController()
  let running: Promise<void> | null = null

  const move = async (order: StoredOrder, { job, say }: Moved): Promise<void> => {
    if (job === order.job) return
    const at = clock.now()
    store.move(order.id, job, say && { jws: await sign(order, say), at })
    if (say) onAnswer()
    logger.info({ order: order.id, state: job.state, said: say?.kind ?? null }, 'order moved')
  }

  /** The latest time seen: a clock that is set back gives no order its time again. */
  let latest = clock.now()
  const mayOperate = ({ receivedAt, validUntil }: Job) => {
    const now = clock.now()
    latest = instant(Math.max(latest, now))
    // A clock that stands before the receipt says nothing of how much time is left.
    return now >= receivedAt - MAX_STEP_BACK_MS && latest + operateMarginMs < validUntil
  }

  /** Opens the point's feeder; one that was already being operated is asked first. */
  const operate = async (order: StoredOrder, point: JobPoint): Promise<Operation> => {
    const reference = `${order.id} ${point.id}`
    if (point.state === 'operating') {
      const before = await switchgear.wasOpened(point.feeder, reference)
      if (before.kind !== 'failed') return before
    }
    if (!mayOperate(order.job)) return { kind: 'failed', detail: 'expired before the switch could be operated' }
    store.move(order.id, beginPoint(order.job, point.id), null)
    return await switchgear.open(point.feeder, reference, {
      mayOperate: () => mayOperate(order.job),
      before: order.job.validUntil,
    })
  }

  /** One piece of work for one order; the time of the next, `null` when there is none. */
  const work = async (order: StoredOrder): Promise<number | null> => {
    const now = clock.now()
    const next = nextWork(order.job, policy, now)
    if (next.kind === 'wait') return next.at
    if (next.kind === 'decide') {
      await move(order, decide(order.job, policy, now))
      return now
    }
    const operation = await operate(order, next.point)
    if (operation.kind === 'unknown') {
      logger.warn({ order: order.id, feeder: next.point.feeder, detail: operation.detail }, 'switchgear is silent')
      return instant(clock.now() + retryMs)
    }
    await move(order, finishPoint(order.job, next.point.id, operation, `switchgear ${next.point.feeder}`))
    return now
  }

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      wake = new AbortController()
      let nextAt = clock.now() + MAX_SLEEP_MS
      for (const order of store.working()) {
        if (stop.signal.aborted) return
        const at = await work(order).catch((error) => {
          logger.error({ order: order.id, error: String(error) }, 'order could not be worked on')
          return clock.now() + retryMs
        })
        if (at !== null) nextAt = Math.min(nextAt, at)
      }
      const pause = Math.max(0, Math.min(nextAt - clock.now(), MAX_SLEEP_MS))
      await clock.sleep(pause, AbortSignal.any([stop.signal, wake.signal])).catch(() => {})
    }
  }

  return {
    start(): void {
      running = run()
    },
    nudge: () => wake.abort(),
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort()
      await running
    },
  }
}
