import type { OrderDocument } from '../../http/documents.ts'
import { wordOf } from '../text/codes.ts'
import { useSpeech } from '../text/language.ts'
import { Panel } from './panel.tsx'

/** Where the power is cut, what hangs on it, and what came of it. */
export function SupplyPoints(props: { readonly order: OrderDocument }) {
  const { t, language } = useSpeech()
  const resultOf = (id: string) => props.order.supplyPoints.find((point) => point.id === id)?.result ?? null
  return (
    <Panel title={t('order.supplyPoints')}>
      {props.order.document.supplyPoints.map((point) => {
        const result = resultOf(point.id)
        return (
          <dl class="facts" key={point.id} data-supply-point={point.id}>
            <Fact name={t('order.point.location')} value={point.location} />
            <Fact name={t('order.point.customer')} value={point.customerNumber} />
            <Fact name={t('order.point.method')} value={t(`method.${point.method}`)} />
            <Fact
              name={t('order.point.loadClass')}
              value={`${point.loadClass} · ${point.surveyedOn ? t('order.point.surveyed', { date: point.surveyedOn }) : t('order.point.unsurveyed')}`}
            />
            <Fact
              name={t('order.point.loads')}
              value={point.loads.join(language === 'zh' ? '、' : ', ') || t('value.unknown')}
            />
            <Fact
              name={t('order.point.others')}
              value={t(point.residents ? 'order.point.residents' : 'order.point.noResidents')}
            />
            <Fact
              name={t('order.point.result')}
              value={result === null ? t('order.point.noResult') : wordOf(language, 'result', result)}
            />
          </dl>
        )
      })}
    </Panel>
  )
}

/** One named value. */
export function Fact(props: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  )
}
