import type { SiteDocument } from '../../http/documents.ts'
import { useSpeech } from '../text/language.ts'
import { Panel } from './panel.tsx'
import { Fact } from './supply-points.tsx'

/** What is on file of a site. */
export function Register(props: { readonly site: SiteDocument; readonly nowMs: number }) {
  const { t, format, language } = useSpeech()
  const { site } = props
  const comma = language === 'zh' ? '、' : ', '
  const loads = site.expectedLoads.map((load) => `${load.name} ${format.number(load.ratedW / 1000)} kW`)
  const permits = site.permits.map(
    (permit) =>
      `${permit.reason} ${format.moment(permit.from, props.nowMs)} – ${format.moment(permit.to, props.nowMs)}`,
  )
  return (
    <Panel title={t('site.register')}>
      <dl class="facts">
        <Fact name={t('site.county')} value={site.township ?? site.county} />
        <Fact name={t('site.position')} value={`${site.latitude.toFixed(4)}, ${site.longitude.toFixed(4)}`} />
        <Fact name={t('site.expectedLoads')} value={loads.join(comma) || t('value.none')} />
        <Fact name={t('site.permits')} value={permits.join(comma) || t('value.none')} />
        {site.supplyPoints.map((point) => (
          <Fact
            key={point.id}
            name={`${t('site.supply')} ${point.loadClass}`}
            value={`${point.location} · ${t('order.point.customer')} ${point.customerNumber}`}
          />
        ))}
      </dl>
    </Panel>
  )
}
