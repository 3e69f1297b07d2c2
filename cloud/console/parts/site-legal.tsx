import { isApprover } from '../../core/ports.ts'
import type { LegalDocument } from '../../http/order-record-documents.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useEffect, useState } from '../view.ts'
import { type LegalStepDocument, LegalSteps, StepForm } from './legal-steps.tsx'
import { Panel } from './panel.tsx'

/** What was done in law for a site before there is an order; for who approves. Its next draft takes it over. */
export function SiteLegal(props: { readonly site: string; readonly nowMs: number }) {
  const user = useStore(model.me)?.user ?? null
  return user !== null && isApprover(user.role) ? <Steps key={props.site} {...props} /> : null
}

function Steps(props: { readonly site: string; readonly nowMs: number }) {
  const { t, language } = useSpeech()
  const [legal, setLegal] = useState<LegalDocument | null>(null)
  const [asking, setAsking] = useState<LegalStepDocument | null>(null)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const failed = (error: Error) => {
    setFailure(error.message)
    setBusy(false)
  }
  const taken = (document: LegalDocument) => {
    setLegal(document)
    setAsking(null)
    setFailure(null)
    setBusy(false)
  }
  useEffect(() => void api.siteLaw(props.site).then(setLegal, failed), [props.site])
  const record = (body: object) => {
    setBusy(true)
    api.recordSiteLaw(props.site, body).then(taken, failed)
  }
  const close = () => {
    setAsking(null)
    setFailure(null)
  }
  return (
    <Panel title={t('law.siteTitle')} class="site-legal">
      <p class="quiet">{t('law.siteNote')}</p>
      {failure && asking === null && <p class="failure">{t('law.failed', { reason: failure })}</p>}
      {legal && (
        <details>
          <summary>
            {legal.basis?.name[language]} · {legal.steps.filter(({ done }) => done !== null).length}/
            {legal.steps.length}
          </summary>
          <LegalSteps legal={legal} nowMs={props.nowMs} onRecord={setAsking} />
        </details>
      )}
      {asking && (
        <StepForm step={asking} nowMs={props.nowMs} busy={busy} failure={failure} onSend={record} onClose={close} />
      )}
    </Panel>
  )
}
