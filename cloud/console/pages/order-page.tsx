import type { OrderDocument } from '../../http/documents.ts'
import { model } from '../model.ts'
import { useNow } from '../now.ts'
import { actorOf, toneOf, waitsForConfirmation } from '../order-stage.ts'
import { Link } from '../parts/link.tsx'
import { Moment } from '../parts/moment.tsx'
import { OrderApprovals } from '../parts/order-approvals.tsx'
import { OrderBadge } from '../parts/order-badge.tsx'
import { GateList } from '../parts/order-checks.tsx'
import { OrderEvidence } from '../parts/order-evidence.tsx'
import { OrderLegal } from '../parts/order-legal.tsx'
import { OrderMeter } from '../parts/order-meter.tsx'
import { OrderPeople } from '../parts/order-people.tsx'
import { OrderProgress } from '../parts/order-progress.tsx'
import { OrderRestoration } from '../parts/order-restoration.tsx'
import { OrderSteps } from '../parts/order-steps.tsx'
import { Panel } from '../parts/panel.tsx'
import { Reasons } from '../parts/reasons.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { SupplyPoints } from '../parts/supply-points.tsx'
import { Timeline } from '../parts/timeline.tsx'
import { useStore } from '../store.ts'
import { wordOf } from '../text/codes.ts'
import { useSpeech } from '../text/language.ts'
import { UnknownPage } from './unknown-page.tsx'

/** One cut-off order: why, whether it may, who approves, what happened, and the meter. */
export function OrderPage(props: { readonly id: string }) {
  const order = useStore(model.orders).get(props.id)
  return order ? <Order key={order.id} order={order} /> : <UnknownPage />
}

function Order(props: { readonly order: OrderDocument }) {
  const { t } = useSpeech()
  const now = useNow()
  const { order } = props
  const site = useStore(model.sites).get(order.site)
  return (
    <div class="order-page" data-order={order.id} data-order-state={order.state}>
      <OrderHead order={order} nowMs={now} />
      <div class="order-body">
        <div class="order-main">
          <OrderProgress order={order} nowMs={now} />
          <OrderRestoration order={order} />
          <OrderMeter order={order} site={site} nowMs={now} />
          <Panel title={t('order.evidence')} aside={site && <StateBadge state={site.state} />}>
            <Reasons because={order.because} />
          </Panel>
          <OrderEvidence order={order.id} nowMs={now} />
          <GateList order={order} />
          <OrderLegal order={order} nowMs={now} />
          <OrderPeople order={order} nowMs={now} />
          <SupplyPoints order={order} />
        </div>
        <div class="order-side">
          <OrderApprovals order={order} nowMs={now} />
          <Timeline order={order} nowMs={now} />
        </div>
      </div>
    </div>
  )
}

function OrderHead(props: { readonly order: OrderDocument; readonly nowMs: number }) {
  const { t, language } = useSpeech()
  const { order } = props
  const actor = actorOf(order.state)
  return (
    <section class={`hero order-hero tone-${toneOf(order.state)}`}>
      <div class="hero-name">
        <p class="quiet">{t('order.title', { number: order.sequence })}</p>
        <h1>
          <Link to={{ kind: 'site', id: order.site }}>{order.document.site.name}</Link>
        </h1>
        <p class="order-meta quiet">
          <span>
            {t('order.supplier')} {order.supplier}
          </span>
          <span>
            {t('order.basis')} {wordOf(language, 'basis', order.document.basis)}
          </span>
          <span>
            {t('order.draftedAt')} <Moment at={order.draftedAt} nowMs={props.nowMs} />
          </span>
          <span>
            {t('order.validUntil')} <Moment at={order.validUntil} nowMs={props.nowMs} />
          </span>
        </p>
      </div>
      <div class="hero-why" aria-live="polite">
        <p class="hero-state">
          <OrderBadge state={order.state} />
        </p>
        <p class="next">
          {actor && <b>{t('order.turn', { who: t(actor) })}</b>}
          {t(waitsForConfirmation(order) ? 'order.next.confirm' : `order.next.${order.state}`)}
        </p>
      </div>
      <OrderSteps order={order} />
    </section>
  )
}
