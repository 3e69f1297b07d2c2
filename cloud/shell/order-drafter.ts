import { documentSha256 } from '@minewarden/protocol/canonical-json.ts'
import { check, describeProblems, ProtocolError } from '@minewarden/protocol/errors.ts'
import type { StateFinding } from '@minewarden/protocol/finding.ts'
import { OrderId, type SiteId } from '@minewarden/protocol/ids.ts'
import { type Evidence, OrderContent } from '@minewarden/protocol/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import type { VetoWindow } from '@minewarden/protocol/standing.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import type { LegalRecord } from '../core/law/record.ts'
import { takeOver } from '../core/law/take.ts'
import type { Standing } from '../core/orders/authorisation.ts'
import { draftContent, draftOrder, draftProblem, type Issuer } from '../core/orders/draft.ts'
import { holdsSite, type Order, type OrderRules } from '../core/orders/order.ts'
import { note } from '../core/orders/order-text.ts'
import type { OrderBook } from './order-book.ts'
import type { Records } from './records/database.ts'
import { recordFact, type StoredOrder } from './records/orders-repository.ts'
import type { SiteLaw } from './site-law.ts'

export interface DrafterDeps {
  readonly records: Records
  readonly book: OrderBook
  readonly issuer: Issuer
  readonly rules: OrderRules
  readonly siteLaw: Pick<SiteLaw, 'forDraft'>
  readonly evidenceOf: (finding: StateFinding) => Promise<readonly Evidence[]>
  /** The standing authorisation that carries an order of this site now. */
  readonly carrierFor?: (site: Site) => Standing | null
  /** The county's choice; it stands on every order. */
  readonly vetoWindow?: VetoWindow | null
}

/** More sites than this do not wait for the end of a cool-down; the oldest is forgotten. */
const MAX_DEFERRED = 10_000

/** Writes orders from findings: one open order a site, none twice for one finding, none in the cool-down after one. */
export function createDrafter(deps: DrafterDeps) {
  const { records, book, issuer, rules, siteLaw, evidenceOf } = deps
  /** Findings that came in a cool-down, by site: drafted after it, if they still hold. */
  const deferred = new Map<SiteId, { finding: StateFinding; site: Site; until: Instant }>()

  const refuse = async (site: SiteId, reason: string, now: Instant): Promise<null> => {
    const detail = { reason }
    await recordFact(records, { at: now, actor: 'system', action: 'order.draft-refused', subject: site, detail })
    return null
  }

  const defer = async (finding: StateFinding, site: Site, until: Instant, now: Instant): Promise<null> => {
    const known = deferred.has(site.id)
    deferred.delete(site.id)
    deferred.set(site.id, { finding, site, until })
    const oldest = deferred.keys().next().value
    if (deferred.size > MAX_DEFERRED && oldest !== undefined) deferred.delete(oldest)
    return known ? null : await refuse(site.id, `within the cool-down until ${isoTime(until)}`, now)
  }

  /** What was done for the site, and for its newest order if that never went out, is still done. */
  const legalOf = (site: Site): { legal: LegalRecord; from: string | null } => {
    const orders = book.ofSite(site.id)
    const before = orders.reduce<Order | null>(newestOf, null)
    const wentOut = orders.flatMap(({ issuedAt }) => issuedAt ?? [])
    const legal = siteLaw.forDraft(site, wentOut.length === 0 ? null : instant(Math.max(...wentOut)))
    if (!before || before.issuedAt !== null) return { legal, from: legal.steps.length > 0 ? site.id : null }
    return { legal: takeOver(legal, before.legal, before.id), from: before.id }
  }

  const write = async (finding: StateFinding, site: Site, now: Instant): Promise<StoredOrder | null> => {
    const sequence = book.nextSequence()
    const id = OrderId.parse(`${site.county}-${isoTime(now).slice(0, 10).replaceAll('-', '')}-${sequence}`)
    const evidence = [{ what: 'state finding', sha256: await documentSha256(finding) }, ...(await evidenceOf(finding))]
    const carrier = deps.carrierFor?.(site) ?? null
    const content = check(OrderContent, {
      ...draftContent(finding, site, { id, sequence, now, issuer, evidence, rules }),
      ...(carrier ? { standing: { id: carrier.id, sha256: carrier.documentSha256 } } : {}),
      ...(deps.vetoWindow ? { vetoWindow: deps.vetoWindow } : {}),
    })
    if (!content.ok) return await refuse(site.id, describeProblems(content.problems), now)
    const { legal, from } = legalOf(site)
    const order = draftOrder(content.value, await documentSha256(content.value), finding, site, legal)
    const over = legal.steps.length
    const event = {
      at: now,
      actor: 'system',
      what: 'drafted',
      notes: [
        note('on-finding', { at: isoTime(instant(finding.at)) }),
        ...(over > 0 && from ? [note('steps-taken-over', { count: over, order: from })] : []),
      ],
    }
    return await book.add(order, [event])
  }

  /** `waited`: held back by us, while every newer judgement of the site was heard. */
  const consider = async (
    finding: StateFinding,
    site: Site,
    now: Instant,
    waited: boolean,
  ): Promise<StoredOrder | null> => {
    const orders = book.ofSite(site.id)
    // Detection tells a finding again after a restart: it was dealt with.
    if (orders.some((order) => order.evidence.findingAt >= finding.at)) return null
    if (orders.some((order) => holdsSite(order.state))) return null
    if (book.isBlocked(site.id))
      return await refuse(site.id, 'the record of an open order of this site was edited', now)
    // Told again after a long stop: nobody knows what the site did since.
    if (!waited && now - finding.at > rules.evidenceMaxAgeMs)
      return await refuse(site.id, `the finding is of ${isoTime(instant(finding.at))}: too old to ground an order`, now)
    const problem = draftProblem(finding, site)
    if (problem !== null) return await refuse(site.id, problem, now)
    const until = coolDownEnd(orders, rules)
    return until !== null && now < until ? await defer(finding, site, until, now) : await write(finding, site, now)
  }

  return {
    /** The new draft, or `null` when there is none to write; a refusal is recorded. */
    async onFinding(finding: StateFinding, site: Site, now: Instant): Promise<StoredOrder | null> {
      const waiting = deferred.get(site.id)
      if (finding.state !== 'reopened') {
        if (waiting && finding.at > waiting.finding.at) deferred.delete(site.id)
        return null
      }
      try {
        return await consider(finding, site, now, false)
      } catch (error) {
        // What has no canonical form today has none tomorrow: telling it again would hold up every other site.
        if (!(error instanceof ProtocolError)) throw error
        return await refuse(site.id, error.message, now)
      }
    },
    /** Drafts what waited for the end of a cool-down and still holds. */
    async onTime(now: Instant): Promise<StoredOrder[]> {
      const due = [...deferred.values()].filter(({ until }) => now >= until)
      const drafted: StoredOrder[] = []
      for (const { finding, site } of due) {
        deferred.delete(site.id)
        const stored = await consider(finding, site, now, true)
        if (stored) drafted.push(stored)
      }
      return drafted
    },
  }
}

const newestOf = (a: Order | null, b: Order): Order => (a && a.sequence > b.sequence ? a : b)

function coolDownEnd(orders: readonly Order[], rules: OrderRules): Instant | null {
  const ends = orders.flatMap(({ endedAt }) => (endedAt === null ? [] : [endedAt]))
  return ends.length === 0 ? null : instant(Math.max(...ends) + rules.coolDownMs)
}
