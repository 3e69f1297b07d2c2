import type { OrderDocument } from '../../http/documents.ts'
import { model } from '../model.ts'
import { useSpeech } from '../text/language.ts'
import { useState } from '../view.ts'
import { Dialog } from './dialog.tsx'

/** Asks once more, and for the reason that the audit log keeps; what the server refuses stands below it. */
export function ReasonDialog(props: {
  readonly order: OrderDocument
  readonly title: string
  readonly note?: string
  readonly yes: string
  readonly action: string
  readonly send: (reason: string) => Promise<OrderDocument>
  readonly onClose: () => void
}) {
  const { t } = useSpeech()
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const submit = (event: Event) => {
    event.preventDefault()
    setBusy(true)
    props.send(reason.trim()).then(
      (order) => {
        model.takeOrder(order)
        props.onClose()
      },
      (error: Error) => {
        setFailure(error.message)
        setBusy(false)
      },
    )
  }
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form onSubmit={submit}>
        <p class="dialog-site">{props.order.document.site.name}</p>
        {props.note && <p>{props.note}</p>}
        <label>
          {t('order.cancel.reason')}
          <textarea
            rows={3}
            maxLength={500}
            required
            value={reason}
            onInput={(e) => setReason(e.currentTarget.value)}
          />
        </label>
        {failure && <p class="failure">{t('order.failed', { reason: failure })}</p>}
        <div class="dialog-actions">
          <button type="button" onClick={props.onClose}>
            {t('order.confirm.no')}
          </button>
          <button type="submit" class="danger" data-action={props.action} disabled={busy || reason.trim() === ''}>
            {props.yes}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
