import { documentSha256 } from '@minewarden/protocol/canonical-json.ts'
import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import type { SiteId } from '@minewarden/protocol/ids.ts'
import type { Approval } from '@minewarden/protocol/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { StandingContent } from '@minewarden/protocol/standing.ts'
import { type Clock, type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import {
  approveStanding,
  contentProblems,
  findCarrier,
  propose,
  revokeStanding,
  type Standing,
  type StandingFacts,
  type StandingStep,
  standingProblems,
} from '../core/orders/authorisation.ts'
import { basisOf, type Issuer, orderedPoint } from '../core/orders/draft.ts'
import { describeNotes } from '../core/orders/order-text.ts'
import type { StandingProposal, StandingService, StandingView } from '../core/orders/standing-port.ts'
import { isApprover, type User } from '../core/ports.ts'
import type { ProofsService } from '../core/proofs-port.ts'
import { CloudError } from '../errors.ts'
import { createOneAtATime } from './one-at-a-time.ts'
import type { Records } from './records/database.ts'
import { recordFact } from './records/orders-repository.ts'
import { loadStandings, writeStanding } from './records/standing-repository.ts'

export interface StandingDeskDeps {
  readonly records: Records
  readonly clock: Clock
  readonly issuer: Issuer
  readonly siteOf: (id: SiteId) => Site | null
  readonly isOfficial: (approval: Approval) => boolean
  readonly proofs: Pick<ProofsService, 'question' | 'prove'>
}

/** Kept in memory and shown; more are refused until old ones have ended. */
const MAX_STANDINGS = 1_000
/** Of those that ended or were revoked so many are still shown. */
const MAX_ENDED = 200

export interface StandingDesk extends StandingService {
  load(): Promise<readonly string[]>
  /** The authorisation that an order names, as it is now. */
  standingOf(id: string | undefined): Standing | null
  /** The one that carries an order of this site now. */
  carrierFor(site: Site): Standing | null
  /** Counts what was signed and revoked: orders are shown anew when it has moved. */
  changes(): number
}

/** Standing authorisations in memory, never ahead of the records. */
export function createStandingDesk(deps: StandingDeskDeps): StandingDesk {
  const { records, clock, issuer } = deps
  const inTurn = createOneAtATime()
  const held = new Map<string, Standing>()

  const basisAt = (site: Site | null): string => (site ? basisOf(site, issuer) : issuer.basis)
  const factsOf = (site: SiteId, now: Instant = clock.now()): StandingFacts => ({
    now,
    site: deps.siteOf(site),
    basis: basisAt(deps.siteOf(site)),
    department: issuer.department,
    isOfficial: deps.isOfficial,
  })
  const isOver = ({ state, content }: Standing) => state === 'revoked' || Date.parse(content.to) <= clock.now()
  let changes = 0
  const keep = (standing: Standing) => {
    changes++
    held.delete(standing.id)
    held.set(standing.id, standing)
    const over = [...held.values()].filter(isOver)
    for (const { id } of over.slice(0, Math.max(0, over.length - MAX_ENDED))) held.delete(id)
  }
  const need = (id: string): Standing => {
    const standing = held.get(id)
    if (!standing) throw new CloudError('not-found', `No standing authorisation ${id}`)
    return standing
  }
  const view = (standing: Standing): StandingView => {
    const problems = standingProblems(standing, factsOf(standing.content.site.id))
    const { id, state, content, revoked } = standing
    const approvals = standing.approvals.map(({ user, name, department, role, at, proof }) => ({
      ...{ user, name, department, role, at: instant(Date.parse(at)) },
      proof: proof?.kind ?? null,
    }))
    const shared = { id, state, content, revoked, approvals, documentSha256: standing.documentSha256 }
    return { ...shared, valid: problems.length === 0, problems }
  }
  const audit = (actor: string, action: string, subject: string, detail: Record<string, unknown>) =>
    recordFact(records, { at: clock.now(), actor, action, subject, detail })
  const refuse = async (by: User, subject: string, error: CloudError): Promise<never> => {
    await audit(by.id, 'standing.refused-input', subject, { code: error.code, detail: error.message })
    throw error
  }

  const write = async (standing: Standing, by: User, what: string, detail: Record<string, unknown> = {}) => {
    const fact = { at: clock.now(), actor: by.id, action: `standing.${what}`, subject: standing.id }
    const said = { site: standing.content.site.id, documentSha256: standing.documentSha256, ...detail }
    if (!(await writeStanding(records, standing, { ...fact, detail: said })))
      throw new CloudError('standing-conflict', `${standing.id}: changed by another process`)
    keep(standing)
    return view(standing)
  }
  const take = async (step: StandingStep, id: string, by: User, detail: Record<string, unknown>) => {
    if (step.kind === 'refused') return await refuse(by, id, new CloudError(step.code, step.detail))
    return await write(step.standing, by, step.what, detail)
  }

  const draft = (by: User, site: Site, { supplyPoints, from, to, reason }: StandingProposal, now: Instant) => {
    const points = supplyPoints.map((id) => {
      const point = site.supplyPoints.find((one) => one.id === id)
      if (!point) throw new CloudError('not-found', `${site.id} has no supply point ${id}`)
      return orderedPoint(point)
    })
    const number = [...held.keys()].filter((id) => id.startsWith(`${site.id}-sa-`)).length + 1
    const content = check(StandingContent, {
      type: 'standing-authorisation',
      version: 1,
      id: `${site.id}-sa-${isoTime(now).slice(0, 19).replace(/\D/g, '')}-${number}`.slice(-64),
      issuer: { id: issuer.id, name: issuer.name, county: site.county },
      site: { id: site.id, name: site.name },
      supplyPoints: points,
      basis: basisAt(site),
      reason,
      from: isoTime(from),
      to: isoTime(to),
      proposedAt: isoTime(now),
      proposedBy: by.id,
    })
    if (!content.ok) throw new CloudError('standing-unlawful', describeProblems(content.problems))
    const problems = contentProblems(content.value, factsOf(site.id, now))
    if (problems.length > 0) throw new CloudError('standing-unlawful', describeNotes(problems))
    return content.value
  }

  return {
    async load() {
      held.clear()
      const { standings, altered } = await loadStandings(records, MAX_STANDINGS + MAX_ENDED)
      for (const standing of standings) keep(standing)
      return altered
    },
    changes: () => changes,
    standingOf: (id) => (id === undefined ? null : (held.get(id) ?? null)),
    carrierFor: (site) =>
      findCarrier(
        [...held.values()].filter(({ content }) => content.site.id === site.id),
        { site: site.id, basis: basisAt(site), supplyPoints: site.supplyPoints.map(orderedPoint) },
        factsOf(site.id),
      ),
    list: () => [...held.values()].toReversed().map(view),
    get(id) {
      const standing = held.get(id)
      return standing ? view(standing) : null
    },
    propose: (by, proposal) =>
      inTurn(async () => {
        try {
          if (!isApprover(by.role)) throw new CloudError('not-allowed', `${by.id} may not propose`)
          if (held.size >= MAX_STANDINGS) throw new CloudError('standing-conflict', 'too many standing authorisations')
          const site = deps.siteOf(proposal.site)
          if (!site) throw new CloudError('not-found', `No site ${proposal.site}`)
          const content = draft(by, site, proposal, clock.now())
          return await write(propose(content, await documentSha256(content)), by, 'proposed')
        } catch (error) {
          if (error instanceof CloudError && error.code !== 'not-found') return await refuse(by, proposal.site, error)
          throw error
        }
      }),
    question: (id, by) => deps.proofs.question(by, { standing: need(id).documentSha256, approver: by.id }),
    approve: (id, by, sha256, given) =>
      inTurn(async () => {
        const standing = need(id)
        if (!isApprover(by.role)) return await refuse(by, id, new CloudError('not-allowed', `${by.id} may not approve`))
        const proof = await deps.proofs.prove(by, { standing: standing.documentSha256, approver: by.id }, given)
        const facts = factsOf(standing.content.site.id)
        return await take(approveStanding(standing, by, sha256, proof, facts), id, by, { proof: proof.kind })
      }),
    revoke: (id, by, reason) =>
      inTurn(() => take(revokeStanding(need(id), by, reason, clock.now()), id, by, { reason })),
  }
}
