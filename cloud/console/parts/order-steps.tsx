import type { OrderDocument } from '../../http/documents.ts'
import { STEPS, stepReached, toneOf } from '../order-stage.ts'
import { useSpeech } from '../text/language.ts'

/** The way of an order, with where it stands. */
export function OrderSteps(props: { readonly order: OrderDocument }) {
  const { t } = useSpeech()
  const reached = stepReached(props.order)
  const tone = toneOf(props.order.state)
  return (
    <ol class={`steps tone-${tone}`} aria-label={t('order.steps')}>
      {STEPS.map((step, index) => (
        <li
          key={step}
          class={
            index < reached || (index === reached && tone === 'done') ? 'past' : index === reached ? 'here' : 'ahead'
          }
          aria-current={index === reached ? 'step' : undefined}
        >
          <span>{t(`order.step.${step}`)}</span>
        </li>
      ))}
    </ol>
  )
}
