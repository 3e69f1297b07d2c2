import { LAW_TABLES } from '../../core/orders/order-law-text.ts'
import type { LegalDocument } from '../../http/order-record-documents.ts'
import { useSpeech } from '../text/language.ts'
import { Moment } from './moment.tsx'
import { Field, localNow, RecordDialog, textOf, timeOf } from './record-dialog.tsx'

export type LegalStepDocument = LegalDocument['steps'][number]

/** The steps that a legal basis demands, recorded or missing, and what a lawyer must still check of it. */
export function LegalSteps(props: {
  readonly legal: LegalDocument
  readonly nowMs: number
  /** `null` for who may not record. */
  readonly onRecord: ((step: LegalStepDocument) => void) | null
}) {
  const { legal, onRecord } = props
  return (
    <>
      <ul class="legal-steps">
        {legal.steps.map((step) => (
          <LegalStep
            key={step.step}
            step={step}
            urgent={legal.urgent}
            nowMs={props.nowMs}
            onRecord={onRecord && (() => onRecord(step))}
          />
        ))}
      </ul>
      <Questions legal={legal} />
    </>
  )
}

function LegalStep(props: {
  readonly step: LegalStepDocument
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

function Questions(props: { readonly legal: LegalDocument }) {
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

/** Asks for what the law asks of one step. */
export function StepForm(props: {
  readonly step: LegalStepDocument
  readonly nowMs: number
  readonly busy: boolean
  readonly failure: string | null
  readonly onSend: (body: object) => void
  readonly onClose: () => void
}) {
  const { t, language } = useSpeech()
  const { step, needs } = props.step
  const people = Array.from({ length: needs.people }, (_, i) => `person.${i}`)
  const record = (fields: FormData) =>
    props.onSend({
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
  const form = { busy: props.busy, failure: props.failure, onSend: record, onClose: props.onClose }
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
