import { documentSha256 } from '@minewarden/protocol/canonical-json.ts'
import { UserId } from '@minewarden/protocol/ids.ts'
import type { Approval, CutOffOrder } from '@minewarden/protocol/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { StandingContent } from '@minewarden/protocol/standing.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import { propose, type Standing, type StandingFacts } from '../../../cloud/core/orders/authorisation.ts'
import { orderedPoint } from '../../../cloud/core/orders/draft.ts'
import type { User } from '../../../cloud/core/ports.ts'
import { approvalOf } from './drafts.ts'
import { HEAD, ISSUER, makeSite, NOW, OFFICER } from './fixtures.ts'
import { makeContent, makeOrder } from './signed.ts'

const DAY = 86_400_000

/** Who may confirm. */
export const DUTY: User = {
  id: UserId.parse('duty-1'),
  name: '丁',
  department: '县矿山安全监测中心',
  role: 'duty-officer',
}

/** A lawful authorisation for all points of a site, of a day ago, for thirty days. */
export const standingContent = (site: Site = makeSite(), change: object = {}, now: Instant = NOW): StandingContent =>
  StandingContent.parse({
    type: 'standing-authorisation',
    version: 1,
    id: `${site.id}-sa-1`,
    issuer: { id: ISSUER.id, name: ISSUER.name, county: site.county },
    site: { id: site.id, name: site.name },
    supplyPoints: site.supplyPoints.map(orderedPoint),
    basis: site.legalBasis ?? ISSUER.basis,
    reason: '历年死灰复燃',
    from: isoTime(instant(now - DAY)),
    to: isoTime(instant(now + 29 * DAY)),
    proposedAt: isoTime(instant(now - DAY)),
    proposedBy: OFFICER.id,
    ...change,
  })

/** In force: signed by an officer and the head of the competent department. */
export async function standingInForce(site: Site = makeSite(), change: object = {}): Promise<Standing> {
  const content = standingContent(site, change)
  const sha256 = await documentSha256(content)
  const approvals = [OFFICER, HEAD].map((user) => approvalOf(user, sha256))
  return { ...propose(content, sha256), state: 'in-force', approvals, version: 3 }
}

export const standingFacts = (change: Partial<StandingFacts> = {}): StandingFacts => ({
  now: NOW,
  site: makeSite(),
  basis: ISSUER.basis,
  department: ISSUER.department,
  isOfficial: () => true,
  ...change,
})

/** An order under it, as a county would sign it: with the duty officer's confirmation. */
export async function orderUnder(standing: Standing, change: object = {}): Promise<CutOffOrder> {
  const content = makeContent(NOW, { standing: { id: standing.id, sha256: standing.documentSha256 } })
  const confirmation: Approval = approvalOf(DUTY, await documentSha256(content))
  const grant = { content: standing.content, sha256: standing.documentSha256, approvals: [...standing.approvals] }
  return await makeOrder(content, NOW, { approvals: [confirmation], standing: grant, ...change })
}
