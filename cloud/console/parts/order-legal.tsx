import { LAW_TABLES } from '../../core/orders/order-law-text.ts'
import { isApprover } from '../../core/ports.ts'
import type { OrderDocument } from '../../http/documents.ts'
import { model } from '../model.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useRecord } from '../use-record.ts'
import { useState } from '../view.ts'
import { Moment } from './moment.tsx'
import { Panel } from './panel.tsx'
import { Field, localNow, RecordDialog, textOf, timeOf } from './record-dialog.tsx'

type Legal = OrderDocument['legal']
type Step = Legal['steps'][number]

/** The steps of the law that the order rests on: what is recorded, what is missing, and forms for who may record. */
export function OrderLegal(props: { readonly order: OrderDocument; readonly nowMs: number }) {
  const { t, language } = useSpeech()
  const user = useStore(model.me)?.user ?? null
  const [asking, setAsking] = useState<Step | 'waiver' | null>(null)
  const { legal, state } = props.order
  const mayRecord = state === 'drafted' && user !== null && isApprover(user.role)
  return (
    <Panel
      title={t('law.title')}
      aside={<span class="quiet">{t('law.version', { version: legal.rulesVersion })}</span>}
    >
      <p>
        {legal.basis?.name[language]} ·{' '}
        {legal.operator === null ? t('law.noOperator') : t('law.operator', { operator: legal.operator })}
      </p>
      <p>
        {t('law.stopTime')}{' '}
        {legal.stopPowerTime ? <Moment at={legal.stopPowerTime} nowMs={props.nowMs} /> : t('law.stopUnknown')}
        {legal.urgent && <b class="urgent"> {t('law.urgent')}</b>}
      </p>
      <ul class="legal-steps">
        {legal.steps.map((step) => (
          <LegalStep
            key={step.step}
            step={step}
            urgent={legal.urgent}
            nowMs={props.nowMs}
            onRecord={mayRecord ? () => setAsking(step) : null}
          />
        ))}
      </ul>
      {mayRecord && user.role === 'head' && legal.basis?.noticeWaivable && (
        <button type="button" data-action="waiver" onClick={() => setAsking('waiver')}>
          {t('law.waiver')}
        </button>
      )}
      <Questions legal={legal} />
      {asking === 'waiver' && <WaiverForm order={props.order} nowMs={props.nowMs} onClose={() => setAsking(null)} />}
      {asking !== null && asking !== 'waiver' && (
        <StepForm order={props.order} step={asking} nowMs={props.nowMs} onClose={() => setAsking(null)} />
      )}
    </Panel>
  )
}

function LegalStep(props: {
  readonly step: Step
  readonly urgent: boolean
  readonly nowMs: number
  readonly onRecord: (() => void) | null
}) {
  const { t, language } = useSpeech()
  const { step, source, lawyer, needs, done } = props.step
  const waived = done === null && needs.waivable && props.urgent
  return (
    <li class={done ? 'gate-passed' : waived ? 'waived' : 'gate-failed'} data-step={step}>
      <b>{LAW_TABLES.step[step][language]}</b>
      <span class="quiet">
        {source}
        {lawyer && (
          <abbr title={t('law.lawyer')} class="lawyer">
            {' '}
            ⚖
          </abbr>
        )}
      </span>
      <span>
        {done ? (
          <>
            {done.number} <Moment at={done.at} nowMs={props.nowMs} /> {done.people.map(({ name }) => name).join('、')}{' '}
            {t('law.by', { name: done.by })} {done.from && t('law.from', { order: done.from })}
          </>
        ) : (
          t(waived ? 'law.waived' : 'law.missing')
        )}
      </span>
      {props.onRecord && (
        <button type="button" data-action={`record-${step}`} onClick={props.onRecord}>
          {t(done ? 'law.correct' : 'law.record')}
        </button>
      )}
    </li>
  )
}

function Questions(props: { readonly legal: Legal }) {
  const { t } = useSpeech()
  const questions = props.legal.basis?.lawyer ?? []
  if (questions.length === 0) return null
  return (
    <details>
      <summary>⚖ {t('law.questions')}</summary>
      <ul>
        {questions.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </details>
  )
}

interface FormProps {
  readonly order: OrderDocument
  readonly nowMs: number
  readonly onClose: () => void
}

function StepForm(props: FormProps & { readonly step: Step }) {
  const { t, language } = useSpeech()
  const { step, needs } = props.step
  const { busy, failure, send } = useRecord(props.order.id, props.onClose)
  const people = Array.from({ length: needs.people }, (_, i) => `person.${i}`)
  const record = (fields: FormData) =>
    send('legal-steps', {
      step,
      number: textOf(fields, 'number') || null,
      at: timeOf(fields, 'at'),
      stopAt: timeOf(fields, 'stopAt'),
      people: people.map((name) => ({
        name: textOf(fields, name),
        certificate: needs.certificates ? textOf(fields, `${name}.certificate`) : null,
      })),
      details: Object.fromEntries(needs.details.map((detail) => [detail, textOf(fields, `detail.${detail}`)])),
      note: textOf(fields, 'note'),
    })
  const form = { busy, failure, onSend: record, onClose: props.onClose }
  return (
    <RecordDialog title={LAW_TABLES.step[step][language]} {...form}>
      <p class="quiet">{props.step.source}</p>
      {needs.number && <Field name="number" label={t('law.number')} />}
      <Field name="at" label={t('law.at')} type="datetime-local" value={localNow(props.nowMs)} />
      {people.map((name) => (
        <div class="record-person" key={name}>
          <Field name={name} label={t('law.person')} />
          {needs.certificates && <Field name={`${name}.certificate`} label={t('law.certificate')} />}
        </div>
      ))}
      {needs.details.map((detail) => (
        <Field key={detail} name={`detail.${detail}`} label={detailText(detail, t)} />
      ))}
      {step === 'decision' && <Field name="stopAt" label={t('law.stopAt')} type="datetime-local" required={false} />}
      <Field name="note" label={t('law.note')} required={false} />
    </RecordDialog>
  )
}

const detailText = (detail: string, t: ReturnType<typeof useSpeech>['t']): string =>
  detail === 'government' || detail === 'court' ? t(`law.detail.${detail}`) : detail

function WaiverForm(props: FormProps) {
  const { t } = useSpeech()
  const { busy, failure, send } = useRecord(props.order.id, props.onClose)
  const record = (fields: FormData) =>
    send('waiver', {
      number: textOf(fields, 'number'),
      at: new Date(props.nowMs).toISOString(),
      danger: textOf(fields, 'danger'),
      reason: textOf(fields, 'reason'),
    })
  return (
    <RecordDialog title={t('law.waiver')} busy={busy} failure={failure} onSend={record} onClose={props.onClose}>
      <p class="quiet">{t('law.waiverNote')}</p>
      <Field name="number" label={t('law.number')} />
      <Field name="danger" label={t('law.danger')} />
      <Field name="reason" label={t('law.reason')} />
    </RecordDialog>
  )
}
