import type { FindingDocument } from '../../http/documents.ts'
import { useSpeech } from '../text/language.ts'
import { BlastPeaks } from './blast-peaks.tsx'
import { EventLine } from './event-line.tsx'
import { FindingMark } from './finding-mark.tsx'
import { Moment } from './moment.tsx'
import { Panel } from './panel.tsx'
import { Reasons } from './reasons.tsx'
import { StateBadge } from './state-badge.tsx'

const SHOWN_EVENTS = 50
const SHOWN_STATES = 20

/** A site's events, newest first. */
export function Events(props: { readonly findings: readonly FindingDocument[]; readonly nowMs: number }) {
  const { t } = useSpeech()
  const events = props.findings.filter((finding) => finding.kind === 'event').slice(0, SHOWN_EVENTS)
  return (
    <Panel title={t('events.title')}>
      {events.length === 0 && <p class="quiet">{t('events.none')}</p>}
      <ol class="events">
        {events.map((event) => (
          <li key={`${event.sensor} ${event.onset}`}>
            <EventLine event={event} nowMs={props.nowMs} />
            <FindingMark finding={event} />
            <BlastPeaks event={event} />
          </li>
        ))}
      </ol>
    </Panel>
  )
}

/** Power that the site should not have, newest first; nothing at all where there is none. */
export function SupplyFindings(props: { readonly findings: readonly FindingDocument[]; readonly nowMs: number }) {
  const { t } = useSpeech()
  const found = props.findings.filter((finding) => finding.kind === 'after-cut').slice(0, SHOWN_STATES)
  if (found.length === 0) return null
  return (
    <Panel title={t('supply.title')}>
      <ol class="state-history">
        {found.map((finding) => (
          <li key={`${finding.fact} ${finding.at}`}>
            <p>
              <strong>{t(`supply.${finding.fact}`)}</strong> <Moment at={finding.at} nowMs={props.nowMs} seconds />
            </p>
            <Reasons because={finding.because} />
            <FindingMark finding={finding} />
          </li>
        ))}
      </ol>
    </Panel>
  )
}

/** How a site's state has changed, and why, newest first. */
export function StateHistory(props: { readonly findings: readonly FindingDocument[]; readonly nowMs: number }) {
  const { t } = useSpeech()
  const states = props.findings.filter((finding) => finding.kind === 'state').slice(0, SHOWN_STATES)
  return (
    <Panel title={t('history.title')}>
      {states.length === 0 && <p class="quiet">{t('history.none')}</p>}
      <ol class="state-history">
        {states.map((finding) => (
          <li key={finding.at}>
            <p>
              <StateBadge state={finding.state} /> <Moment at={finding.at} nowMs={props.nowMs} seconds />
            </p>
            <Reasons because={finding.because} />
            <FindingMark finding={finding} />
          </li>
        ))}
      </ol>
    </Panel>
  )
}
