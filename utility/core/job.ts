import type { SupplyPointId } from '@minewarden/protocol/ids.ts'
import type { CutOffOrder, SupplierAnswer } from '@minewarden/protocol/order.ts'
import type { OperatePermission } from '@minewarden/protocol/permission.ts'
import type { RestorationOrder } from '@minewarden/protocol/restoration.ts'
import { type Instant, instant, isoTime, type Millis } from '@minewarden/protocol/time.ts'
import type { Operation } from './ports.ts'

/**
 * A received order on its way through the power company: `received -> accepted -> (each point: waiting -> selected ->
 * permitted -> operating -> executed | failed | withdrawn) -> done`, or `refused`, or `withdrawn`. Pure: each function
 * gives the job as it is then and the answer to sign. A point is selected, and the county asked, before its switch is
 * touched; `operating` is written down before the switch moves, so that after a crash we know to ask it first.
 */
export interface Job {
  readonly state: 'received' | 'accepted' | 'done' | 'refused' | 'withdrawn'
  /** What is done at each point: cut, or the close permitted. */
  readonly action: 'open' | 'permit-close'
  readonly receivedAt: Instant
  readonly validUntil: Instant
  readonly acceptedAt: Instant | null
  /** The county took the order back; `null`: it did not. */
  readonly withdrawnAt: Instant | null
  readonly points: readonly JobPoint[]
}

export interface JobPoint {
  readonly id: SupplyPointId
  readonly feeder: string
  readonly state: 'waiting' | 'selected' | 'permitted' | 'operating' | 'executed' | 'failed' | 'withdrawn'
  /** Of the newest selection; 0 before the first. */
  readonly selection: number
  /** When the county was asked with it, by the monotonic clock of this process. */
  readonly askedAtMs: Millis | null
  /** Not selected again before; `null`: at once. */
  readonly notBefore: Instant | null
  readonly permission: HeldPermission | null
}

/** A permission in hands. It is counted from the asking, so that no clock but our own steady one decides. */
export interface HeldPermission {
  readonly sha256: string
  /** For so long after `askedAtMs`. */
  readonly forMs: Millis
}

export interface Policy {
  readonly acceptDelayMs: Millis
  readonly executeDelayMs: Millis
  readonly refuse: readonly { readonly supplyPoint: string; readonly reason: string }[]
}

/** Both clocks: of the wall, and of a steady one that nobody sets. */
export interface Moment {
  readonly now: Instant
  readonly monotonicMs: Millis
}

type AnswerBody<T> = T extends unknown
  ? Omit<T, 'type' | 'version' | 'supplier' | 'order' | 'orderSha256' | 'at'>
  : never
/** An answer without what every answer to the order shares. */
export type Saying = AnswerBody<SupplierAnswer>

export interface Moved {
  readonly job: Job
  readonly say: Saying | null
}

/** After a refusal that may pass, and while the county does not reply, the county is asked again no sooner. */
export const ASK_AGAIN_MS: Millis = 5_000
/** A selection that got no reply is told again for so long; then the point is selected anew. */
const TELL_AGAIN_FOR_MS: Millis = 20_000

const unsaid = (job: Job): Moved => ({ job, say: null })

/** The job of an order that passed every check. */
export function openJob(
  document: CutOffOrder | RestorationOrder,
  feederOf: (point: string) => string,
  now: Instant,
): Job {
  return {
    state: 'received',
    action: document.type === 'restoration-order' ? 'permit-close' : 'open',
    receivedAt: now,
    validUntil: instant(Date.parse(document.order.validUntil)),
    acceptedAt: null,
    withdrawnAt: null,
    points: pointsOf(document).map((id) => ({
      id,
      feeder: feederOf(id),
      state: 'waiting',
      selection: 0,
      askedAtMs: null,
      notBefore: null,
      permission: null,
    })),
  }
}

/** In the order in which they are operated. */
const pointsOf = (document: CutOffOrder | RestorationOrder): SupplyPointId[] =>
  document.type === 'restoration-order'
    ? document.order.stages.flatMap(({ supplyPoints }) => supplyPoints.map(({ id }) => id))
    : document.order.supplyPoints.map(({ id }) => id)

/** The job of an order that was refused at the door. */
export const refusedJob = (document: CutOffOrder | RestorationOrder, now: Instant): Job => ({
  ...openJob(document, () => '', now),
  state: 'refused',
  points: [],
})

/** What is to be done now; or nothing before `at` (`null`: never again). */
export type NextWork =
  | { readonly kind: 'decide' }
  /** Make the point ready and ask the county. */
  | { readonly kind: 'select'; readonly point: JobPoint }
  /** Touch the switch, or ask it what it did. */
  | { readonly kind: 'operate'; readonly point: JobPoint }
  /** Say the last word on a withdrawn order. */
  | { readonly kind: 'settle' }
  /** The order's time is over: what was not operated is not any more. */
  | { readonly kind: 'give-up' }
  | { readonly kind: 'wait'; readonly at: Instant | null }

