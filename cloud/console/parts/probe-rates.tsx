import type { ProbeCount, ProbeCounts } from '../../core/probes/online-rate.ts'
import { useSpeech } from '../text/language.ts'
import { Panel } from './panel.tsx'

/** The online rate of all probes, and of each kind of area, county and township. */
export function ProbeRates(props: { readonly counts: ProbeCounts }) {
  const { t } = useSpeech()
  const { all, areas, counties, townships } = props.counts
  const groups: [string, ProbeCount][] = [
    ...areas.map((one): [string, ProbeCount] => [t(one.code === 'key' ? 'site.area.key' : 'site.area.general'), one]),
    ...counties.map((one): [string, ProbeCount] => [t('probes.county', { code: one.code }), one]),
    ...townships.map((one): [string, ProbeCount] => [t('probes.township', { code: one.code }), one]),
  ]
  return (
    <Panel title={t('probes.byArea')} class="probe-rates figures">
      <p class="probe-rate">
        <span class="quiet">{t('probes.rate')}</span>{' '}
        <b data-rate={all.onlinePercent ?? ''}>
          <Rate count={all} />
        </b>{' '}
        <span>{t('probes.onlineOf', { online: all.byStatus.online, total: all.total })}</span>
        {all.byStatus.unknown > 0 && (
          <span class="failure"> {t('probes.unknownCount', { count: all.byStatus.unknown })}</span>
        )}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('probes.areaName')}</th>
            <th scope="col">{t('probes.rate')}</th>
            <th scope="col">{t('probe.online')}</th>
            <th scope="col">{t('probe.unknown')}</th>
            <th scope="col">{t('probes.total')}</th>
          </tr>
        </thead>
        <tbody>
          {groups.map(([name, count]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                <Rate count={count} />
              </td>
              <td>{count.byStatus.online}</td>
              <td>{count.byStatus.unknown}</td>
              <td>{count.total}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet">{t('probes.rateNote')}</p>
    </Panel>
  )
}

/** One decimal, as it is reported. */
function Rate(props: { readonly count: ProbeCount }) {
  const { t } = useSpeech()
  const { onlinePercent } = props.count
  return <>{onlinePercent === null ? t('value.unknown') : `${onlinePercent.toFixed(1)}%`}</>
}
