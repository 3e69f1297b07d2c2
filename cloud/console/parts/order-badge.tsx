import type { OrderState } from '../../core/ports.ts'
import { type Tone, toneOf } from '../order-stage.ts'
import { useSpeech } from '../text/language.ts'

const MARKS: Readonly<Record<Tone, string>> = {
  wait: 'M8 4v4l2.5 2M8 2a6 6 0 1 0 .01 0',
  move: 'M2 8h10M8.5 4.5 12 8l-3.5 3.5',
  done: 'M3 8.5 6.5 12 13 4.5',
  alarm: 'M8 3v6M8 11.5v1.5',
  over: 'M4 4l8 8M12 4l-8 8',
}

/** The state of an order: the same colour, mark and word everywhere. */
export function OrderBadge(props: { readonly state: OrderState }) {
  const { t } = useSpeech()
  const tone = toneOf(props.state)
  return (
    <span class={`badge tone-${tone}`} data-order-state={props.state}>
      <svg class="shape" viewBox="0 0 16 16" aria-hidden="true">
        <path d={MARKS[tone]} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
      </svg>
      {t(`order.state.${props.state}`)}
    </span>
  )
}