const OPEN: ReadonlySet<JobPoint['state']> = new Set(['waiting', 'selected', 'permitted', 'operating'])
export const isOpenPoint = ({ state }: JobPoint): boolean => OPEN.has(state)

export function nextWork(job: Job, policy: Policy, now: Instant): NextWork {
  if (job.state === 'received') return dueAt(job.receivedAt + policy.acceptDelayMs, now, { kind: 'decide' })
  if (job.state !== 'accepted') return { kind: 'wait', at: null }
  // A switch that may be moving comes first: nothing else is known before it is asked.
  const moving = job.points.find(({ state }) => state === 'operating')
  if (moving) return { kind: 'operate', point: moving }
  if (job.withdrawnAt !== null) return { kind: 'settle' }
  if (now >= job.validUntil) return { kind: 'give-up' }
  const permitted = job.points.find(({ state }) => state === 'permitted')
  if (permitted) return { kind: 'operate', point: permitted }
  return nextSelection(job, policy, now)
}

function nextSelection(job: Job, policy: Policy, now: Instant): NextWork {
  const from = (job.acceptedAt ?? now) + policy.executeDelayMs
  const due = job.points
    .filter(({ state }) => state === 'waiting' || state === 'selected')
    .map((point) => ({ point, at: Math.max(from, point.notBefore ?? 0) }))
    .sort((a, b) => a.at - b.at)[0]
  if (!due) return { kind: 'wait', at: null }
  // Woken at the end of the order's time at the latest, to say what was not done.
  if (now < due.at) return { kind: 'wait', at: instant(Math.min(due.at, job.validUntil)) }
  return { kind: 'select', point: due.point }
}

const dueAt = (at: number, now: Instant, work: NextWork): NextWork =>
  now >= at ? work : { kind: 'wait', at: instant(at) }

/** Accepts, or refuses by policy or because the time has run out. */
export function decide(job: Job, policy: Policy, now: Instant): Moved {
  if (job.state !== 'received') return unsaid(job)
  if (now >= job.validUntil) {
    return { job: { ...job, state: 'refused' }, say: { kind: 'refused', reason: 'expired', detail: 'past validUntil' } }
  }
  const against = policy.refuse.find(({ supplyPoint }) => job.points.some(({ id }) => id === supplyPoint))
  if (against) {
    const detail = `${against.supplyPoint}: ${against.reason}`
    return { job: { ...job, state: 'refused' }, say: { kind: 'refused', reason: 'policy', detail } }
  }
  return { job: { ...job, state: 'accepted', acceptedAt: now }, say: { kind: 'accepted' } }
}

/**
 * Makes a point ready under a new number: the county is asked with it, and counted from this moment. One that got no
 * reply is told again under its number: the reply may only have been lost on the way, and is then given again.
 */
export function selectPoint(job: Job, id: SupplyPointId, { now, monotonicMs }: Moment): Job {
  const point = job.points.find((one) => one.id === id)
  if (job.state !== 'accepted' || job.withdrawnAt !== null || now >= job.validUntil) return job
  if (point?.state !== 'waiting' && point?.state !== 'selected') return job
  const notBefore = instant(now + ASK_AGAIN_MS)
  const sinceMs = point.askedAtMs === null ? null : monotonicMs - point.askedAtMs
  const isFresh = sinceMs !== null && sinceMs >= 0 && sinceMs < TELL_AGAIN_FOR_MS
  if (point.state === 'selected' && isFresh) return setPoint(job, id, { notBefore })
  const selection = point.selection + 1
  return setPoint(job, id, { state: 'selected', selection, askedAtMs: monotonicMs, notBefore, permission: null })
}

/** Takes the county's verified reply to a selection. One that is not to the newest selection changes nothing. */
export function takePermission(job: Job, permission: OperatePermission, sha256: string, now: Instant): Moved {
  const { supplyPoint: id, selection } = permission
  const point = job.points.find((one) => one.id === id)
  if (job.state !== 'accepted' || job.withdrawnAt !== null) return unsaid(job)
  if (point?.state !== 'selected' || point.selection !== selection) return unsaid(job)
  if (!permission.granted) return takeRefusal(job, id, permission, now)
  const forMs = Date.parse(permission.validUntil) - Date.parse(permission.at)
  // Not a number where an end is no time.
  if (!(forMs > 0)) return unsaid(job)
  return unsaid(setPoint(job, id, { state: 'permitted', permission: { sha256, forMs } }))
}

function takeRefusal(
  job: Job,
  id: SupplyPointId,
  { mayAskAgain, because }: Extract<OperatePermission, { granted: false }>,
  now: Instant,
): Moved {
  if (mayAskAgain) {
    return unsaid(setPoint(job, id, { state: 'waiting', notBefore: instant(now + ASK_AGAIN_MS) }))
  }
  const detail = `no permission: ${because.map(({ code }) => code).join(', ')}`.slice(0, 500)
  return { job: closed(setPoint(job, id, { state: 'failed' })), say: { kind: 'failed', supplyPoint: id, detail } }
}

