import type { GatewayDocument, SiteDocument } from '../../http/documents.ts'
import type { ProbeDocument } from '../../http/probe-documents.ts'
import { wordOf } from '../text/codes.ts'
import { isTextKey } from '../text/dictionary.ts'
import { useSpeech } from '../text/language.ts'
import { useLastReading } from '../traces/use-last-reading.ts'
import { useProbes } from '../use-probes.ts'
import { Dot } from './gateway-status.tsx'
import { Ago } from './moment.tsx'
import { Panel } from './panel.tsx'
import { ProbeActions, ProbeBadge, ProbeTold } from './probe-status.tsx'

/** Well, or nothing said yet. */
const NO_CONCERN = new Set(['ok', 'unknown'])

/** A site's gateways and their sensors: what is there, what is silent. */
export function SensorList(props: { readonly site: SiteDocument; readonly nowMs: number }) {
  const { t } = useSpeech()
  const { site, nowMs } = props
  const { document } = useProbes(site.gateways.some(({ sensors }) => sensors.some(isProbe)))
  return (
    <Panel title={t('gateway.title')}>
      {site.gateways.map((gateway) => (
        <div class="gateway" key={gateway.id}>
          <GatewayHead gateway={gateway} nowMs={nowMs} />
          <ul class="sensors">
            {gateway.sensors.map((sensor) => (
              <li key={sensor.id}>
                <Dot on={sensor.online} />
                <span>
                  <SensorKind kind={sensor.kind} /> <small class="quiet">{sensor.id}</small>
                </span>
                {isProbe(sensor) ? (
                  <Probe
                    probe={document?.probes.find((one) => one.gateway === gateway.id && one.sensor === sensor.id)}
                    nowMs={nowMs}
                  />
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

const isProbe = ({ kind }: { readonly kind: string | null }): boolean => kind === 'camera-probe'

/** A camera probe as on the page of all probes; `undefined`: not read yet. */
function Probe(props: { readonly probe: ProbeDocument | undefined; readonly nowMs: number }) {
  const { t } = useSpeech()
  const { probe, nowMs } = props
  if (!probe) return <span class="quiet">{t('value.unknown')}</span>
  return (
    <>
      <ProbeBadge probe={probe} />
      <span class="sensor-told">
        <ProbeTold probe={probe} nowMs={nowMs} /> <ProbeActions probe={probe} nowMs={nowMs} />
      </span>
    </>
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
