import { isApprover } from '../../core/ports.ts'
import type { OrderDocument } from '../../http/documents.ts'
import { model } from '../model.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useRecord } from '../use-record.ts'
import { useState } from '../view.ts'
import { type LegalStepDocument, LegalSteps, StepForm } from './legal-steps.tsx'
import { Moment } from './moment.tsx'
import { Panel } from './panel.tsx'
import { Field, localNow, RecordDialog, textOf, timeOf } from './record-dialog.tsx'

/** The steps of the law that the order rests on: what is recorded, what is missing, and forms for who may record. */
export function OrderLegal(props: { readonly order: OrderDocument; readonly nowMs: number }) {
  const { t, language } = useSpeech()
  const user = useStore(model.me)?.user ?? null
  const [asking, setAsking] = useState<LegalStepDocument | 'waiver' | 'sighting' | null>(null)
  const { legal, state } = props.order
  const mayRecord = state === 'drafted' && user !== null && (isApprover(user.role) || user.role === 'legal-reviewer')
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
      <LegalSteps legal={legal} nowMs={props.nowMs} onRecord={mayRecord ? setAsking : null} />
      {legal.sighting && <p>{t('law.seen', legal.sighting)}</p>}
      {mayRecord && (
        <button type="button" data-action="sighting" onClick={() => setAsking('sighting')}>
          {t('law.sighting')}
        </button>
      )}
      {mayRecord && user.role === 'head' && legal.basis?.noticeWaivable && (
        <button type="button" data-action="waiver" onClick={() => setAsking('waiver')}>
          {t('law.waiver')}
        </button>
      )}
      {asking === 'waiver' && <WaiverForm order={props.order} nowMs={props.nowMs} onClose={() => setAsking(null)} />}
      {asking === 'sighting' && (
        <SightingForm order={props.order} nowMs={props.nowMs} onClose={() => setAsking(null)} />
      )}
      {asking !== null && asking !== 'waiver' && asking !== 'sighting' && (
        <OrderStep order={props.order} step={asking} nowMs={props.nowMs} onClose={() => setAsking(null)} />
      )}
    </Panel>
  )
}

interface FormProps {
  readonly order: OrderDocument
  readonly nowMs: number
  readonly onClose: () => void
}

function OrderStep(props: FormProps & { readonly step: LegalStepDocument }) {
  const { send, ...sending } = useRecord(props.order.id, props.onClose)
  const form = { step: props.step, nowMs: props.nowMs, onClose: props.onClose }
  return <StepForm {...form} {...sending} onSend={(body) => send('legal-steps', body)} />
}

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

function SightingForm(props: FormProps) {
  const { t } = useSpeech()
  const { busy, failure, send } = useRecord(props.order.id, props.onClose)
  const record = (fields: FormData) =>
    send('sighting', {
      at: timeOf(fields, 'at'),
      person: textOf(fields, 'person'),
      unit: textOf(fields, 'unit'),
      saw: textOf(fields, 'saw'),
    })
  return (
    <RecordDialog title={t('law.sighting')} busy={busy} failure={failure} onSend={record} onClose={props.onClose}>
      <Field name="at" label={t('law.at')} type="datetime-local" value={localNow(props.nowMs)} />
      <Field name="person" label={t('law.person')} />
      <Field name="unit" label={t('law.unit')} />
      <Field name="saw" label={t('law.saw')} />
    </RecordDialog>
  )
}
