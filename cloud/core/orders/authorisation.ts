import type { ApprovalProof } from '@minewarden/protocol/approval-proof.ts'
import { canonicalJson } from '@minewarden/protocol/canonical-json.ts'
import type { Reason } from '@minewarden/protocol/finding.ts'
import { loadProblem } from '@minewarden/protocol/life-safety.ts'
import { classOf } from '@minewarden/protocol/load-class.ts'
import { type Approval, foldName, type OrderedPoint } from '@minewarden/protocol/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { MAX_STANDING_MS, type StandingContent, type StandingId } from '@minewarden/protocol/standing.ts'
import { type Instant, isoTime, parseIsoTime } from '@minewarden/protocol/time.ts'
import { isApprover, type User } from '../ports.ts'
import { tryApproval } from './approvals.ts'
import { orderedPoint } from './draft.ts'
import { describeNotes, type NoteCode, note } from './order-text.ts'

/**
 * Standing authorisations: given beforehand by two officials for named supply points, asked again at every use. It is
 * valid only while everything it was given on is still so; it is revoked by one person, at once. Pure.
 */
export interface Standing {
  readonly id: StandingId
  readonly version: number
  readonly content: StandingContent
  /** Of the canonical JSON of `content`: what each approval names. */
  readonly documentSha256: string
  readonly state: 'proposed' | 'in-force' | 'revoked'
  readonly approvals: readonly Approval[]
  readonly revoked: { readonly by: string; readonly at: Instant; readonly reason: string } | null
}

/** What it is held against now. */
export interface StandingFacts {
  readonly now: Instant
  readonly site: Site | null
  /** Legal basis that the county's orders name now. */
  readonly basis: string
  /** The competent department. */
  readonly department: string
  readonly isOfficial: (approval: Approval) => boolean
}

const when = (wrong: boolean, code: NoteCode, values: Reason['values'] = {}): Reason[] =>
  wrong ? [note(code, values)] : []

/** A standing authorisation as it is proposed. */
export const propose = (content: StandingContent, documentSha256: string): Standing => ({
  id: content.id,
  version: 1,
  content,
  documentSha256,
  state: 'proposed',
  approvals: [],
  revoked: null,
})

/** What is wrong with what is to be signed, whoever signs; empty when nothing is. */
export function contentProblems(content: StandingContent, facts: StandingFacts): Reason[] {
  const [from, to, proposed] = [content.from, content.to, content.proposedAt].map(parseIsoTime)
  const { now, site, basis } = facts
  if (from == null || to == null || proposed == null) return [note('standing-times')]
  const ids = content.supplyPoints.map(({ id }) => id)
  return [
    ...when(from >= to, 'standing-times'),
    ...when(to - from > MAX_STANDING_MS || to - proposed > 2 * MAX_STANDING_MS, 'standing-too-long'),
    ...when(now >= to, 'standing-over', { at: isoTime(to) }),
    ...when(content.basis !== basis, 'standing-basis', { basis: content.basis, now: basis }),
    ...when(new Set(ids).size < ids.length, 'standing-point-twice'),
    ...content.supplyPoints.flatMap((point) => pointProblems(point, site, now)),
  ]
}

/** A point must be of class A with a survey, without life safety or residents, and stand in the register as it does here. */
function pointProblems(point: OrderedPoint, site: Site | null, now: Instant): Reason[] {
  const { id } = point
  const registered = site?.supplyPoints.find((one) => one.id === id)
  const same = registered !== undefined && canonicalJson(orderedPoint(registered)) === canonicalJson(point)
  return [
    ...when(classOf(point, now) !== 'A', 'standing-not-class-a', { point: id }),
    ...when(point.surveyedOn === null, 'standing-no-survey', { point: id }),
    ...when(point.surveyedOn !== null && point.surveyedOn > isoTime(now).slice(0, 10), 'survey-ahead', { point: id }),
    ...when(point.residents, 'residents', { point: id }),
    ...when(point.loads.length === 0, 'loads-unlisted', { point: id }),
    ...point.loads.flatMap((load) => {
      const problem = loadProblem(load)
      return problem ? [note(`load-${problem.kind}`, { point: id, load })] : []
    }),
    ...when(!same, 'standing-point-changed', { point: id }),
  ]
}

/** What is wrong with who signed. */
function signerProblems({ approvals, documentSha256 }: Standing, { isOfficial, department }: StandingFacts): Reason[] {
  const distinct = (values: readonly string[]) => new Set(values.map(foldName)).size === values.length
  return [
    ...when(approvals.length < 2, 'approvals-missing', { given: approvals.length, needed: 2 }),
    ...when(!distinct(approvals.map(({ user }) => user)), 'user-twice'),
    ...when(!distinct(approvals.map((one) => one.department)), 'department-twice'),
    ...when(!approvals.some((one) => isCompetentHead(one, department)), 'standing-no-competent-head', { department }),
    ...approvals.flatMap(({ user, orderSha256 }) => when(orderSha256 !== documentSha256, 'other-document', { user })),
    ...approvals.flatMap((one) => when(!isOfficial(one), 'approver-gone', { user: one.user })),
  ]
}

