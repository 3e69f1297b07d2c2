import { instant } from '@minewarden/protocol/time.ts'
import type { AuditFact } from '../../../cloud/core/audit.ts'
import { createFeedback } from '../../../cloud/core/feedback/feedback.ts'
import type { FeedbackStore, Mark } from '../../../cloud/core/feedback/mark.ts'
import type { SitesService } from '../../../cloud/core/ports.ts'

const ALL = 100_000

/** Marks in a map, over the findings of memory sites; what went into the audit log stands in `audited`. */
export function createMemoryFeedback(sites: Pick<SitesService, 'findings'>) {
  const audited: AuditFact[] = []
  const marks = new Map<number, Mark>()
  const marked: FeedbackStore['marked'] = (site, limit) => {
    const all = sites.findings(site, ALL)
    return all
      .map((finding, i) => ({ offset: all.length - i, finding, mark: marks.get(all.length - i) ?? null }))
      .slice(0, limit)
  }
  const store: FeedbackStore = {
    marked,
    one: (site, number) => marked(site, ALL).find(({ offset }) => offset === number) ?? null,
    save: (number, mark) => void marks.set(number, mark),
    judged: (site, { from, to }) => ({
      complete: true,
      findings: marked(site, ALL)
        .filter(({ finding }) => finding.at >= from && finding.at < to)
        .map(({ finding, mark }) => ({
          kind: finding.kind,
          what: 'class' in finding ? finding.class : 'state' in finding ? finding.state : finding.fact,
          codes: finding.because.map(({ code }) => code),
          verdict: mark?.verdict ?? null,
        })),
    }),
  }
  const audit = async (fact: AuditFact) => void audited.push(fact)
  return { ...createFeedback({ store, audit, clock: { now: () => instant(Date.now()) } }), audited }
}
