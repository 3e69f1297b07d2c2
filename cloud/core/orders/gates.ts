import type { Reason } from '@minewarden/protocol/finding.ts'
import type { SupplyPointId } from '@minewarden/protocol/ids.ts'
import { APPROVAL_GATES } from './gates/approval.ts'
import { EVIDENCE_GATES } from './gates/evidence.ts'
import type { Gate, GateFacts, GateStage } from './gates/gate.ts'
import { LEGAL_GATES } from './gates/legal.ts'
import { PEOPLE_GATES } from './gates/people.ts'
import { REGISTER_GATES } from './gates/register.ts'
import { STAGING_GATES } from './gates/staging.ts'
import type { Order } from './order.ts'
import { describeNotes } from './order-text.ts'

/**
 * The gates: what must be true of an order, whoever asks. Each is a pure function of the order and of the facts of
 * this moment, and is asked at the draft, at each approval, at the issue and at the supplier's select, as it says. A
 * gate that finds nothing wrong is green; what it cannot know is red.
 */
export const GATES: readonly Gate[] = [
  ...EVIDENCE_GATES,
  ...REGISTER_GATES,
  ...STAGING_GATES,
  ...LEGAL_GATES,
  ...PEOPLE_GATES,
  ...APPROVAL_GATES,
]

/** What a gate found. `problems` is empty when green. */
export interface GateResult {
  readonly code: string
  readonly passed: boolean
  readonly problems: readonly Reason[]
}

/** Codes of all gates, in order. */
export const GATE_CODES: readonly string[] = GATES.map((gate) => gate.code)

/** Asks the gates of a stage; `point` is the supply point that the supplier has selected. */
export function askGates(order: Order, facts: GateFacts, stage: GateStage, point?: SupplyPointId): GateResult[] {
  return GATES.filter(({ stages }) => stages.includes(stage)).map(({ code, problems }) => {
    const found = problems(order, facts, point)
    return { code, passed: found.length === 0, problems: found }
  })
}

/** The red gates as one line, `null` when all are green. */
export function describeRed(results: readonly GateResult[]): string | null {
  const red = results.filter((result) => !result.passed)
  return red.length === 0 ? null : red.map(({ code, problems }) => `${code}: ${describeNotes(problems)}`).join('; ')
}
