import type { ProofKind } from '@minewarden/protocol/approval-proof.ts'
import type { Reason } from '@minewarden/protocol/finding.ts'
import type { SupplyPointId } from '@minewarden/protocol/ids.ts'
import type { Approval, OrderedPoint } from '@minewarden/protocol/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import type { VetoWindow } from '@minewarden/protocol/standing.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { Standing } from '../authorisation.ts'
import type { Order, OrderRules } from '../order.ts'
import { type NoteCode, note } from '../order-text.ts'
import type { Disturbance } from '../people.ts'

/** What gates know besides the order: the facts of this moment. */
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
  /** What the site's sensors felt last, and its last blast; `null`: nothing that is known. */
  readonly disturbance: Disturbance | null
  readonly blastAt: Instant | null
  readonly rules: OrderRules
  /** Legal basis that an order of this site would name now; absent: that of the order. */
  readonly basisNow?: string
  /** The standing authorisation that the order names, as it is now. */
  readonly standing?: Standing | null
  /** The county's choice of a veto window now. */
  readonly vetoWindow?: VetoWindow | null
  /** How approvers must have proved to be present; absent: any way. */
  readonly acceptedProofs?: readonly ProofKind[]
  /** Users whose proof was checked and does not verify. */
  readonly brokenProofs?: readonly string[]
}

/**
 * When a gate is asked: at the draft and at each approval; at the issue, once both approvals are there; and each time
 * that the supplier has selected a supply point and asks whether it may operate.
 */
export type GateStage = 'draft' | 'issue' | 'select'

/** One check that an order must pass, whoever asks. */
export interface Gate {
  readonly code: string
  readonly stages: readonly GateStage[]
  /**
   * What is wrong, each naming the thing; empty is green. `point` is the supply point that was selected: then only what
   * stands in the way of this one is told.
   */
  readonly problems: (order: Order, facts: GateFacts, point?: SupplyPointId) => readonly Reason[]
}

/** Asked from the draft to the moment of the operation. */
export const ALWAYS: readonly GateStage[] = ['draft', 'issue', 'select']
/** Asked until the order is issued. */
export const UNTIL_ISSUE: readonly GateStage[] = ['draft', 'issue']

/** What is wrong with each supply point of the order, or with the selected one alone. */
export const eachPoint = (
  order: Order,
  selected: SupplyPointId | undefined,
  problem: (point: OrderedPoint) => Reason | null,
): Reason[] =>
  order.content.supplyPoints
    .filter(({ id }) => selected === undefined || id === selected)
    .flatMap((point) => problem(point) ?? [])

export const when = (wrong: boolean, code: NoteCode, values: Reason['values'] = {}): Reason[] =>
  wrong ? [note(code, values)] : []
