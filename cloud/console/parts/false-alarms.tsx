import type { FalseAlarmRow } from '../../core/feedback/false-alarms.ts'
import type { FalseAlarmsDocument } from '../../http/feedback-routes.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { isTextKey } from '../text/dictionary.ts'
import { useSpeech } from '../text/language.ts'
import { type ComponentChildren, useEffect, useState } from '../view.ts'
import { Panel } from './panel.tsx'

const SPAN_DAYS = 30
const DAY_MS = 86_400_000
/** The rest is in the API. */
const SHOWN_REASONS = 12
const PREFIX = { event: 'event', state: 'state', 'after-cut': 'supply' } as const

/** How often the site cried wolf, as far as its findings were marked: by class and by reason. */
export function FalseAlarms(props: { readonly site: string }) {
  const { t } = useSpeech()
  const [rates, setRates] = useState<FalseAlarmsDocument | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const { site } = props
  useEffect(() => {
    let ended = false
    const load = () =>
      api.falseAlarms(site, new Date(Date.now() - SPAN_DAYS * DAY_MS).toISOString()).then(
        (document) => !ended && setRates(document),
        (error: Error) => !ended && setFailure(error.message),
      )
    void load()
    const endWatch = model.marks.watch((marked) => marked.site === site && void load())
    return () => {
      ended = true
      endWatch()
    }
  }, [site])
  const wordOf = (key: string, name: string): string => (isTextKey(key) ? t(key) : name)
  return (
    <Panel title={t('rates.title')} class="false-alarms figures" aside={t('rates.span', { days: SPAN_DAYS })}>
      {failure && <p class="failure">{t('rates.failed', { reason: failure })}</p>}
      {rates?.all.found === 0 && <p class="quiet">{t('rates.none')}</p>}
      {rates && rates.all.found > 0 && (
        <>
          <Table head={t('rates.what')}>
            <Row name={t('rates.all')} row={rates.all} />
            {rates.classes.map((row) => (
              <Row
                key={`${row.kind} ${row.name}`}
                name={wordOf(`${PREFIX[row.kind]}.${row.name}`, row.name)}
                row={row}
              />
            ))}
          </Table>
          <Table head={t('rates.reason')}>
            {rates.reasons.slice(0, SHOWN_REASONS).map((row) => (
              <Row key={row.name} name={wordOf(`reasonName.${row.name}`, row.name)} row={row} />
            ))}
          </Table>
          {!rates.complete && <p class="quiet">{t('rates.incomplete')}</p>}
          <p class="quiet">{t('rates.note')}</p>
        </>
      )}
    </Panel>
  )
}

function Table(props: { readonly head: string; readonly children: ComponentChildren }) {
  const { t } = useSpeech()
  return (
    <table class="number">
      <thead>
        <tr>
          {[props.head, t('rates.found'), t('mark.true'), t('mark.false'), t('rates.share')].map((head) => (
            <th scope="col" key={head}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{props.children}</tbody>
    </table>
  )
}

function Row(props: { readonly name: string; readonly row: FalseAlarmRow }) {
  const { t, format } = useSpeech()
  const { row } = props
  return (
    <tr>
      <th scope="row">{props.name}</th>
      <td>{row.found}</td>
      <td>{row.markedTrue}</td>
      <td>{row.markedFalse}</td>
      <td>{row.falseShare === null ? t('value.unknown') : format.percent(row.falseShare)}</td>
    </tr>
  )
}
