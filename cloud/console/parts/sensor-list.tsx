import type { GatewayDocument, SiteDocument } from '../../http/documents.ts'
import { wordOf } from '../text/codes.ts'
import { isTextKey } from '../text/dictionary.ts'
import { useSpeech } from '../text/language.ts'
import { useLastReading } from '../traces/use-last-reading.ts'
import { useProbeStatus } from '../traces/use-probe-status.ts'
import { Dot } from './gateway-status.tsx'
import { Ago } from './moment.tsx'
import { Panel } from './panel.tsx'

/** Well, or nothing said yet. */
const NO_CONCERN = new Set(['ok', 'unknown'])

/** A site's gateways and their sensors: what is there, what is silent. */
export function SensorList(props: { readonly site: SiteDocument; readonly nowMs: number }) {
  const { t } = useSpeech()
  return (
    <Panel title={t('gateway.title')}>
      {props.site.gateways.map((gateway) => (
        <div class="gateway" key={gateway.id}>
          <GatewayHead gateway={gateway} nowMs={props.nowMs} />
          <ul class="sensors">
            {gateway.sensors.map((sensor) => (
              <li key={sensor.id}>
                <Dot on={sensor.online} />
                <span>
                  <SensorKind kind={sensor.kind} /> <small class="quiet">{sensor.id}</small>
                </span>
                {sensor.kind === 'camera-probe' ? (
                  <Probe site={props.site.id} gateway={gateway.id} sensor={sensor.id} />
                ) : (
                  <SensorState state={sensor.state} />
                )}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </Panel>
  )
}

function GatewayHead(props: { readonly gateway: GatewayDocument; readonly nowMs: number }) {
  const { t } = useSpeech()
  const { gateway } = props
  const last = useLastReading(gateway.id, gateway.lastReadingAt)
  return (
    <p class="gateway-head">
      <Dot on={gateway.online} />
      <b>{gateway.id}</b>
      <span>{t(gateway.online ? 'gateway.online' : 'gateway.offline')}</span>
      <span class="quiet">
        {t('gateway.lastReading')} {last ? <Ago at={last} nowMs={props.nowMs} /> : t('gateway.never')}
      </span>
    </p>
  )
}

function SensorKind(props: { readonly kind: string | null }) {
  const { t } = useSpeech()
  const key = `sensor.${props.kind}`
  return <>{t(isTextKey(key) ? key : 'sensor.unknown')}</>
}

function SensorState(props: { readonly state: string }) {
  const { language } = useSpeech()
  const word = wordOf(language, 'sensorState', props.state)
  return <span class={NO_CONCERN.has(props.state) ? 'quiet' : 'failure'}>{word}</span>
}

/** What a camera probe says of itself. */
function Probe(props: { readonly site: string; readonly gateway: string; readonly sensor: string }) {
  const { t } = useSpeech()
  const status = useProbeStatus(props)
  const key = `probe.${status}`
  if (status === null) return <span class="quiet">{t('value.unknown')}</span>
  return <span class={status === 'online' ? 'quiet' : 'failure'}>{isTextKey(key) ? t(key) : status}</span>
}
