import type { GivenProof } from '../../core/proof-question.ts'
import type { OrderDocument, UserDocument } from '../../http/documents.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { mayConfirm } from '../order-stage.ts'
import { useSpeech } from '../text/language.ts'
import { useState } from '../view.ts'
import { Dialog } from './dialog.tsx'
import { ProofForm } from './proof-form.tsx'

/** Asks once more, showing what is approved: the site, where it is cut, and what will lose power. */
export function ApproveDialog(props: {
  readonly order: OrderDocument
  readonly user: UserDocument
  readonly onClose: () => void
}) {
  const { t } = useSpeech()
  const { order, user } = props
  // The document as it was when the question was asked: what changes meanwhile is refused by the server.
  const [asked] = useState(order)
  const give = async (proof: GivenProof) => {
    model.takeOrder(await api.approve(asked.id, asked.documentSha256, proof))
    props.onClose()
  }
  const confirms = mayConfirm(asked, user)
  return (
    <Dialog title={t('order.confirm.title')} onClose={props.onClose}>
      <p class="dialog-site">{asked.document.site.name}</p>
      {asked.document.supplyPoints.map((point) => (
        <div class="dialog-point" key={point.id}>
          <p>
            <b>{point.location}</b>
            <br />
            {t('order.point.customer')} {point.customerNumber} · {t('order.point.loadClass')} {point.loadClass} ·{' '}
            {t(`method.${point.method}`)}
          </p>
          <p>
            <span class="loses">{t('order.confirm.loses')}</span> {point.loads.join('、') || t('value.unknown')}
          </p>
        </div>
      ))}
      <p>
        {t(
          confirms
            ? 'order.confirm.standing'
            : asked.approvals.length === 0
              ? 'order.confirm.first'
              : 'order.confirm.second',
        )}
      </p>
      <p class="quiet">{t('order.confirm.as', { name: user.name, department: user.department })}</p>
      <ProofForm
        ask={() => api.question(asked.id)}
        give={give}
        words={{
          passkey: t('order.confirm.passkey'),
          totp: t('order.confirm.yes'),
          link: t('order.confirm.yes'),
        }}
        action="confirm-approve"
        danger
        back={
          <button type="button" onClick={props.onClose}>
            {t('order.confirm.no')}
          </button>
        }
      />
    </Dialog>
  )
}

/** Asks for the reason that the audit log keeps. */
export function CancelDialog(props: { readonly order: OrderDocument; readonly onClose: () => void }) {
  const { t } = useSpeech()
  const [reason, setReason] = useState('')
  const action = useAction(() => api.cancel(props.order.id, reason.trim()), props.onClose)
  const submit = (event: Event) => {
    event.preventDefault()
    if (reason.trim() !== '') action.run()
  }
  return (
    <Dialog title={t('order.cancel.title')} onClose={props.onClose}>
      <form onSubmit={submit}>
        <p class="dialog-site">{props.order.document.site.name}</p>
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
        {action.failure && <p class="failure">{t('order.failed', { reason: action.failure })}</p>}
        <div class="dialog-actions">
          <button type="button" onClick={props.onClose}>
            {t('order.confirm.no')}
          </button>
          <button type="submit" class="danger" disabled={action.busy || reason.trim() === ''}>
            {t('order.cancel.yes')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** Runs a request that answers with the order, once at a time. */
function useAction(request: () => Promise<OrderDocument>, done: () => void) {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const run = () => {
    setBusy(true)
    request().then(
      (order) => {
        model.takeOrder(order)
        done()
      },
      (error: Error) => {
        setFailure(error.message)
        setBusy(false)
      },
    )
  }
  return { busy, failure, run }
}
