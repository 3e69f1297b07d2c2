import type { ProbeDocument } from '../../http/probe-documents.ts'
import { api } from '../api.ts'
import { useSpeech } from '../text/language.ts'
import { useState } from '../view.ts'
import { Dialog } from './dialog.tsx'
import { ReasonForm } from './reason-form.tsx'

/** Has a camera that was turned on purpose learnt anew, with the reason that the audit log keeps. */
export function RelearnDialog(props: { readonly probe: ProbeDocument; readonly onClose: () => void }) {
  const { t } = useSpeech()
  const { siteName, gateway, sensor } = props.probe
  const [isAsked, setIsAsked] = useState(false)
  const send = async (reason: string) => {
    await api.relearnProbe(gateway, sensor, reason)
    setIsAsked(true)
  }
  return (
    <Dialog title={t('relearn.title', { probe: `${siteName} ${sensor}` })} onClose={props.onClose}>
      <p class="quiet">{t(isAsked ? 'relearn.asked' : 'relearn.note')}</p>
      {!isAsked && <ReasonForm send={send} sendText={t('relearn.send')} action="send-relearn" />}
      <div class="dialog-actions">
        <button type="button" onClick={props.onClose}>
          {t('picture.close')}
        </button>
      </div>
    </Dialog>
  )
}
