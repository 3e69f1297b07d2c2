import type { Reason } from '@minewarden/protocol/finding.ts'
import { loadProblem } from '@minewarden/protocol/life-safety.ts'
import { type Approval, MAX_VALIDITY_MS, type OrderedPoint } from '@minewarden/protocol/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import { approvalProblems } from './approvals.ts'
import { isBasis } from './basis.ts'
import { KINDS_NEEDED, orderedPoint, sensorKindsOf } from './draft.ts'
import type { Order, OrderPoint, OrderRules } from './order.ts'
import { describeNotes, type NoteCode, note } from './order-text.ts'

/**
 * The gates: what must be true of an order, whoever asks. Each is a pure function of the order and of the facts of
 * this moment, and is asked at the draft, at each approval and at the issue. A gate that finds nothing wrong is green;
 * what it cannot know is red.
 */
export interface GateFacts {
  readonly now: Instant
  /** The site as it is registered now; `null` when it no longer is. */
  readonly site: Site | null
  /** Whether another order for the site is open. */
  readonly otherOrderOpen: boolean
  /** Whether who approved is, by the list of users of now, still the official of that approval. */
  readonly isOfficial: (approval: Approval) => boolean
  /** Whether we know how to reach the order's supplier. */
  readonly supplierKnown: boolean
  readonly rules: OrderRules
}

/** `people` gates are asked only once both approvals are there: before, they would be red of necessity. */
type Stage = 'draft' | 'people'

interface Gate {
  readonly code: string
  readonly stage: Stage
  /** What is wrong, each naming the thing; empty is green. */
  readonly problems: (order: Order, facts: GateFacts) => readonly Reason[]
}

/** What a gate found. `problems` is empty when green. */
export interface GateResult {
  readonly code: string
  readonly passed: boolean
  readonly problems: readonly Reason[]
}

/** A class A point is believed only with a survey; its date may not lie ahead. */
const isDateAhead = (date: string, now: Instant) => date > isoTime(now).slice(0, 10)

const eachPoint = (order: Order, problem: (point: OrderedPoint) => Reason | null): Reason[] =>
  order.content.supplyPoints.flatMap((point) => problem(point) ?? [])

const when = (wrong: boolean, code: NoteCode, values: Reason['values'] = {}): Reason[] =>
  wrong ? [note(code, values)] : []

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

function loadsProblem({ id, loads }: OrderedPoint): Reason | null {
  if (loads.length === 0) return note('loads-unlisted', { point: id })
  for (const load of loads) {
    const problem = loadProblem(load)
    if (problem) return note(`load-${problem.kind}`, { point: id, load })
  }
  return null
}

function classProblem({ id, loadClass, surveyedOn }: OrderedPoint, now: Instant): Reason | null {
  if (loadClass !== 'A') return note('class-not-a', { point: id, class: loadClass })
  if (surveyedOn === null) return note('no-survey', { point: id })
  return isDateAhead(surveyedOn, now) ? note('survey-ahead', { point: id }) : null
}

/** The meter that is to show the effect must be one of this site's own, by the register of now. */
function meterProblem({ id, meter }: OrderPoint, site: Site | null): Reason[] {
  if (meter === null) return [note('no-meter', { point: id })]
  const known = site?.sensors.some(
    (sensor) => sensor.gateway === meter.gateway && sensor.id === meter.sensor && sensor.kind === 'power-meter',
  )
  return when(site !== null && !known, 'meter-unregistered', { point: id })
}

