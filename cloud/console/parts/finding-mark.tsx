import { MARK_CAUSES, MAX_NOTE, VERDICTS } from '../../core/feedback/mark.ts'
import type { FindingDocument } from '../../http/documents.ts'
import { api, type MarkWanted } from '../api.ts'
import { model } from '../model.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useState } from '../view.ts'
import { Dialog } from './dialog.tsx'

/** What was said of a finding; officers and heads may say it, or change it. */
export function FindingMark(props: { readonly finding: FindingDocument }) {
  const { t } = useSpeech()
  const user = useStore(model.me)?.user
  const [isOpen, setOpen] = useState(false)
  const { number, mark } = props.finding
  const mayMark = number !== undefined && user != null && user.role !== 'viewer'
  if (!mark && !mayMark) return null
  return (
    <p class="finding-mark">
      {mark && (
        <span class={`tag mark-${mark.verdict}`} title={mark.note}>
          {t(`mark.${mark.verdict}`)}
          {mark.cause && ` · ${t(`markCause.${mark.cause}`)}`}
        </span>
      )}
      {mark?.name && <span class="quiet">{t('mark.by', { name: mark.name })}</span>}
      {mayMark && (
        <button type="button" class="plain" data-action="mark" onClick={() => setOpen(true)}>
          {t(mark ? 'mark.change' : 'mark.ask')}
        </button>
      )}
      {isOpen && number !== undefined && (
        <MarkDialog finding={props.finding} number={number} onClose={() => setOpen(false)} />
      )}
    </p>
  )
}

function MarkDialog(props: {
  readonly finding: FindingDocument
  readonly number: number
  readonly onClose: () => void
}) {
  const { t } = useSpeech()
  const { finding, number, onClose } = props
  const { mark } = finding
  const [wanted, setWanted] = useState<MarkWanted>({
    verdict: mark?.verdict ?? 'false',
    cause: mark?.cause ?? null,
    note: mark?.note ?? '',
  })
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const submit = (event: Event) => {
    event.preventDefault()
    setBusy(true)
    api.mark(finding.site, number, { ...wanted, note: wanted.note.trim() }).then(
      (made) => {
        model.marks.publish({ site: finding.site, finding: number, mark: made })
        onClose()
      },
      (error: Error) => {
        setFailure(error.message)
        setBusy(false)
      },
    )
  }
  return (
    <Dialog title={t('mark.title')} onClose={onClose}>
      <p class="quiet">{t('mark.note')}</p>
      <form onSubmit={submit}>
        <fieldset class="mark-verdict">
          <legend>{t('mark.verdict')}</legend>
          {VERDICTS.map((verdict) => (
            <label key={verdict}>
              <input
                type="radio"
                name="verdict"
                value={verdict}
                checked={wanted.verdict === verdict}
                onChange={() => setWanted({ ...wanted, verdict })}
              />{' '}
              {t(`mark.${verdict}`)}
            </label>
          ))}
        </fieldset>
        <label>
          {t('mark.cause')}
          <select
            value={wanted.cause ?? ''}
            onChange={(e) => {
              const word = e.currentTarget.value
              setWanted({ ...wanted, cause: MARK_CAUSES.find((cause) => cause === word) ?? null })
            }}
          >
            <option value="">{t('mark.noCause')}</option>
            {MARK_CAUSES.map((cause) => (
              <option value={cause} key={cause}>
                {t(`markCause.${cause}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t('mark.remark')}
          <textarea
            rows={2}
            maxLength={MAX_NOTE}
            value={wanted.note}
            onInput={(e) => setWanted({ ...wanted, note: e.currentTarget.value })}
          />
        </label>
        {failure && <p class="failure">{t('mark.failed', { reason: failure })}</p>}
        <div class="dialog-actions">
          <button type="button" onClick={onClose}>
            {t('mark.close')}
          </button>
          <button type="submit" disabled={busy} data-action="send-mark">
            {t('mark.send')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
