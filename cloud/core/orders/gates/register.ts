import type { Reason } from '@minewarden/protocol/finding.ts'
import { MAX_VALIDITY_MS, type OrderedPoint } from '@minewarden/protocol/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { isoTime } from '@minewarden/protocol/time.ts'
import { orderedPoint } from '../draft.ts'
import type { Order, OrderPoint } from '../order.ts'
import { note } from '../order-text.ts'
import { ALWAYS, type Gate, UNTIL_ISSUE, when } from './gate.ts'

/** Our clock may stand this far before the draft. */
const MAX_CLOCK_STEP_MS = 60_000

/** What the register says of a point and its meter, as text to compare. */
const described = (point: OrderedPoint, meter: OrderPoint['meter'] | undefined) =>
  JSON.stringify([point, meter ? [meter.gateway, meter.sensor] : null])

function registerProblems(order: Order, site: Site | null): Reason[] {
  if (!site || site.id !== order.site) return [note('unregistered')]
  const meterOf = new Map(order.points.map(({ id, meter }) => [id, meter]))
  const now = site.supplyPoints.map((point) => described(orderedPoint(point), point.meter))
  const then = order.content.supplyPoints.map((point) => described(point, meterOf.get(point.id)))
  return when(now.join() !== then.join(), 'points-changed')
}

/** The meter that is to show the effect must be one of this site's own, by the register of now. */
function meterProblem({ id, meter }: OrderPoint, site: Site | null): Reason[] {
  // People on site report of a point without a meter.
  if (meter === null) return []
  const known = site?.sensors.some(
    (sensor) => sensor.gateway === meter.gateway && sensor.id === meter.sensor && sensor.kind === 'power-meter',
  )
  return when(site !== null && !known, 'meter-unregistered', { point: id })
}

/** Whether the order still is of the site as it is registered, of its supplier, and of this time. */
export const REGISTER_GATES: readonly Gate[] = [
  { code: 'site-registered', stages: ALWAYS, problems: (order, { site }) => registerProblems(order, site) },
  {
    code: 'no-permit',
    stages: ALWAYS,
    // One that begins before the order ends counts: the supplier may cut at any moment until then.
    problems: ({ validUntil }, { site, now }) =>
      (site?.permits ?? [])
        .filter(({ from, to }) => from < validUntil && now <= to)
        .map(({ reason, from, to }) => note('permit', { reason, from: isoTime(from), to: isoTime(to) })),
  },
  {
    code: 'one-supplier',
    stages: ALWAYS,
    problems: ({ supplier: expected }, { site, supplierKnown }) => [
      ...when(!supplierKnown, 'supplier-unknown', { supplier: expected }),
      ...(site?.supplyPoints ?? [])
        .filter(({ supplier }) => supplier !== expected)
        .map(({ id, supplier }) => note('other-supplier', { point: id, supplier, expected })),
    ],
  },
  {
    code: 'effect-measurable',
    stages: UNTIL_ISSUE,
    problems: ({ points }, { site }) => points.flatMap((point) => meterProblem(point, site)),
  },
  {
    code: 'validity',
    stages: ALWAYS,
    problems: ({ draftedAt, validUntil }, { now }) => [
      ...when(now >= validUntil, 'past-validity', { at: isoTime(validUntil) }),
      ...when(now < draftedAt - MAX_CLOCK_STEP_MS, 'clock-before-draft'),
      ...when(validUntil - draftedAt > MAX_VALIDITY_MS, 'valid-too-long'),
    ],
  },
  {
    code: 'one-order',
    stages: ALWAYS,
    problems: (_order, { otherOrderOpen }) => when(otherOrderOpen, 'other-order'),
  },
  {
    code: 'never-a-drill',
    stages: ALWAYS,
    problems: ({ content }) => when(content.drill !== false, 'drill'),
  },
]
