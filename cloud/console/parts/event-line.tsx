import { ATTRIBUTION_CODES } from '../../core/detection/reasons.ts'
import type { EventDocument } from '../../http/documents.ts'
import { useSpeech } from '../text/language.ts'
import { reasonSentence } from '../text/reason.ts'
import { Moment } from './moment.tsx'

/** One event in a line: what, how sure, how strong, when. */
export function EventLine(props: { readonly event: EventDocument; readonly nowMs: number }) {
  const { t, format, language } = useSpeech()
  const { event } = props
  const attributed = event.because.find(({ code }) => ATTRIBUTION_CODES.includes(code))
  return (
    <span class="event-line">
      <b class={`event-class event-${event.class}`}>{t(`event.${event.class}`)}</b>
      <span class="number">{format.percent(event.probability)}</span>
      {event.peakVelocityMmPerS !== null && (
        <span class="quiet">{t('events.peak', { value: format.number(event.peakVelocityMmPerS) })}</span>
      )}
      {attributed && <span class="quiet">{reasonSentence(attributed, language)}</span>}
      {event.late && (
        <span class="tag" title={t('events.lateNote')}>
          {t('events.late')}
        </span>
      )}
      <Moment at={event.onset} nowMs={props.nowMs} seconds />
    </span>
  )
}
