/**
 * Marking findings. A mark stands beside its finding: it changes neither what was found nor what an order rests on, and
 * each is on record in the audit log, with the one that it takes the place of, before it is written.
 */
import type { SiteId } from '@minewarden/protocol/ids.ts'
import type { Clock } from '@minewarden/protocol/time.ts'
import { CloudError } from '../../errors.ts'
import type { AuditFact } from '../audit.ts'
import type { User } from '../ports.ts'
import { type FalseAlarms, falseAlarmsOf } from './false-alarms.ts'
import type { FeedbackStore, Mark, MarkedFinding, Span } from './mark.ts'

/** Findings that rates are counted over at most, the newest: a question may not hold up the commits for long. */
export const MOST_COUNTED = 20_000

export interface FeedbackService {
  /** A site's findings with their marks, newest first. */
  findings(site: SiteId, limit: number): readonly MarkedFinding[]
  /** @throws CloudError `not-found`, `not-allowed` (viewer) */
  mark(site: SiteId, number: number, wanted: Pick<Mark, 'verdict' | 'cause' | 'note'>, by: User): Promise<Mark>
  /** `complete`: the span has no findings beyond the {@link MOST_COUNTED} that were counted. */
  rates(site: SiteId, span: Span): FalseAlarms & { readonly complete: boolean }
}

export interface FeedbackDeps {
  readonly store: FeedbackStore
  /** Durable when it resolves. */
  readonly audit: (fact: AuditFact) => Promise<void>
  readonly clock: Pick<Clock, 'now'>
}

export function createFeedback({ store, audit, clock }: FeedbackDeps): FeedbackService {
  return {
    findings: (site, limit) => store.marked(site, limit),
    async mark(site, number, { verdict, cause, note }, by) {
      if (by.role === 'viewer') throw new CloudError('not-allowed', 'A viewer reads; marking needs an officer')
      const known = store.one(site, number)
      if (known === null) throw new CloudError('not-found', `No finding ${number} at ${site}`)
      const mark: Mark = { verdict, cause, note, by: by.id, name: by.name, at: clock.now() }
      const detail = { number, kind: known.finding.kind, verdict, cause, note, before: said(known.mark) }
      await audit({ at: mark.at, actor: by.id, action: 'finding.marked', subject: site, detail })
      store.save(number, mark)
      return mark
    },
    rates(site, span) {
      const { findings, complete } = store.judged(site, span, MOST_COUNTED)
      return { ...falseAlarmsOf(findings, span), complete }
    },
  }
}

const said = (mark: Mark | null) =>
  mark && { verdict: mark.verdict, cause: mark.cause, note: mark.note, by: mark.by, at: mark.at }
