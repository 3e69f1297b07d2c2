import type { EventDocument } from '../../http/documents.ts'
import { useSpeech } from '../text/language.ts'
import { Moment } from './moment.tsx'

/** One event in a line: what, how sure, how strong, when. */
export function EventLine(props: { readonly event: EventDocument; readonly nowMs: number }) {
  const { t, format } = useSpeech()
  const { event } = props
  return (
    <span class="event-line">
      <b class={`event-class event-${event.class}`}>{t(`event.${event.class}`)}</b>
      <span class="number">{format.percent(event.probability)}</span>
      {event.peakVelocityMmPerS !== null && (
        <span class="quiet">{t('events.peak', { value: format.number(event.peakVelocityMmPerS) })}</span>
      )}
      {event.late && (
        <span class="tag" title={t('events.lateNote')}>
          {t('events.late')}
        </span>
      )}
      <Moment at={event.onset} nowMs={props.nowMs} seconds />
    </span>
  )
}
