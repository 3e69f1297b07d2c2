import type { SiteDocument } from '../../http/documents.ts'
import { model } from '../model.ts'
import { useNow } from '../now.ts'
import { orderOfSite } from '../order-stage.ts'
import { FalseAlarms } from '../parts/false-alarms.tsx'
import { Events, StateHistory, SupplyFindings } from '../parts/findings.tsx'
import { Link } from '../parts/link.tsx'
import { OrderBadge } from '../parts/order-badge.tsx'
import { Panel } from '../parts/panel.tsx'
import { Power } from '../parts/power.tsx'
import { Probability } from '../parts/probability.tsx'
import { Reasons } from '../parts/reasons.tsx'
import { Register } from '../parts/register.tsx'
import { SensorList } from '../parts/sensor-list.tsx'
import { Since } from '../parts/site-card.tsx'
import { SiteLegal } from '../parts/site-legal.tsx'
import { SpanChoice } from '../parts/span-choice.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { Tuning } from '../parts/tuning.tsx'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { backgroundOf } from '../traces/background.ts'
import { PANELS } from '../traces/panels.ts'
import { TraceChart } from '../traces/trace-chart.tsx'
import { useFindings } from '../use-findings.ts'
import { useMemo, useState } from '../view.ts'
import { UnknownPage } from './unknown-page.tsx'

const FIRST_SPAN_MS = 5 * 60_000

/** One site: its state and why, live traces, sensors, events and past states. */
export function SitePage(props: { readonly id: string }) {
  const site = useStore(model.sites).get(props.id)
  return site ? <Site key={site.id} site={site} /> : <UnknownPage />
}

function Site(props: { readonly site: SiteDocument }) {
  const { t } = useSpeech()
  const now = useNow()
  const { site } = props
  const findings = useFindings(site)
  const background = useMemo(() => backgroundOf(findings), [findings])
  const [spanMs, setSpanMs] = useState(FIRST_SPAN_MS)
  return (
    <div class="site-page">
      <SiteHead site={site} nowMs={now} />
      <div class="site-body">
        <Panel title={t('traces.title')} aside={<SpanChoice spanMs={spanMs} onChoose={setSpanMs} />} class="traces">
          {site.gateways.flatMap((gateway) =>
            gateway.sensors.map((sensor) => {
              const spec = PANELS[sensor.kind ?? '']
              const address = { site: site.id, gateway: gateway.id, sensor: sensor.id }
              return (
                spec && (
                  <TraceChart
                    key={`${gateway.id}/${sensor.id}`}
                    address={address}
                    spec={spec}
                    spanMs={spanMs}
                    nowMs={now}
                    background={background}
                  />
                )
              )
            }),
          )}
          <p class="quiet trace-key">{t('traces.marks')}</p>
        </Panel>
        <div class="site-side">
          <SensorList site={site} nowMs={now} />
          <Power site={site} nowMs={now} />
          <Events findings={findings} nowMs={now} />
          <SupplyFindings findings={findings} nowMs={now} />
          <StateHistory findings={findings} nowMs={now} />
          <FalseAlarms site={site.id} />
          <SiteLegal site={site.id} nowMs={now} />
          <Tuning site={site.id} />
          <Register site={site} nowMs={now} />
        </div>
      </div>
    </div>
  )
}

function SiteHead(props: { readonly site: SiteDocument; readonly nowMs: number }) {
  const { t } = useSpeech()
  const { site } = props
  const order = orderOfSite(useStore(model.orders), site.id)
  return (
    <section class={`hero state-${site.state}`} data-state={site.state}>
      <div class="hero-name">
        <h1>{site.name}</h1>
        <p class="quiet">
          {site.id} · {t(`site.area.${site.area}`)}
          {site.closedOn && ` · ${t('site.closedOn', { date: site.closedOn })}`}
        </p>
        <p class="hero-state">
          <StateBadge state={site.state} large /> {site.since && <Since at={site.since} nowMs={props.nowMs} />}
        </p>
        <Probability value={site.probability} state={site.state} />
      </div>
      <div class="hero-why">
        <h2>{t('site.why')}</h2>
        <Reasons because={site.because} />
        {order && (
          <p class="hero-order">
            {t('site.order')} <OrderBadge state={order.state} />
            <Link to={{ kind: 'order', id: order.id }} class="button">
              {t('site.orderOpen')}
            </Link>
          </p>
        )}
      </div>
    </section>
  )
}
