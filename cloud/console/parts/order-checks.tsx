import type { OrderDocument } from '../../http/documents.ts'
import { wordOf } from '../text/codes.ts'
import { useSpeech } from '../text/language.ts'
import { reasonSentence } from '../text/reason.ts'
import { Panel } from './panel.tsx'

/** The gates of an order, each with what it found. */
export function GateList(props: { readonly order: OrderDocument }) {
  const { t, language } = useSpeech()
  const failed = props.order.gates.filter((gate) => !gate.passed).length
  return (
    <Panel
      title={t('order.gates')}
      aside={failed > 0 && <span class="failure">{t('order.gatesFailed', { count: failed })}</span>}
    >
      <ul class="gates">
        {props.order.gates.map((gate) => (
          <li key={gate.code} class={gate.passed ? 'gate-passed' : 'gate-failed'}>
            <svg class="shape" viewBox="0 0 16 16" aria-hidden="true">
              <path
                d={gate.passed ? 'M3 8.5 6.5 12 13 4.5' : 'M4 4l8 8M12 4l-8 8'}
                fill="none"
                stroke="currentColor"
                stroke-width="2.4"
              />
            </svg>
            <b>{wordOf(language, 'gate', gate.code)}</b>
            <span class="unseen">{t(gate.passed ? 'order.gate.passed' : 'order.gate.failed')}</span>
            <span class="quiet">
              {gate.problems.map((one) => reasonSentence(one, language)).join(language === 'zh' ? '；' : '; ')}
            </span>
            {!gate.passed && <Behind code={gate.code} />}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

/** The law behind a red gate, and who must do what next. */
function Behind(props: { readonly code: string }) {
  const { language } = useSpeech()
  const { code } = props
  // A code without a word comes back as it is.
  const known = (word: string) => (word === code ? null : word)
  const law = known(wordOf(language, 'gateLaw', code))
  const who = known(wordOf(language, 'gateWho', code))
  return (
    <>
      {law && <span class="quiet gate-law">⚖ {law}</span>}
      {who && <span class="gate-who">→ {who}</span>}
    </>
  )
}
