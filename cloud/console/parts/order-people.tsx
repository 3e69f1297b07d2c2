import { isApprover } from '../../core/ports.ts'
import type { OrderDocument } from '../../http/documents.ts'
import { model } from '../model.ts'
import { isOpen } from '../order-stage.ts'
import { useStore } from '../store.ts'
import { wordOf } from '../text/codes.ts'
import { useSpeech } from '../text/language.ts'
import { reasonSentence } from '../text/reason.ts'
import { useRecord } from '../use-record.ts'
import { useState } from '../view.ts'
import { Panel } from './panel.tsx'
import { Field, localNow, onSiteOf, RecordDialog, textOf, timeOf } from './record-dialog.tsx'

/** The gates that are about people: what else holds a point stands in the list of gates. */
const OURS = new Set([
  'stage-order',
  'people-underground',
  'evacuation',
  'all-out',
  'fumes',
  'stop-time',
  'lawful-hour',
])

type Asked = 'none' | 'present' | 'evacuation' | 'allOut' | 'fumes'
const ACTIONS: readonly Asked[] = ['none', 'present', 'evacuation', 'allOut', 'fumes']

/** Who may be below ground, and which supply point waits for what. */
export function OrderPeople(props: { readonly order: OrderDocument; readonly nowMs: number }) {
  const { t } = useSpeech()
  const user = useStore(model.me)?.user ?? null
  const [asked, setAsked] = useState<Asked | null>(null)
  const { order } = props
  const mayRecord = isOpen(order.state) && user !== null && isApprover(user.role)
  return (
    <Panel title={t('people.title')} class="people">
      <Known order={order} />
      <ul class="stages">
        {order.people.points.map((point) => (
          <Point key={point.id} point={point} />
        ))}
      </ul>
      {mayRecord && (
        <div class="actions">
          {ACTIONS.map((action) => (
            <button key={action} type="button" data-action={`people-${action}`} onClick={() => setAsked(action)}>
              {t(`people.action.${action}`)}
            </button>
          ))}
        </div>
      )}
      {asked && <PeopleForm asked={asked} order={order} nowMs={props.nowMs} onClose={() => setAsked(null)} />}
    </Panel>
  )
}

function Known(props: { readonly order: OrderDocument }) {
  const { t, format } = useSpeech()
  const { statement, disturbed, evacuation, allOut, fumes, blastAt } = props.order.people
  const at = (iso: string) => ({ at: format.clock(iso) })
  const stirred = statement && disturbed && Date.parse(disturbed.at) >= Date.parse(statement.at)
  return (
    <ul class="known">
      <li data-people={statement?.kind ?? 'unknown'}>
        {statement ? t(`people.${statement.kind}`, at(statement.at)) : t('people.unknown')}
        {statement && statement.people.length > 0 && ` (${statement.people.map(({ name }) => name).join('、')})`}
        {stirred && <b class="failure"> {t('people.stirred', at(disturbed.at))}</b>}
      </li>
      {evacuation && <li>{t('people.evacuated', { ...at(evacuation.begunAt), minutes: evacuation.delayMinutes })}</li>}
      {allOut && <li>{t('people.out', at(allOut.at))}</li>}
      {blastAt && <li>{t('people.blast', at(blastAt))}</li>}
      {fumes && <li>{t('people.fumes', { ...at(fumes.at), co: fumes.coPpm, no2: fumes.no2Ppm })}</li>}
    </ul>
  )
}

function Point(props: { readonly point: OrderDocument['people']['points'][number] }) {
  const { t, language } = useSpeech()
  const { id, held } = props.point
  const ours = held.filter(({ code }) => OURS.has(code))
  return (
    <li class={ours.length === 0 ? 'gate-passed' : 'gate-failed'} data-point={id}>
      <b>{t('people.class', { id, class: props.point.class })}</b>
      {ours.length === 0 && <span>{t('people.free')}</span>}
      {ours.map(({ code, problems }) => (
        <span key={code}>
          {wordOf(language, 'gate', code)}{' '}
          <span class="quiet">{problems.map((one) => reasonSentence(one, language)).join(' ')}</span>
        </span>
      ))}
    </li>
  )
}

interface FormProps {
  readonly order: OrderDocument
  readonly nowMs: number
  readonly onClose: () => void
}

function PeopleForm(props: FormProps & { readonly asked: Asked }) {
  const { t } = useSpeech()
  const { busy, failure, send } = useRecord(props.order.id, props.onClose)
  const people = (fields: FormData) => ['one', 'two'].map((name) => onSiteOf(fields, name))
  const record = (fields: FormData) => {
    const at = timeOf(fields, 'at')
    switch (props.asked) {
      case 'none':
        return send('people', { kind: 'none-confirmed', at, people: people(fields) })
      case 'present':
        return send('people', { kind: 'present', at, note: textOf(fields, 'note') })
      case 'allOut':
        return send('all-out', { at, people: people(fields), rescue: onSiteOf(fields, 'rescue') })
      case 'fumes': {
        const ppm = { coPpm: Number(textOf(fields, 'co')), no2Ppm: Number(textOf(fields, 'no2')) }
        return send('fumes', { at, people: people(fields), ...ppm })
      }
      case 'evacuation':
        return send('evacuation', {
          ...{ siren: fields.has('siren'), loudspeaker: fields.has('loudspeaker') },
          ...{ messages: textOf(fields, 'messages'), neighbours: textOf(fields, 'neighbours') },
          ...{ rescue: onSiteOf(fields, 'rescue'), police: onSiteOf(fields, 'police') },
        })
    }
  }
  const form = { busy, failure, onSend: record, onClose: props.onClose }
  return (
    <RecordDialog title={t(`people.action.${props.asked}`)} {...form}>
      <Fields asked={props.asked} nowMs={props.nowMs} />
    </RecordDialog>
  )
}

function Fields(props: { readonly asked: Asked; readonly nowMs: number }) {
  const { t } = useSpeech()
  const { asked } = props
  const at = <Field name="at" label={t('law.at')} type="datetime-local" value={localNow(props.nowMs)} />
  if (asked === 'evacuation') {
    return (
      <>
        <Check name="siren" label={t('people.siren')} />
        <Check name="loudspeaker" label={t('people.loudspeaker')} />
        <Field name="messages" label={t('people.messages')} />
        <OnSite name="rescue" label={t('people.rescue')} />
        <OnSite name="police" label={t('people.police')} />
        <Field name="neighbours" label={t('people.neighbours')} />
      </>
    )
  }
  if (asked === 'present') {
    return (
      <>
        {at}
        <Field name="note" label={t('law.note')} required={false} />
      </>
    )
  }
  return (
    <>
      {at}
      <OnSite name="one" label={t('people.witness')} />
      <OnSite name="two" label={t('people.witness')} />
      {asked === 'allOut' && <OnSite name="rescue" label={t('people.rescue')} />}
      {asked === 'fumes' && <Field name="co" label="CO (ppm)" type="number" />}
      {asked === 'fumes' && <Field name="no2" label="NO2 (ppm)" type="number" />}
    </>
  )
}

const Check = (props: { readonly name: string; readonly label: string }) => (
  <label class="check">
    <input type="checkbox" name={props.name} /> {props.label}
  </label>
)

function OnSite(props: { readonly name: string; readonly label: string }) {
  const { t } = useSpeech()
  return (
    <fieldset class="record-person">
      <legend>{props.label}</legend>
      <Field name={`${props.name}.name`} label={t('law.person')} />
      <Field name={`${props.name}.unit`} label={t('law.unit')} />
    </fieldset>
  )
}