const GATES: readonly Gate[] = [
  {
    code: 'evidence-in-time',
    stage: 'draft',
    problems: ({ evidence }, { now, rules }) => [
      ...when(evidence.late, 'finding-late'),
      ...when(evidence.findingAt > now + 60_000, 'finding-ahead'),
      ...when(evidence.siteState !== 'reopened' && now - evidence.reopenedAt > rules.evidenceMaxAgeMs, 'not-reopened', {
        state: evidence.siteState,
        at: isoTime(evidence.reopenedAt),
      }),
    ],
  },
  {
    code: 'evidence-kinds',
    stage: 'draft',
    problems: ({ evidence }) => {
      const kinds = sensorKindsOf(evidence.independentKinds)
      return when(kinds.size < KINDS_NEEDED, 'few-kinds', { kinds: [...kinds].join() || 'none' })
    },
  },
  {
    code: 'evidence-frozen',
    stage: 'draft',
    problems: ({ content }) => when(content.evidence.length === 0, 'no-evidence'),
  },
  { code: 'site-registered', stage: 'draft', problems: (order, { site }) => registerProblems(order, site) },
  {
    code: 'no-permit',
    stage: 'draft',
    // One that begins before the order ends counts: the supplier may cut at any moment until then.
    problems: ({ validUntil }, { site, now }) =>
      (site?.permits ?? [])
        .filter(({ from, to }) => from < validUntil && now <= to)
        .map(({ reason, from, to }) => note('permit', { reason, from: isoTime(from), to: isoTime(to) })),
  },
  {
    code: 'one-supplier',
    stage: 'draft',
    problems: ({ supplier: expected }, { site, supplierKnown }) => [
      ...when(!supplierKnown, 'supplier-unknown', { supplier: expected }),
      ...(site?.supplyPoints ?? [])
        .filter(({ supplier }) => supplier !== expected)
        .map(({ id, supplier }) => note('other-supplier', { point: id, supplier, expected })),
    ],
  },
  {
    code: 'load-class',
    stage: 'draft',
    problems: (order, { now }) => eachPoint(order, (point) => classProblem(point, now)),
  },
  { code: 'life-safety', stage: 'draft', problems: (order) => eachPoint(order, loadsProblem) },
  {
    code: 'no-residents',
    stage: 'draft',
    problems: (order) => eachPoint(order, ({ id, residents }) => (residents ? note('residents', { point: id }) : null)),
  },
  {
    code: 'effect-measurable',
    stage: 'draft',
    problems: ({ points }, { site }) => points.flatMap((point) => meterProblem(point, site)),
  },
  {
    code: 'legal-basis',
    stage: 'draft',
    problems: ({ content: { basis } }) => when(!isBasis(basis), 'basis-unknown', { basis }),
  },
  {
    code: 'validity',
    stage: 'draft',
    problems: ({ draftedAt, validUntil }, { now }) => [
      ...when(now >= validUntil, 'past-validity', { at: isoTime(validUntil) }),
      ...when(now < draftedAt - 60_000, 'clock-before-draft'),
      ...when(validUntil - draftedAt > MAX_VALIDITY_MS, 'valid-too-long'),
    ],
  },
  {
    code: 'one-order',
    stage: 'draft',
    problems: (_order, { otherOrderOpen }) => when(otherOrderOpen, 'other-order'),
  },
  {
    code: 'never-a-drill',
    stage: 'draft',
    problems: ({ content }) => when(content.drill !== false, 'drill'),
  },
  {
    code: 'approvers-registered',
    stage: 'draft',
    problems: ({ approvals }, { isOfficial }) =>
      approvals.flatMap((approval) => when(!isOfficial(approval), 'approver-gone', { user: approval.user })),
  },
  {
    code: 'two-approvals',
    stage: 'people',
    problems: (order) => approvalProblems(order.approvals, order.documentSha256),
  },
]

/** Codes of all gates, in order. */
export const GATE_CODES: readonly string[] = GATES.map((gate) => gate.code)

/** Asks the gates of a stage; `people` asks all. */
export function askGates(order: Order, facts: GateFacts, stage: Stage): GateResult[] {
  return GATES.filter((gate) => stage === 'people' || gate.stage === stage).map(({ code, problems }) => {
    const found = problems(order, facts)
    return { code, passed: found.length === 0, problems: found }
  })
}

/** The red gates as one line, `null` when all are green. */
export function describeRed(results: readonly GateResult[]): string | null {
  const red = results.filter((result) => !result.passed)
  return red.length === 0 ? null : red.map(({ code, problems }) => `${code}: ${describeNotes(problems)}`).join('; ')
}
