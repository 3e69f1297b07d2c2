import { canonicalJson } from '@minewarden/protocol/canonical-json.ts'
import { classOf } from '@minewarden/protocol/load-class.ts'
import { type Approval, type CutOffOrder, foldName } from '@minewarden/protocol/order.ts'
import { MAX_STANDING_MS, MIN_VETO_SECONDS, type StandingGrant } from '@minewarden/protocol/standing.ts'
import { instant, type Millis, parseIsoTime } from '@minewarden/protocol/time.ts'

/**
 * By whose word an order came: two approvals of it; or a standing authorisation that two officials signed, with the duty
 * officer's confirmation or, where the order says that the county's law allows one, a veto window that has passed.
 */
export interface AuthorityFacts {
  /** Hash of the canonical JSON of `standing.content`, computed by us; `null` without one. */
  readonly standingSha256: string | null
  readonly clockSkewMs: Millis
}

/** What is wrong with who signed, beginning with the field; `null` when nothing is. */
export function findAuthorityProblem(document: CutOffOrder, facts: AuthorityFacts): string | null {
  const { order, approvals, orderSha256, issuedAt, standing } = document
  return (
    signatureProblem('approvals', approvals, orderSha256, [order.draftedAt, issuedAt], facts) ??
    (standing ? standingProblem(document, standing, facts) : pairProblem('approvals', approvals))
  )
}

/** What is wrong with two approvals of a document, given between these two times; `null` when nothing is. */
export const findApprovalsProblem = (
  approvals: readonly Approval[],
  sha256: string,
  times: readonly [string, string],
  facts: Pick<AuthorityFacts, 'clockSkewMs'>,
): string | null =>
  signatureProblem('approvals', approvals, sha256, times, facts) ?? pairProblem('approvals', approvals)

/** Each of this document, by another user, in its time. */
function signatureProblem(
  field: string,
  approvals: readonly Approval[],
  sha256: string,
  [from, to]: readonly [string, string],
  { clockSkewMs }: Pick<AuthorityFacts, 'clockSkewMs'>,
): string | null {
  const other = approvals.findIndex((approval) => approval.orderSha256 !== sha256)
  if (other >= 0) return `${field}.${other}.orderSha256: of another document`
  if (!areDistinct(approvals.map(({ user }) => user))) return `${field}: one user twice`
  const [begin, end] = [parseIsoTime(from), parseIsoTime(to)]
  const untimely = approvals.findIndex(({ at }) => {
    const approved = parseIsoTime(at)
    if (approved === null || begin === null || end === null) return true
    return approved < begin - clockSkewMs || approved > end + clockSkewMs
  })
  return untimely < 0 ? null : `${field}.${untimely}.at: not between ${from} and ${to}`
}

const areDistinct = (names: readonly string[]) => new Set(names.map(foldName)).size === names.length

function pairProblem(field: string, approvals: readonly Approval[]): string | null {
  if (approvals.length < 2) return `${field}: two are needed`
  if (!areDistinct(approvals.map(({ department }) => department))) return `${field}: one department twice`
  return approvals.some(({ role }) => role === 'head') ? null : `${field}: no head of a department among them`
}

function standingProblem(document: CutOffOrder, standing: StandingGrant, facts: AuthorityFacts): string | null {
  const { order, issuedAt } = document
  const { content, sha256 } = standing
  if (sha256 !== facts.standingSha256) return 'standing.sha256: not the hash of standing.content'
  if (order.standing?.id !== content.id || order.standing.sha256 !== sha256)
    return 'order.standing: names another authorisation'
  if (content.issuer.id !== order.issuer.id) return 'standing.content.issuer: another one'
  if (content.site.id !== order.site.id) return 'standing.content.site: another one'
  if (content.basis !== order.basis) return 'standing.content.basis: another legal basis'
  return (
    timeProblem(standing, issuedAt) ??
    pointProblem(document, standing) ??
    signatureProblem('standing.approvals', standing.approvals, sha256, [content.proposedAt, issuedAt], facts) ??
    pairProblem('standing.approvals', standing.approvals) ??
    confirmationProblem(document, facts)
  )
}

function timeProblem({ content }: StandingGrant, issuedAt: string): string | null {
  const [from, to, issued] = [content.from, content.to, issuedAt].map(parseIsoTime)
  if (from == null || to == null || issued == null) return 'standing.content.from, to: not times'
  if (to - from > MAX_STANDING_MS) return 'standing.content.to: more than 90 days after from'
  return from <= issued && issued < to ? null : 'standing.content: not in force when the order was issued'
}

function pointProblem({ order, issuedAt }: CutOffOrder, { content }: StandingGrant): string | null {
  const named = new Map(content.supplyPoints.map((point) => [point.id, canonicalJson(point)]))
  const issued = parseIsoTime(issuedAt) ?? instant(0)
  const i = order.supplyPoints.findIndex(
    (point) => named.get(point.id) !== canonicalJson(point) || classOf(point, issued) !== 'A',
  )
  return i < 0 ? null : `order.supplyPoints.${i}: not as authorised, or not class A`
}

function confirmationProblem({ order, approvals, issuedAt, veto }: CutOffOrder, { clockSkewMs }: AuthorityFacts) {
  if (approvals.some(({ role }) => role === 'duty-officer')) return null
  if (!veto) return 'approvals: the duty officer has not confirmed it'
  if (!order.vetoWindow) return 'veto: the order names no veto window'
  const times = [veto.announcedAt, veto.until, issuedAt, order.draftedAt].map(parseIsoTime)
  const [announced, until, issued, drafted] = times
  if (announced == null || until == null || issued == null || drafted == null) return 'veto: not times'
  const seconds = Math.max(order.vetoWindow.seconds, MIN_VETO_SECONDS)
  if (until - announced < seconds * 1000) return 'veto.until: too soon after announcedAt'
  if (announced < drafted - clockSkewMs || until > issued + clockSkewMs)
    return 'veto: not between order.draftedAt and issuedAt'
  return null
}
