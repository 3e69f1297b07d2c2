import type { OrderDocument } from '../../http/documents.ts'
import { model } from '../model.ts'
import { useNow } from '../now.ts'
import { isOpen, newestFirst } from '../order-stage.ts'
import { Link } from '../parts/link.tsx'
import { Moment } from '../parts/moment.tsx'
import { OrderBadge } from '../parts/order-badge.tsx'
import { OrderSteps } from '../parts/order-steps.tsx'
import { Panel } from '../parts/panel.tsx'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'

/** All orders: those under way, then the closed ones. */
export function OrdersPage() {
  const { t } = useSpeech()
  const orders = newestFirst([...useStore(model.orders).values()])
  const open = orders.filter((order) => isOpen(order.state))
  const closed = orders.filter((order) => !isOpen(order.state))
  return (
    <div class="orders-page">
      <h1>{t('orders.title')}</h1>
      <OrderList title={t('orders.open')} orders={open} />
      {closed.length > 0 && <OrderList title={t('orders.closed')} orders={closed} />}
    </div>
  )
}

function OrderList(props: { readonly title: string; readonly orders: readonly OrderDocument[] }) {
  const { t } = useSpeech()
  const now = useNow()
  return (
    <Panel title={props.title}>
      {props.orders.length === 0 && <p class="quiet">{t('orders.none')}</p>}
      <ul class="order-list">
        {props.orders.map((order) => (
          <li key={order.id} data-order={order.id}>
            <Link to={{ kind: 'order', id: order.id }} class="card-link">
              <b>{order.document.site.name}</b>
            </Link>
            <OrderBadge state={order.state} />
            <span class="quiet">
              {t('order.title', { number: order.sequence })} · {t('order.draftedAt')}{' '}
              <Moment at={order.draftedAt} nowMs={now} />
            </span>
            <OrderSteps order={order} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}
