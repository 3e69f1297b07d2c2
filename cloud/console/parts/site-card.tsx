import type { OrderDocument, SiteDocument } from '../../http/documents.ts'
import { useSpeech } from '../text/language.ts'
import { EventLine } from './event-line.tsx'
import { GatewayStatus } from './gateway-status.tsx'
import { Link } from './link.tsx'
import { Moment } from './moment.tsx'
import { OrderBadge } from './order-badge.tsx'
import { Probability } from './probability.tsx'
import { Reasons } from './reasons.tsx'
import { StateBadge } from './state-badge.tsx'

const REASONS_ON_A_CARD = 2

/** One site at a glance. */
export function SiteCard(props: {
  readonly site: SiteDocument
  /** Its order in progress. */
  readonly order: OrderDocument | undefined
  readonly nowMs: number
}) {
  const { t } = useSpeech()
  const { site, order } = props
  return (
    <article class={`card state-${site.state}`} data-site={site.id} data-state={site.state}>
      <header class="card-head">
        <h2>
          <Link to={{ kind: 'site', id: site.id }} class="card-link">
            {site.name}
          </Link>
        </h2>
        <StateBadge state={site.state} />
      </header>
      <p class="card-meta">
        {site.id}
        {site.since && (
          <>
            {' · '}
            <Since at={site.since} nowMs={props.nowMs} />
          </>
        )}
      </p>
      <Probability value={site.probability} state={site.state} />
      <Reasons because={site.because} limit={REASONS_ON_A_CARD} />
      {order && (
        <Link to={{ kind: 'order', id: order.id }} class="card-order">
          {t('site.order')} <OrderBadge state={order.state} />
        </Link>
      )}
      <footer class="card-foot">
        <GatewayStatus gateways={site.gateways} />
        {site.lastEvent ? (
          <EventLine event={site.lastEvent} nowMs={props.nowMs} />
        ) : (
          <span class="quiet">{t('site.noEvent')}</span>
        )}
      </footer>
    </article>
  )
}

/** Since when a state holds: the moment, and how long that is. */
export function Since(props: { readonly at: string; readonly nowMs: number }) {
  const { t, format } = useSpeech()
  const [before, after] = t('site.since').split('{time}')
  const span = format.span(props.nowMs - Date.parse(props.at))
  return (
    <span class="since">
      {before}
      <Moment at={props.at} nowMs={props.nowMs} />
      {after} · {t('time.for', { span })}
    </span>
  )
}
