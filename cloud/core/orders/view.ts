import { type Instant, instant } from '@minewarden/protocol/time.ts'
import type { OrderView } from '../ports.ts'
import { calledAt } from './calls.ts'
import { standingProblemsOf } from './carriage.ts'
import type { GateFacts } from './gates/gate.ts'
import { askGates } from './gates.ts'
import { viewLegal, viewPeople } from './legal-view.ts'
import { isEnded, type Order, type OrderEvent } from './order.ts'

/** The order as pages show it. Gates of an order that was issued or has ended are shown as they stood then. */
export function viewOrder(order: Order, story: readonly OrderEvent[], facts: GateFacts): OrderView {
  const { content } = order
  const resultOf = new Map(order.points.map(({ id, result }) => [id, result]))
  const metered = new Set(order.points.filter(({ meter }) => meter !== null).map(({ id }) => id))
  const selectedOf = (point: string) => order.permissions.findLast((one) => one.point === point) ?? null
  return {
    id: order.id,
    sequence: order.sequence,
    site: order.site,
    supplier: order.supplier,
    state: order.state,
    draftedAt: order.draftedAt,
    validUntil: order.validUntil,
    because: content.because,
    supplyPoints: content.supplyPoints.map((point) => ({
      id: point.id,
      supplier: order.supplier,
      location: point.location,
      loadClass: point.loadClass,
      metered: metered.has(point.id),
      result: resultOf.get(point.id)?.kind ?? null,
      executedAt: resultOf.get(point.id)?.executedAt ?? null,
      selected: selectedOf(point.id),
    })),
    gates: askGates(
      order,
      { ...facts, now: askedAt(order, facts.now) },
      order.approvals.length > 1 ? 'issue' : 'draft',
    ),
    approvals: order.approvals.map(({ user, name, department, role, at, proof }) => ({
      user,
      name,
      department,
      role,
      proof: proof?.kind ?? null,
      at: instant(Date.parse(at)),
    })),
    legal: viewLegal(order, askedAt(order, facts.now)),
    people: viewPeople(order, facts),
    timeline: story.map(({ at, what, notes }) => ({ at, what, notes })),
    document: content,
    documentSha256: order.documentSha256,
    stopped: order.stopped,
    effect: order.effect,
    watch: order.watch,
    restoration: order.restoration,
    standing: content.standing ? { id: content.standing.id, problems: standingProblemsOf(order, facts) } : null,
    veto: order.veto ?? null,
    call: order.call ? { ...order.call, who: calledAt(order.call.kind, order.call.level) } : null,
    issuedAt: order.issuedAt,
    endedAt: order.endedAt,
  }
}

const askedAt = (order: Order, now: Instant): Instant =>
  order.issuedAt ?? (isEnded(order.state) ? (order.endedAt ?? now) : now)
