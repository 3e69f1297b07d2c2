import type { SupplyPointId } from '@minewarden/protocol/ids.ts'
import type { CutOffOrder, SupplierAnswer } from '@minewarden/protocol/order.ts'
import { type Instant, instant, isoTime, type Millis } from '@minewarden/protocol/time.ts'
import type { Operation } from './ports.ts'

/**
 * A received order on its way through the power company: `received -> accepted -> (each point: waiting -> operating ->
 * executed | failed) -> done`, or `refused`. Pure: each function gives the job as it is then and the answers to sign.
 * `operating` is written down before the switch is touched, so that after a crash we know to ask it first.
 */
export interface Job {
  readonly state: 'received' | 'accepted' | 'done' | 'refused'
  readonly receivedAt: Instant
  readonly validUntil: Instant
  readonly acceptedAt: Instant | null
  readonly points: readonly JobPoint[]
}
export interface JobPoint {
  readonly id: SupplyPointId
  readonly feeder: string
  readonly state: 'waiting' | 'operating' | 'executed' | 'failed'
}

export interface Policy {
  readonly acceptDelayMs: Millis
  readonly executeDelayMs: Millis
  readonly refuse: readonly { readonly supplyPoint: string; readonly reason: string }[]
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

/** The job of an order that passed every check. */
export function openJob({ order }: CutOffOrder, feederOf: (point: string) => string, now: Instant): Job {
  return {
    state: 'received',
    receivedAt: now,
    validUntil: instant(Date.parse(order.validUntil)),
    acceptedAt: null,
    points: order.supplyPoints.map(({ id }) => ({ id, feeder: feederOf(id), state: 'waiting' })),
  }
}

/** The job of an order that was refused at the door. */
export const refusedJob = ({ order }: CutOffOrder, now: Instant): Job => ({
  state: 'refused',
  receivedAt: now,
  validUntil: instant(Date.parse(order.validUntil)),
  acceptedAt: null,
  points: [],
})

/** What is to be done now: decide, touch a switch, or ask one; or nothing before `at` (`null`: never again). */
export type NextWork =
  | { readonly kind: 'decide' }
  | { readonly kind: 'operate'; readonly point: JobPoint }
  | { readonly kind: 'wait'; readonly at: Instant | null }

export function nextWork(job: Job, policy: Policy, now: Instant): NextWork {
  if (job.state === 'received') return dueAt(job.receivedAt + policy.acceptDelayMs, now, { kind: 'decide' })
  const point = job.points.find(({ state }) => state === 'waiting' || state === 'operating')
  if (job.state !== 'accepted' || !point) return { kind: 'wait', at: null }
  return dueAt((job.acceptedAt ?? now) + policy.executeDelayMs, now, { kind: 'operate', point })
}

const dueAt = (at: number, now: Instant, work: NextWork): NextWork =>
  now >= at ? work : { kind: 'wait', at: instant(at) }

/** Accepts, or refuses by policy or because the time has run out. */
export function decide(job: Job, policy: Policy, now: Instant): Moved {
  if (job.state !== 'received') return { job, say: null }
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

/** Marks that the switch is about to be touched; a point that is finished stays finished. */
export function beginPoint(job: Job, id: SupplyPointId): Job {
  const waiting = job.points.some((point) => point.id === id && point.state === 'waiting')
  return waiting ? setPoint(job, id, 'operating') : job
}

/** Takes what became of a point; `unknown` leaves it to be asked again. */
export function finishPoint(job: Job, id: SupplyPointId, operation: Operation, source: string): Moved {
  const point = job.points.find((one) => one.id === id)
  if (!point || point.state === 'executed' || point.state === 'failed') return { job, say: null }
  if (operation.kind === 'unknown') return { job, say: null }
  const done = closed(setPoint(job, id, operation.kind === 'open' ? 'executed' : 'failed'))
  if (operation.kind === 'failed')
    return { job: done, say: { kind: 'failed', supplyPoint: id, detail: operation.detail } }
  const executedAt = isoTime(operation.movedAt)
  const readback = { position: 'open' as const, at: isoTime(operation.readAt), source }
  return { job: done, say: { kind: 'executed', supplyPoint: id, executedAt, readback } }
}

const setPoint = (job: Job, id: SupplyPointId, state: JobPoint['state']): Job => ({
  ...job,
  points: job.points.map((point) => (point.id === id ? { ...point, state } : point)),
})

const closed = (job: Job): Job =>
  job.points.every(({ state }) => state === 'executed' || state === 'failed') ? { ...job, state: 'done' } : job
