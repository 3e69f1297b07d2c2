import { energyVerdict } from '../../core/power/energy-verdict.ts'
import type { SiteDocument } from '../../http/documents.ts'
import type { MeterReading, MeterRecord } from '../power/meter-record.ts'
import { useMeterRecord } from '../power/use-meter-record.ts'
import { useSpeech } from '../text/language.ts'
import type { SensorAddress } from '../traces/use-trace.ts'
import { MeterStatusFacts } from './meter-status.tsx'
import { Moment } from './moment.tsx'
import { Panel } from './panel.tsx'
import { Fact } from './supply-points.tsx'

const DASH = '–'
/** Less than this is no motor that starts on the line. */
const MOTOR_INRUSH = 2

/** A site's meters beside their traces: phases, imbalance, the night's share, whether a register lies, what happened. */
export function Power(props: { readonly site: SiteDocument; readonly nowMs: number }) {
  const { t } = useSpeech()
  const meters = props.site.gateways.flatMap((gateway) =>
    gateway.sensors
      .filter(({ kind }) => kind === 'power-meter')
      .map(({ id }) => ({ site: props.site.id, gateway: gateway.id, sensor: id })),
  )
  if (meters.length === 0) return null
  return (
    <Panel title={t('power.title')}>
      {meters.map((meter) => (
        <Meter key={`${meter.gateway}/${meter.sensor}`} address={meter} nowMs={props.nowMs} />
      ))}
    </Panel>
  )
}

function Meter(props: { readonly address: SensorAddress; readonly nowMs: number }) {
  const { t } = useSpeech()
  const { record, failure } = useMeterRecord(props.address)
  const { gateway, sensor } = props.address
  return (
    <div class="meter-record" data-meter={`${gateway}/${sensor}`}>
      <p>
        <b>{sensor}</b> {record.summary && <Moment at={iso(record.summary)} nowMs={props.nowMs} />}
      </p>
      {failure && <p class="failure">{t('power.failed', { reason: failure })}</p>}
      <Phases record={record} />
      <dl class="facts">
        <Quantities record={record} />
        <MeterStatusFacts record={record} nowMs={props.nowMs} />
      </dl>
      <Steps record={record} nowMs={props.nowMs} />
      <VoltageEvents record={record} nowMs={props.nowMs} />
    </div>
  )
}

const iso = ({ atMs }: MeterReading) => new Date(atMs).toISOString()
const numberOf = (reading: MeterReading | null, field: string): number | null => {
  const value = reading?.fields[field]
  return typeof value === 'number' ? value : null
}

/** Numbers of a reading in words, a dash for what is missing. */
function useNumbers() {
  const { format } = useSpeech()
  const told = (value: number | null, of: (value: number) => string) => (value === null ? DASH : of(value))
  return {
    plain: (reading: MeterReading | null, field: string) => told(numberOf(reading, field), format.number),
    kilo: (reading: MeterReading | null, field: string) =>
      told(numberOf(reading, field), (value) => format.number(value / 1000)),
    share: (reading: MeterReading | null, field: string) => told(numberOf(reading, field), format.share),
  }
}

function Phases({ record }: { readonly record: MeterRecord }) {
  const { t } = useSpeech()
  const { plain } = useNumbers()
  return (
    <table class="number">
      <thead>
        <tr>
          {[t('power.phase'), 'V', 'A'].map((head) => (
            <th scope="col" key={head}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {['A', 'B', 'C'].map((phase) => (
          <tr key={phase}>
            <th scope="row">{phase}</th>
            <td>{plain(record.summary, `meanVoltage${phase}V`)}</td>
            <td>{plain(record.summary, `meanCurrent${phase}A`)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Quantities({ record }: { readonly record: MeterRecord }) {
  const { t } = useSpeech()
  const { plain, kilo, share } = useNumbers()
  const { summary, night, check } = record
  const unbalance = { voltage: share(summary, 'voltageUnbalance'), current: share(summary, 'currentUnbalance') }
  const mean = { mean: kilo(summary, 'meanW'), least: kilo(summary, 'leastW'), most: kilo(summary, 'mostW') }
  const ratio = { ratio: plain(night, 'ratio'), night: kilo(night, 'nightW'), day: kilo(night, 'dayW') }
  return (
    <>
      <Fact name={t('power.mean')} value={t('power.meanOf', mean)} />
      <Fact name={t('power.unbalance')} value={t('power.unbalanceOf', unbalance)} />
      <Fact name={t('power.night')} value={t('power.nightOf', ratio)} />
      {check && <EnergyCheck check={check} />}
    </>
  )
}

function EnergyCheck({ check }: { readonly check: MeterReading }) {
  const { t } = useSpeech()
  const { kilo } = useNumbers()
  const of = (field: string) => numberOf(check, field)
  const verdict = energyVerdict({
    ratio: of('ratio'),
    uncertainty: of('uncertainty'),
    registerWh: of('registerWh'),
    integralWh: of('integralWh'),
  })
  return (
    <div data-verdict={verdict}>
      <dt>{t('power.check')}</dt>
      <dd>
        <span class={verdict === 'agrees' || verdict === 'untold' ? '' : 'failure'}>{t(`verdict.${verdict}`)}</span>
        <br />
        {t('power.checkOf', { register: kilo(check, 'registerWh'), integral: kilo(check, 'integralWh') })}
      </dd>
    </div>
  )
}

function Steps(props: { readonly record: MeterRecord; readonly nowMs: number }) {
  const { t, format } = useSpeech()
  const { kilo } = useNumbers()
  const { steps } = props.record
  if (steps.length === 0) return null
  return (
    <>
      <h3>{t('power.steps')}</h3>
      <ul class="meter-happened">
        {steps.map((step) => {
          const [watts, inrush] = [numberOf(step, 'stepW') ?? 0, numberOf(step, 'inrushRatio') ?? 0]
          return (
            <li key={step.atMs}>
              <Moment at={iso(step)} nowMs={props.nowMs} seconds /> {watts > 0 && '+'}
              {kilo(step, 'stepW')} kW {step.fields.phases}
              {inrush >= MOTOR_INRUSH && ` · ${t('power.motorStart', { ratio: format.number(inrush) })}`}
            </li>
          )
        })}
      </ul>
    </>
  )
}

function VoltageEvents(props: { readonly record: MeterRecord; readonly nowMs: number }) {
  const { t, format } = useSpeech()
  const { plain } = useNumbers()
  const { voltages } = props.record
  if (voltages.length === 0) return null
  return (
    <>
      <h3>{t('power.voltages')}</h3>
      <ul class="meter-happened">
        {voltages.map((event) => {
          const seconds = numberOf(event, 'durationS')
          const kind = event.fields.event as 'dip' | 'swell' | 'loss'
          return (
            <li key={`${event.fields.onsetMs} ${event.fields.phase} ${kind}`}>
              <Moment at={new Date(Number(event.fields.onsetMs)).toISOString()} nowMs={props.nowMs} seconds />{' '}
              {event.fields.phase} {t(`voltageEvent.${kind}`)} {plain(event, 'extremeV')} V ·{' '}
              {seconds === null ? t('power.lasts') : format.span(seconds * 1000)}
            </li>
          )
        })}
      </ul>
    </>
  )
}
