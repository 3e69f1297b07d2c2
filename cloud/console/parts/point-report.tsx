import { isApprover } from '../../core/ports.ts'
import type { OrderDocument, OrderPointDocument } from '../../http/documents.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { toneOf } from '../order-stage.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useState } from '../view.ts'
import { Field, localNow, RecordDialog, textOf, timeOf } from './record-dialog.tsx'

/** What people on site saw of a cut that no meter shows; nothing where a meter does, or nothing was cut. */
export function PointReport(props: {
  readonly order: OrderDocument
  readonly point: OrderPointDocument
  readonly nowMs: number
}) {
  const { t } = useSpeech()
  const user = useStore(model.me)?.user ?? null
  const [openedMs, setOpenedMs] = useState<number | null>(null)
  const { order, point } = props
  // Nothing was seen before it was cut; the field tells whole seconds.
  const firstMs = Math.ceil(Date.parse(point.executedAt ?? '') / 1_000) * 1_000
  const waits =
    !point.metered && point.result === 'executed' && point.executedAt !== null && toneOf(order.state) !== 'over'
  if (!waits || user === null || !isApprover(user.role)) return null
  return (
    <div class="actions">
      <button type="button" data-action="report-cut" onClick={() => setOpenedMs(Math.max(props.nowMs, firstMs))}>
        {t('order.report')}
      </button>
      {openedMs !== null && (
        <ReportDialog order={order.id} point={point.id} atMs={openedMs} onClose={() => setOpenedMs(null)} />
      )}
    </div>
  )
}

function ReportDialog(props: {
  readonly order: string
  readonly point: string
  readonly atMs: number
  readonly onClose: () => void
}) {
  const { t } = useSpeech()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const send = async (fields: FormData) => {
    setBusy(true)
    const report = { people: textOf(fields, 'people'), text: textOf(fields, 'text') }
    try {
      const seenAt = timeOf(fields, 'seenAt') ?? ''
      model.takeOrder(await api.reportCut(props.order, props.point, { ...report, seenAt }))
      props.onClose()
    } catch (error) {
      setFailure((error as Error).message)
      setBusy(false)
    }
  }
  return (
    <RecordDialog
      title={t('order.report.title', { point: props.point })}
      busy={busy}
      failure={failure}
      onSend={send}
      onClose={props.onClose}
    >
      <p class="quiet">{t('order.report.note')}</p>
      <Field name="people" label={t('order.report.people')} />
      <Field name="seenAt" label={t('order.report.seenAt')} type="datetime-local" value={localNow(props.atMs, 19)} />
      <Field name="text" label={t('order.report.text')} />
    </RecordDialog>
  )
}
