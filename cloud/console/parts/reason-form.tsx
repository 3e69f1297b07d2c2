import { useSpeech } from '../text/language.ts'
import { useState } from '../view.ts'

/** Sends a reason that the audit log keeps; what the server refuses stands below it. */
export function ReasonForm(props: {
  readonly send: (reason: string) => Promise<void>
  readonly sendText: string
  readonly action: string
}) {
  const { t } = useSpeech()
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const submit = (event: Event) => {
    event.preventDefault()
    setBusy(true)
    props.send(reason.trim()).catch((error: Error) => {
      setFailure(error.message)
      setBusy(false)
    })
  }
  return (
    <form onSubmit={submit}>
      <label>
        {t('picture.reason')}
        <textarea
          rows={2}
          minLength={4}
          maxLength={500}
          required
          value={reason}
          onInput={(e) => setReason(e.currentTarget.value)}
        />
      </label>
      {failure && <p class="failure">{t('picture.failed', { reason: failure })}</p>}
      <div class="dialog-actions">
        <button type="submit" disabled={busy || reason.trim().length < 4} data-action={props.action}>
          {props.sendText}
        </button>
      </div>
    </form>
  )
}
