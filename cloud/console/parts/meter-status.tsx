import { flagOf, type MeterReading, type MeterRecord, RISING_COUNTS } from '../power/meter-record.ts'
import { useSpeech } from '../text/language.ts'
import { faultWords } from '../text/meter-fault.ts'
import { Moment } from './moment.tsx'
import { Fact } from './supply-points.tsx'

/** A meter shows whole seconds and nobody sets it: so much means nothing. */
const CLOCK_NOTABLE_S = 60

/** What a meter tells of itself: relay, covers, faults, clock. */
export function MeterStatusFacts(props: { readonly record: MeterRecord; readonly nowMs: number }) {
  const { t, language } = useSpeech()
  const { status, rises } = props.record
  if (status === null) return null
  const comma = language === 'zh' ? '，' : ', '
  const faults = status.fields.faults
  const counts = RISING_COUNTS.flatMap((count) => {
    const value = status.fields[count]
    return typeof value === 'number' ? [t(`meterCount.${count}`, { count: value })] : []
  })
  return (
    <>
      <Relay status={status} />
      <Fact
        name={t('meter.measuresAt')}
        value={t(status.fields.measuresAt === 'load' ? 'meter.measuresAt.load' : 'meter.measuresAt.line')}
      />
      <Fact name={t('meter.counts')} value={counts.join(comma) || t('value.unknown')} />
      {rises.map((rise) => (
        <div key={`${rise.count} ${rise.atMs}`} data-rise={rise.count}>
          <dt>
            <Moment at={new Date(rise.atMs).toISOString()} nowMs={props.nowMs} />
          </dt>
          <dd class="failure">{t(`meterRise.${rise.count}`)}</dd>
        </div>
      ))}
      <div data-faults={faults}>
        <dt>{t('meter.faults')}</dt>
        <dd class={faults ? 'failure' : ''}>
          {typeof faults === 'string' ? faultWords(faults, language) || t('value.none') : t('value.unknown')}
        </dd>
      </div>
      <Measured status={status} />
      <ClockOffset status={status} />
    </>
  )
}

function Relay({ status }: { readonly status: MeterReading }) {
  const { t, language } = useSpeech()
  const { relayKind, relayOff, commandedOff, preTripAlarm, isProtected } = status.fields
  const off = flagOf(relayOff)
  const kind = relayKind === 'internal' || relayKind === 'external' ? relayKind : 'none'
  const position = off === null ? t('value.unknown') : t(off ? 'meter.relayOff' : 'meter.relayOn')
  const words = [
    ...(kind === 'none' ? [] : [position]),
    t(`meter.relayKind.${kind}`),
    ...(flagOf(commandedOff) ? [t('meter.commandedOff')] : []),
    ...(flagOf(preTripAlarm) ? [t('meter.preTripAlarm')] : []),
    ...(flagOf(isProtected) ? [t('meter.isProtected')] : []),
  ]
  return <Fact name={t('meter.relay')} value={words.join(language === 'zh' ? '，' : ', ')} />
}

const MEASURED = { powerFactor: 1, frequencyHz: 1, neutralCurrentA: 1, reverseActiveEnergyWh: 1000 } as const

function Measured({ status }: { readonly status: MeterReading }) {
  const { t, format, language } = useSpeech()
  const words = (Object.keys(MEASURED) as (keyof typeof MEASURED)[]).flatMap((name) => {
    const value = status.fields[name]
    return typeof value === 'number'
      ? [t(`meterMeasured.${name}`, { value: format.number(value / MEASURED[name]) })]
      : []
  })
  if (words.length === 0) return null
  return <Fact name={t('meter.measured')} value={words.join(language === 'zh' ? '，' : ', ')} />
}

function ClockOffset({ status }: { readonly status: MeterReading }) {
  const { t } = useSpeech()
  const seconds = status.fields.clockOffsetS
  if (typeof seconds !== 'number' || Math.abs(seconds) < CLOCK_NOTABLE_S) return null
  const key = seconds > 0 ? 'meter.clockAhead' : 'meter.clockBehind'
  return <Fact name={t('meter.clock')} value={t(key, { seconds: Math.abs(seconds) })} />
}
