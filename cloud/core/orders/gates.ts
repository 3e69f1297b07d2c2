import { lifeSafetyWord } from '@minewarden/protocol/life-safety.ts'
import type { OrderedPoint } from '@minewarden/protocol/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import { approvalProblems } from './approvals.ts'
import { isBasis } from './basis.ts'
import { KINDS_NEEDED, orderedPoint, sensorKindsOf } from './draft.ts'
import { MAX_VALIDITY_MS, type Order, type OrderRules } from './order.ts'

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
  /** Whether we know how to reach the order's supplier. */
  readonly supplierKnown: boolean
  readonly rules: OrderRules
}

/** `people` gates are asked only once both approvals are there: before, they would be red of necessity. */
type Stage = 'draft' | 'people'

interface Gate {
  readonly code: string
  readonly stage: Stage
  /** What is wrong, each in a few words that name the thing; empty is green. */
  readonly problems: (order: Order, facts: GateFacts) => readonly string[]
}

/** What a gate found. `detail` is empty when green. */
export interface GateResult {
  readonly code: string
  readonly passed: boolean
  readonly detail: string
}

/** A class A point is believed only with a survey; its date may not lie ahead. */
const isDateAhead = (date: string, now: Instant) => date > isoTime(now).slice(0, 10)

const eachPoint = (order: Order, problem: (point: OrderedPoint) => string | null): string[] =>
  order.content.supplyPoints.flatMap((point) => {
    const found = problem(point)
    return found === null ? [] : [`${point.id}: ${found}`]
  })

const when = (wrong: boolean, words: string): string[] => (wrong ? [words] : [])

const GATES: readonly Gate[] = [
  {
    code: 'evidence-in-time',
    stage: 'draft',
    problems: ({ evidence }, { now, rules }) => [
      ...when(evidence.late, 'the finding was late: measured too long before it was judged'),
      ...when(evidence.findingAt > now + 60_000, 'the finding lies in the future'),
      ...when(
        evidence.siteState !== 'reopened' && now - evidence.reopenedAt > rules.evidenceMaxAgeMs,
        `the site is ${evidence.siteState} and was last reopened at ${isoTime(evidence.reopenedAt)}`,
      ),
    ],
  },
  {
    code: 'evidence-kinds',
    stage: 'draft',
    problems: ({ evidence }) => {
      const kinds = sensorKindsOf(evidence.independentKinds)
      return when(kinds.size < KINDS_NEEDED, `two kinds of sensor are needed, there is ${[...kinds].join() || 'none'}`)
    },
  },
  {
    code: 'evidence-frozen',
    stage: 'draft',
    problems: ({ content }) => when(content.evidence.length === 0, 'no hash of evidence'),
  },
  {
    code: 'site-registered',
    stage: 'draft',
    problems: (order, { site }) => {
      if (!site || site.id !== order.site) return ['the site is not in the register']
      const now = JSON.stringify(site.supplyPoints.map(orderedPoint))
      const then = JSON.stringify(order.content.supplyPoints)
      return when(now !== then, 'the supply points in the register are no longer those of the order')
    },
  },
  {
    code: 'no-permit',
    stage: 'draft',
    problems: (_order, { site, now }) =>
      (site?.permits ?? [])
        .filter(({ from, to }) => from <= now && now <= to)
        .map(({ reason }) => `lawful work is permitted now: ${reason}`),
  },
  {
    code: 'one-supplier',
    stage: 'draft',
    problems: (order, { site, supplierKnown }) => [
      ...when(!supplierKnown, `supplier ${order.supplier} is not known`),
      ...(site?.supplyPoints ?? [])
        .filter((point) => point.supplier !== order.supplier)
        .map((point) => `${point.id}: supplied by ${point.supplier}, not by ${order.supplier}`),
    ],
  },
  {
    code: 'load-class',
    stage: 'draft',
    problems: (order, { now }) =>
      eachPoint(order, (point) => {
        if (point.loadClass !== 'A') return `class ${point.loadClass}; only class A may be cut`
        if (point.surveyedOn === null) return 'class A without a survey is unknown'
        return isDateAhead(point.surveyedOn, now) ? 'the survey is dated in the future' : null
      }),
  },
  {
    code: 'life-safety',
    stage: 'draft',
    problems: (order) =>
      eachPoint(order, (point) => {
        if (point.loads.length === 0) return 'what hangs on it is not listed'
        const load = point.loads.find((name) => lifeSafetyWord(name) !== null || name.trim() === '')
        return load === undefined ? null : `life safety: '${load}'`
      }),
  },
  {
    code: 'no-residents',
    stage: 'draft',
    problems: (order) => eachPoint(order, (point) => (point.residents ? 'residents hang on it' : null)),
  },
  {
    code: 'effect-measurable',
    stage: 'draft',
    problems: ({ points }) =>
      points.filter((point) => point.meter === null).map(({ id }) => `${id}: no meter would show the effect`),
  },
  {
    code: 'legal-basis',
    stage: 'draft',
    problems: ({ content }) => when(!isBasis(content.basis), `'${content.basis}' is not a basis that we know`),
  },
  {
    code: 'validity',
    stage: 'draft',
    problems: ({ draftedAt, validUntil }, { now }) => [
      ...when(now >= validUntil, `past its time: ${isoTime(validUntil)}`),
      ...when(now < draftedAt - 60_000, 'the clock stands before the draft'),
      ...when(validUntil - draftedAt > MAX_VALIDITY_MS, 'valid for too long'),
    ],
  },
  {
    code: 'one-order',
    stage: 'draft',
    problems: (_order, { otherOrderOpen }) => when(otherOrderOpen, 'another order for this site is open'),
  },
  {
    code: 'never-a-drill',
    stage: 'draft',
    problems: ({ content }) => when(content.drill !== false, 'a drill is not an order'),
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
    return { code, passed: found.length === 0, detail: found.join('; ') }
  })
}

/** The red gates as one line, `null` when all are green. */
export function describeRed(results: readonly GateResult[]): string | null {
  const red = results.filter((result) => !result.passed)
  return red.length === 0 ? null : red.map(({ code, detail }) => `${code}: ${detail}`).join('; ')
}
