import type { SiteId } from '@minewarden/protocol/ids.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type Clock, type Instant, isoTime } from '@minewarden/protocol/time.ts'
import type { LegalRecord, StepEntry } from '../core/law/record.ts'
import type { LawRules } from '../core/law/rules.ts'
import { takeOver, takeStep, unspent } from '../core/law/take.ts'
import { draftLegal, type Issuer } from '../core/orders/draft.ts'
import { describeNotes, note } from '../core/orders/order-text.ts'
import { recorderOf } from '../core/orders/record.ts'
import type { User } from '../core/ports.ts'
import { CloudError } from '../errors.ts'
import type { Records } from './records/database.ts'
import { loadSiteLaw, writeSiteLaw } from './records/site-law-repository.ts'

export interface SiteLawDeps {
  readonly records: Records
  readonly clock: Clock
  readonly issuer: Issuer
  readonly law: LawRules
  readonly siteOf: (id: SiteId) => Site | null
}

/**
 * What was done in law for a site before there is an order: a stop decision that was refused months ago, say. The next
 * draft takes it over; without it an order that is drafted at night would wait for the legal office. One entry a site of the
 * register; calls are to be made one after the other.
 */
export function createSiteLaw({ records, clock, issuer, law, siteOf }: SiteLawDeps) {
  let held = new Map<string, LegalRecord>()

  const need = (id: SiteId): Site => {
    const site = siteOf(id)
    if (!site) throw new CloudError('not-found', `No site ${id}`)
    return site
  }
  /** By the law of now, for who operates the site now. */
  const recordOf = (site: Site): LegalRecord => {
    const now = draftLegal(site, issuer, law)
    const before = held.get(site.id)
    return before ? takeOver(now, before, site.id) : now
  }

  return {
    /** Reads the records; gives the sites whose record was edited, and serves no order. */
    async load(): Promise<readonly string[]> {
      const loaded = await loadSiteLaw(records)
      held = new Map(loaded.records)
      return loaded.altered
    },
    of: (id: SiteId): LegalRecord => recordOf(need(id)),
    /** For a new draft, after the site's last order went out at `issuedAt`. */
    forDraft: (site: Site, issuedAt: Instant | null): LegalRecord =>
      issuedAt === null ? recordOf(site) : unspent(recordOf(site), issuedAt),
    /** @throws CloudError `order-unsafe` (what is wrong with it), `not-allowed`, `not-found` */
    async take(id: SiteId, by: User, entry: StepEntry): Promise<LegalRecord> {
      const recorder = recorderOf(by, 'legal-step')
      if (!recorder) throw new CloudError('not-allowed', `${by.id} may not record`)
      const now = clock.now()
      const taken = takeStep(recordOf(need(id)), entry, recorder, now)
      if (!taken.ok)
        throw new CloudError(
          'order-unsafe',
          describeNotes(taken.problems.map(({ code, values }) => note(code, values))),
        )
      const { step, number, at } = entry
      const notes = [note('step-recorded', { step, number: number ?? '-', at: isoTime(at), name: by.name })]
      const detail = { detail: describeNotes(notes), notes }
      await writeSiteLaw(records, id, taken.record, { at: now, actor: by.id, action: '', subject: id, detail })
      held.set(id, taken.record)
      return taken.record
    },
  }
}

export type SiteLaw = ReturnType<typeof createSiteLaw>
