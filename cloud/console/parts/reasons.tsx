import type { ReasonDocument } from '../../http/documents.ts'
import { useSpeech } from '../text/language.ts'
import { reasonSentence } from '../text/reason.ts'

/** Reasons in words; at most `limit` of them, then how many more. */
export function Reasons(props: { readonly because: readonly ReasonDocument[]; readonly limit?: number }) {
  const { t, language } = useSpeech()
  const shown = props.because.slice(0, props.limit ?? props.because.length)
  const hidden = props.because.length - shown.length
  if (shown.length === 0) return <p class="quiet">{t('site.noReasons')}</p>
  return (
    <ul class="reasons">
      {shown.map((reason, index) => (
        <li key={index}>{reasonSentence(reason, language)}</li>
      ))}
      {hidden > 0 && <li class="quiet">{t('site.moreReasons', { count: hidden })}</li>}
    </ul>
  )
}
