import type { Clock, Instant, Millis } from '@minewarden/protocol/time.ts'
import { instant } from '@minewarden/protocol/time.ts'
import {
  afterRestart,
  beginPoint,
  decide,
  dropPermission,
  finishPoint,
  giveUp,
  type Job,
  type JobPoint,
  type Moment,
  type Moved,
  nextWork,
  type Policy,
  permittedForMs,
  selectPoint,
  settle,
  takePermission,
  withdraw,
} from './core/job.ts'
import { permissionProblem } from './core/permission-check.ts'
import type { Logger, Operation, Switchgear } from './core/ports.ts'
import type { AnswerSigner } from './order-desk.ts'
import { createOneAtATime } from './shell/one-at-a-time.ts'
import type { AskPermission } from './shell/permission-client.ts'
import type { Store, StoredOrder } from './shell/store.ts'

export interface DispatcherDeps {
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  readonly switchgear: Switchgear
  readonly sign: AnswerSigner
  readonly ask: AskPermission
  readonly supplier: string
  /** Who stands on the operation tickets. */
  readonly crew: { readonly operator: string; readonly supervisor: string }
  readonly policy: Policy
  /** The switch is not told to move when less than this is left, of the order's time or of the permission's. */
  readonly operateMarginMs: Millis
  readonly clockSkewMs: Millis
  /** Something was said. */
  readonly onAnswer: () => void
  /** A close was permitted at a feeder. */
  readonly onClosePermitted?: (feeder: string) => void
  readonly retryMs?: Millis
}

/** Time servers correct a clock by so much without its being wrong. */
const MAX_STEP_BACK_MS: Millis = 5_000

/** The longest the dispatcher sleeps: bounds how late it notices a clock that was set. */
const MAX_SLEEP_MS: Millis = 5_000

/**
 * Works off the received orders: decides, selects and asks for permission, operates, reads back, answers. What it did
 * last stands in the store, so it goes on after a crash where it was; a switch that may have been told to move is asked
 * before it is told again, and no permission outlives the process that asked for it.
 */
export function createDispatcher(deps: DispatcherDeps) {
  const { store, clock, logger, switchgear, sign, policy, operateMarginMs, onAnswer, retryMs = 500 } = deps
  const stop = new AbortController()
  /** A step of an order is read, made and written without another between. */
  const inTurn = createOneAtATime()
  let wake = new AbortController()
  let running: Promise<void> | null = null
  /** The latest time seen: a clock that is set back gives no order its time again. */
  let latest = clock.now()
  const time = (): Instant => {
    latest = instant(Math.max(latest, clock.now()))
    return latest
  }
  const moment = (): Moment => ({ now: time(), monotonicMs: clock.monotonic() })

  /** Takes a step from the order as it stands now; what it says is signed and queued with it. */
  const move = (id: string, change: (job: Job) => Moved): Promise<StoredOrder | null> =>
    inTurn(async () => {
      const order = store.byId(id)
      if (!order) return null
      const { job, say } = change(order.job)
      if (job === order.job) return order
      const at = clock.now()
      store.move(id, job, say && { jws: await sign(order, say), at })
      if (say) onAnswer()
      logger.info({ order: id, state: job.state, said: say?.kind ?? null }, 'order moved')
      return { ...order, job }
    })
  const step = (id: string, change: (job: Job) => Job) => move(id, (job) => ({ job: change(job), say: null }))

  const mayOperate = (job: Job, point: JobPoint) => {
    const at = moment()
    // A clock that stands before the receipt says nothing of how much time is left.
    const inTime = clock.now() >= job.receivedAt - MAX_STEP_BACK_MS && at.now + operateMarginMs < job.validUntil
    return inTime && permittedForMs(point, at) > operateMarginMs
  }

  const pointOf = (order: StoredOrder | null, id: JobPoint['id']) => order?.job.points.find((point) => point.id === id)

  /** Selects the point, asks the county, and takes its reply. */
  const select = async ({ id, orderSha256 }: StoredOrder, { id: point }: JobPoint): Promise<void> => {
    const selected = await step(id, (job) => selectPoint(job, point, moment()))
    const { selection, state } = pointOf(selected, point) ?? {}
    if (state !== 'selected' || selection === undefined) return
    const ticket = `${id}/${point}/${selection}`
    const saying = { kind: 'selected', supplyPoint: point, selection, ticket, ...deps.crew } as const
    const reply = await deps.ask(await sign({ id, orderSha256 }, saying), stop.signal)
    if (!reply) return
    const asked = { order: id, orderSha256, supplier: deps.supplier, supplyPoint: point, selection }
    const problem = permissionProblem(reply.permission, { ...asked, now: clock.now(), clockSkewMs: deps.clockSkewMs })
    if (problem) return void logger.warn({ order: id, problem }, 'a permission was not believed')
    await move(id, (job) => takePermission(job, reply.permission, reply.sha256, time()))
  }

  /** Operates a permitted point; one that was already being operated is asked what it did, and not told again. */
  const operate = async ({ id, job }: StoredOrder, point: JobPoint): Promise<Operation> => {
    const reference = `${id} ${point.id}`
    if (point.state === 'operating') return await switchgear.wasOperated(point.feeder, job.action, reference)
    const missed: Operation = { kind: 'missed', detail: 'no permission in force' }
    if (!mayOperate(job, point)) {
      await step(id, (now) => dropPermission(now, point.id))
      return missed
    }
    const begun = await step(id, (now) => beginPoint(now, point.id, moment()))
    // Withdrawn in between.
    if (pointOf(begun, point.id)?.state !== 'operating') return missed
    const leftMs = permittedForMs(point, moment())
    return await switchgear.operate(point.feeder, job.action, reference, {
      mayOperate: () => {
        const now = store.byId(id)
        return now !== null && now.job.withdrawnAt === null && mayOperate(now.job, point)
      },
      before: instant(Math.min(job.validUntil, clock.now() + leftMs)),
    })
  }

  const operatePoint = async (order: StoredOrder, point: JobPoint): Promise<number> => {
    const operation = await operate(order, point)
    if (operation.kind === 'unknown') {
      logger.warn({ order: order.id, feeder: point.feeder, detail: operation.detail }, 'switchgear is silent')
      return clock.now() + retryMs
    }
    await move(order.id, (job) => finishPoint(job, point.id, operation, `switchgear ${point.feeder}`))
    if (operation.kind === 'done' && operation.position === 'close-permitted') deps.onClosePermitted?.(point.feeder)
    return clock.now()
  }

  /** One piece of work for one order; the time of the next, `null` when there is none. */
  const work = async (order: StoredOrder): Promise<number | null> => {
    const now = time()
    const next = nextWork(order.job, policy, now)
    switch (next.kind) {
      case 'wait':
        return next.at
      case 'decide':
        await move(order.id, (job) => decide(job, policy, now))
        return now
      case 'settle':
        await move(order.id, settle)
        return now
      case 'give-up':
        await move(order.id, (job) => giveUp(job, now))
        return now
      case 'select':
        await select(order, next.point)
        return now
      case 'operate':
        return await operatePoint(order, next.point)
    }
  }

  const run = async (): Promise<void> => {
    for (const { id } of store.working()) await step(id, afterRestart)
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
    /** The county takes an order back, at once: whatever is under way, no switch is told to move from here on. */
    async withdraw(id: string): Promise<void> {
      await move(id, (job) => withdraw(job, clock.now()))
      wake.abort()
    },
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort()
      await running
    },
  }
}