const isCompetentHead = ({ role, department }: Pick<Approval, 'role' | 'department'>, competent: string): boolean =>
  role === 'head' && foldName(department) === foldName(competent)

/** Why it carries nothing now; empty when it is in force. */
export function standingProblems(standing: Standing, facts: StandingFacts): Reason[] {
  const from = parseIsoTime(standing.content.from)
  return [
    ...when(standing.state === 'proposed', 'standing-not-in-force'),
    ...when(standing.state === 'revoked', 'standing-revoked'),
    ...when(from !== null && facts.now < from, 'standing-not-yet', { at: standing.content.from }),
    ...contentProblems(standing.content, facts),
    ...signerProblems(standing, facts),
  ]
}

/** What an order shows of itself to be carried. */
export interface CarriedOrder {
  readonly site: string
  readonly basis: string
  readonly supplyPoints: readonly OrderedPoint[]
  readonly reference: { readonly id: string; readonly sha256: string } | undefined
}

/** Why a standing authorisation does not carry this order now; empty when it does. */
export function carriageProblems(
  standing: Standing | null | undefined,
  order: CarriedOrder,
  facts: StandingFacts,
): Reason[] {
  if (!standing) return [note('standing-none')]
  const { content, documentSha256 } = standing
  const named = new Map(content.supplyPoints.map((point) => [point.id, canonicalJson(point)]))
  return [
    ...when(order.reference?.id !== standing.id || order.reference.sha256 !== documentSha256, 'standing-other'),
    ...when(order.site !== content.site.id, 'standing-other-site'),
    ...when(order.basis !== content.basis, 'standing-basis', { basis: content.basis, now: order.basis }),
    ...order.supplyPoints.flatMap((point) => [
      ...when(!named.has(point.id), 'standing-point-unnamed', { point: point.id }),
      ...when(named.has(point.id) && named.get(point.id) !== canonicalJson(point), 'standing-point-changed', {
        point: point.id,
      }),
    ]),
    ...standingProblems(standing, facts),
  ]
}

/** The first authorisation that carries an order of this site, with these points, on this basis. */
export const findCarrier = (
  standings: readonly Standing[],
  order: Omit<CarriedOrder, 'reference'>,
  facts: StandingFacts,
): Standing | null =>
  standings.find(
    (one) =>
      carriageProblems(one, { ...order, reference: { id: one.id, sha256: one.documentSha256 } }, facts).length === 0,
  ) ?? null

export type StandingStep =
  | { readonly kind: 'stepped'; readonly standing: Standing; readonly what: 'approved-once' | 'in-force' | 'revoked' }
  | {
      readonly kind: 'refused'
      readonly code: 'not-allowed' | 'standing-conflict' | 'standing-unlawful'
      readonly detail: string
    }

const refused = (code: Extract<StandingStep, { kind: 'refused' }>['code'], detail: string): StandingStep => ({
  kind: 'refused',
  code,
  detail,
})

/** One official's approval of exactly this document; with the second it is in force. */
export function approveStanding(
  standing: Standing,
  by: User,
  approvedSha256: string,
  proof: ApprovalProof,
  facts: StandingFacts,
): StandingStep {
  if (standing.state !== 'proposed') return refused('standing-conflict', `it is ${standing.state}`)
  const wrong = contentProblems(standing.content, facts)
  if (wrong.length > 0) return refused('standing-unlawful', describeNotes(wrong))
  const attempt = tryApproval(standing.approvals, by, approvedSha256, standing.documentSha256, facts.now, proof)
  if (!attempt.ok) return refused(attempt.code === 'not-allowed' ? 'not-allowed' : 'standing-conflict', attempt.detail)
  const approvals = [...standing.approvals, attempt.approval]
  const next: Standing = { ...standing, approvals, version: standing.version + 1 }
  if (approvals.length < 2) return { kind: 'stepped', standing: next, what: 'approved-once' }
  const inForce: Standing = { ...next, state: 'in-force' }
  const unsigned = signerProblems(inForce, facts)
  if (unsigned.length > 0) return refused('not-allowed', describeNotes(unsigned))
  return { kind: 'stepped', standing: inForce, what: 'in-force' }
}

/** One person takes it back, at once and for good. */
export function revokeStanding(standing: Standing, by: User, reason: string, now: Instant): StandingStep {
  if (!isApprover(by.role)) return refused('not-allowed', `${by.id} may not revoke`)
  if (standing.state === 'revoked') return refused('standing-conflict', 'it is revoked already')
  const revoked = { by: by.id, at: now, reason }
  return {
    kind: 'stepped',
    standing: { ...standing, state: 'revoked', revoked, version: standing.version + 1 },
    what: 'revoked',
  }
}
