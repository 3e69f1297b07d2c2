import type { OrderDocument } from '../../http/documents.ts'
import { wordOf } from '../text/codes.ts'
import { useSpeech } from '../text/language.ts'
import { reasonSentence } from '../text/reason.ts'
import { Moment } from './moment.tsx'
import { Panel } from './panel.tsx'

/** The whole story of an order, newest first. */
export function Timeline(props: { readonly order: OrderDocument; readonly nowMs: number }) {
  const { t, language } = useSpeech()
  return (
    <Panel title={t('order.timeline')}>
      <ol class="timeline">
        {props.order.timeline.toReversed().map((entry, index) => (
          <li key={props.order.timeline.length - index}>
            <Moment at={entry.at} nowMs={props.nowMs} seconds />
            <div>
              <b>{wordOf(language, 'happened', entry.what)}</b>
              {entry.notes.length > 0 && (
                <span class="quiet">
                  {entry.notes.map((one) => reasonSentence(one, language)).join(language === 'zh' ? '；' : '; ')}
                </span>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  )
}
