import type { EvidenceDocument } from '../../http/evidence-routes.ts'
import { api, type ReviewWanted } from '../api.ts'
import { useSpeech } from '../text/language.ts'
import { useState } from '../view.ts'
import { Dialog } from './dialog.tsx'

const VERDICTS = ['sound', 'doubtful'] as const

/** A person's review of the evidence as it stands: what was looked at, and whether it is sound. */
export function ReviewDialog(props: {
  readonly evidence: EvidenceDocument
  readonly onReviewed: (evidence: EvidenceDocument) => void
  readonly onClose: () => void
}) {
  const { t } = useSpeech()
  const { order, contentSha256 } = props.evidence
  const [verdict, setVerdict] = useState<ReviewWanted['verdict'] | null>(null)
  const [remark, setRemark] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const submit = (event: Event) => {
    event.preventDefault()
    if (verdict === null) return
    setBusy(true)
    api.reviewEvidence(order, { verdict, remark: remark.trim(), contentSha256 }).then(
      (evidence) => {
        props.onReviewed(evidence)
        props.onClose()
      },
      (error: Error) => {
        setFailure(error.message)
        setBusy(false)
      },
    )
  }
  return (
    <Dialog title={t('evidence.reviewTitle')} onClose={props.onClose}>
      <p class="quiet">{t('evidence.reviewNote', { hash: contentSha256.slice(0, 16) })}</p>
      <form onSubmit={submit}>
        <fieldset class="mark-verdict">
          <legend>{t('evidence.verdict')}</legend>
          {VERDICTS.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="verdict"
                checked={verdict === one}
                onChange={() => setVerdict(one)}
                value={one}
              />{' '}
              {t(`evidence.${one}`)}
            </label>
          ))}
        </fieldset>
        <label>
          {t('evidence.remark')}
          <textarea
            rows={3}
            maxLength={2000}
            required
            value={remark}
            onInput={(e) => setRemark(e.currentTarget.value)}
          />
        </label>
        {failure && <p class="failure">{t('evidence.reviewFailed', { reason: failure })}</p>}
        <div class="dialog-actions">
          <button type="button" onClick={props.onClose}>
            {t('evidence.close')}
          </button>
          <button type="submit" disabled={busy || verdict === null || remark.trim() === ''} data-action="send-review">
            {t('evidence.send')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
