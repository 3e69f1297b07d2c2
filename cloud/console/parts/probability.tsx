import type { SiteState } from '@minewarden/protocol/finding.ts'
import { useSpeech } from '../text/language.ts'

/** Probability that a site has been reopened, as a number with a bar in the colour of its state. */
export function Probability(props: { readonly value: number; readonly state: SiteState }) {
  const { t, format } = useSpeech()
  return (
    <div class={`probability state-${props.state}`}>
      <span class="probability-label">{t('site.probability')}</span>
      <b class="probability-value">{format.percent(props.value)}</b>
      <svg class="probability-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-ground" width="100" height="4" />
        <rect class="bar-fill" width={Math.max(0.8, props.value * 100)} height="4" />
      </svg>
    </div>
  )
}
