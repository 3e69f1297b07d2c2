import { isApprover } from '../../core/ports.ts'
import type { OrderDocument, OrderPointDocument } from '../../http/documents.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { useStore } from '../store.ts'
import { wordOf } from '../text/codes.ts'
import type { TextKey } from '../text/dictionary.ts'
import { useSpeech } from '../text/language.ts'
import { reasonSentence } from '../text/reason.ts'
import { useState } from '../view.ts'
import { Moment } from './moment.tsx'
import { Panel } from './panel.tsx'
import { PointReport } from './point-report.tsx'
import { ReasonDialog } from './reason-dialog.tsx'

const UNDER_WAY: ReadonlySet<string> = new Set(['issued', 'received', 'accepted'])
const MEASURED: ReadonlySet<string> = new Set(['zero', 'seen', 'was-zero', 'loaded', 'silent'])

/** How far each supply point is, from the supplier's selection to the measurement; and the button that stops it all. */
export function OrderProgress(props: { readonly order: OrderDocument; readonly nowMs: number }) {
  const { t, language } = useSpeech()
  const user = useStore(model.me)?.user ?? null
  const [asking, setAsking] = useState(false)
  const { order } = props
  if (order.issuedAt === null) return null
  const mayStop = UNDER_WAY.has(order.state) && order.stopped === null && user !== null && isApprover(user.role)
  return (
    <Panel
      title={t('order.progress')}
      class="order-progress"
      aside={
        order.effect && (
          <span class={order.effect.verdict === 'verified' ? '' : 'failure'} data-effect={order.effect.verdict}>
            {t(`order.effect.${order.effect.verdict}`)}
          </span>
        )
      }
    >
      {order.supplyPoints.map((point) => (
        <Point key={point.id} order={order} point={point} nowMs={props.nowMs} />
      ))}
      {order.stopped && (
        <p class="failure" data-stopped>
          {t('order.stopped', { name: order.stopped.name, reason: order.stopped.reason })}{' '}
          <Moment at={order.stopped.at} nowMs={props.nowMs} seconds />{' '}
          {t(order.stopped.confirmedAt ? 'order.stopped.known' : 'order.stopped.unknown')}
        </p>
      )}
      {order.watch && (
        <p data-watch>
          {t('order.watch')} <Moment at={order.watch.from} nowMs={props.nowMs} />
          {order.watch.until ? (
            <> · {t('order.watch.left', { hours: hoursLeft(order.watch.until, props.nowMs) })}</>
          ) : (
            <> · {t('order.watch.forGood')}</>
          )}
          {order.watch.seen.map(({ fact, at }) => (
            <span class="failure" key={fact}>
              {' '}
              {wordOf(language, 'happened', `seen-${fact}`)} <Moment at={at} nowMs={props.nowMs} />
            </span>
          ))}
        </p>
      )}
      {mayStop && (
        <div class="actions">
          <button type="button" class="danger" data-action="stop" onClick={() => setAsking(true)}>
            {t('order.stop')}
          </button>
        </div>
      )}
      {asking && (
        <ReasonDialog
          order={order}
          title={t('order.stop.title')}
          note={t('order.stop.note')}
          yes={t('order.stop.yes')}
          action="confirm-stop"
          send={(reason) => api.stop(order.id, reason)}
          onClose={() => setAsking(false)}
        />
      )}
    </Panel>
  )
}

const hoursLeft = (until: string, nowMs: number): string =>
  Math.max(0, (Date.parse(until) - nowMs) / 3_600_000).toFixed(1)

type Mark = 'past' | 'here' | 'ahead' | 'failed'

function Point(props: { readonly order: OrderDocument; readonly point: OrderPointDocument; readonly nowMs: number }) {
  const { t, language } = useSpeech()
  const { id, location, selected, result, executedAt } = props.point
  const steps: readonly [TextKey, Mark][] = [
    ['order.point.selected', selected ? 'past' : 'ahead'],
    ['order.point.permitted', selected ? (selected.granted ? 'past' : 'failed') : 'ahead'],
    ['order.point.executed', executedAt ? 'past' : result ? 'failed' : selected?.granted ? 'here' : 'ahead'],
    ['order.point.measured', markOf(result)],
  ]
  return (
    <div class="point-progress" data-point={id} data-result={result ?? ''}>
      <p>
        <b>{id}</b> <span class="quiet">{location}</span>
      </p>
      <ol class="steps">
        {steps.map(([key, mark]) => (
          <li key={key} class={mark} data-step={key.split('.').at(-1)} data-mark={mark}>
            <span>{t(key)}</span>
          </li>
        ))}
      </ol>
      {selected?.granted && (
        <p class="quiet">
          {t('order.point.ticket', {
            ticket: selected.ticket,
            operator: selected.operator,
            supervisor: selected.supervisor,
          })}
        </p>
      )}
      {selected && !selected.granted && result === null && (
        <p class="failure" data-refused>
          {t('order.point.refused')}{' '}
          {selected.because.map((one) => reasonSentence(one, language)).join(language === 'zh' ? '；' : '; ')}
        </p>
      )}
      {result && <p class="quiet">{wordOf(language, 'result', result)}</p>}
      <PointReport order={props.order} point={props.point} nowMs={props.nowMs} />
    </div>
  )
}

function markOf(result: string | null): Mark {
  if (result === 'executed') return 'here'
  if (result === null) return 'ahead'
  return result === 'zero' || result === 'seen' ? 'past' : MEASURED.has(result) ? 'failed' : 'ahead'
}