/** Milliseconds that a point may still be operated for; 0 or less: not any more. */
export function permittedForMs(point: JobPoint, { monotonicMs }: Moment): Millis {
  if (point.permission === null || point.askedAtMs === null) return 0
  const elapsedMs = monotonicMs - point.askedAtMs
  return elapsedMs < 0 ? 0 : point.permission.forMs - elapsedMs
}

/** A permission that was not used in time, or whose age nobody knows after a restart: the point is selected again. */
export const dropPermission = (job: Job, id: SupplyPointId): Job => {
  const held = job.points.some((point) => point.id === id && point.state === 'permitted')
  return held ? setPoint(job, id, { state: 'waiting', permission: null, askedAtMs: null }) : job
}

/** The steady clock began anew: what was counted on it is void. */
export function afterRestart(job: Job): Job {
  const points = job.points.map((point) =>
    point.state === 'permitted' || point.state === 'selected'
      ? ({ ...point, state: 'waiting', permission: null, askedAtMs: null } as const)
      : { ...point, askedAtMs: null },
  )
  return { ...job, points }
}

/** Marks that the switch is about to be touched, under a permission that is in force. */
export function beginPoint(job: Job, id: SupplyPointId, moment: Moment): Job {
  const point = job.points.find((one) => one.id === id)
  if (job.state !== 'accepted' || job.withdrawnAt !== null || moment.now >= job.validUntil) return job
  if (point?.state !== 'permitted' || permittedForMs(point, moment) <= 0) return job
  return setPoint(job, id, { state: 'operating' })
}

/** The switch was asked, and had not moved: what was permitted for that attempt is used up. */
function missPoint(job: Job, id: SupplyPointId): Job {
  const point = job.points.find((one) => one.id === id)
  if (point?.state !== 'operating') return job
  const state = job.withdrawnAt === null ? 'waiting' : 'withdrawn'
  return setPoint(job, id, { state, permission: null, askedAtMs: null, notBefore: null })
}

/** Takes what became of a point that was being operated; `unknown` leaves it to be asked again. */
export function finishPoint(job: Job, id: SupplyPointId, operation: Operation, source: string): Moved {
  const point = job.points.find((one) => one.id === id)
  if (point?.state !== 'operating' || operation.kind === 'unknown') return unsaid(job)
  if (operation.kind === 'missed') return unsaid(missPoint(job, id))
  if (operation.kind === 'failed') {
    const failed = closed(setPoint(job, id, { state: 'failed' }))
    return { job: failed, say: { kind: 'failed', supplyPoint: id, detail: operation.detail } }
  }
  const { position, movedAt, readAt } = operation
  return {
    job: closed(setPoint(job, id, { state: 'executed' })),
    say: {
      kind: 'executed',
      supplyPoint: id,
      executedAt: isoTime(movedAt),
      readback: { position, at: isoTime(readAt), source },
      ...(point.permission ? { permissionSha256: point.permission.sha256 } : {}),
    },
  }
}

/** The order's time is over: a point that was not operated is told to be failed, one at a time. */
export function giveUp(job: Job, now: Instant): Moved {
  const point = job.points.find(isOpenPoint)
  if (job.state !== 'accepted' || job.withdrawnAt !== null || now < job.validUntil) return unsaid(job)
  if (!point || point.state === 'operating') return unsaid(job)
  const detail = 'expired before the switch could be operated'
  return {
    job: closed(setPoint(job, point.id, { state: 'failed' })),
    say: { kind: 'failed', supplyPoint: point.id, detail },
  }
}

/** The county takes the order back: nothing that was not begun is begun any more. */
export function withdraw(job: Job, now: Instant): Moved {
  if (job.withdrawnAt !== null || job.state === 'refused') return unsaid(job)
  if (job.state === 'received') {
    const points = job.points.map((point) => ({ ...point, state: 'withdrawn' as const }))
    return { job: { ...job, state: 'withdrawn', withdrawnAt: now, points }, say: { kind: 'withdrawn', executed: [] } }
  }
  const points = job.points.map((point) =>
    isOpenPoint(point) && point.state !== 'operating' ? { ...point, state: 'withdrawn' as const } : point,
  )
  const withdrawn: Job = { ...job, withdrawnAt: now, points }
  return points.some(({ state }) => state === 'operating') ? unsaid(withdrawn) : settle(withdrawn)
}

/** The last word on a withdrawn order, once no switch may be moving. */
export function settle(job: Job): Moved {
  if (job.withdrawnAt === null || job.state === 'withdrawn' || job.points.some(isOpenPoint)) return unsaid(job)
  const executed = job.points.filter(({ state }) => state === 'executed').map(({ id }) => id)
  return { job: { ...job, state: 'withdrawn' }, say: { kind: 'withdrawn', executed } }
}

const setPoint = (job: Job, id: SupplyPointId, change: Partial<JobPoint>): Job => ({
  ...job,
  points: job.points.map((point) => (point.id === id ? { ...point, ...change } : point)),
})

/** Done once no point is open; a withdrawn order is closed by its last word instead. */
const closed = (job: Job): Job =>
  job.withdrawnAt === null && !job.points.some(isOpenPoint) ? { ...job, state: 'done' } : job
