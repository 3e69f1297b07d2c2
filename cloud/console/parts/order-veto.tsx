import { isApprover } from '../../core/ports.ts'
import type { OrderDocument } from '../../http/documents.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { reasonSentence } from '../text/reason.ts'
import { useState } from '../view.ts'
import { countdown } from './call-banner.tsx'
import { Dialog } from './dialog.tsx'
import { ReasonForm } from './reason-form.tsx'

/** The standing authorisation that an order was drafted under, and its veto window. */
export function OrderAuthority(props: { readonly order: OrderDocument; readonly nowMs: number }) {
  const { t, language } = useSpeech()
  const { standing, veto } = props.order
  if (standing === null && veto === null) return null
  return (
    <div class="authority">
      {standing && (
        <p>
          <b>{t('order.standing')}</b> <code>{standing.id}</code>
        </p>
      )}
      {standing && standing.problems.length > 0 && (
        <p class="failure">
          {t('order.standingFailed')} {standing.problems.map((one) => reasonSentence(one, language)).join('；')}
        </p>
      )}
      {standing && standing.problems.length === 0 && <p class="quiet">{t('order.standingNote')}</p>}
      {veto && <VetoWindow order={props.order} veto={veto} nowMs={props.nowMs} />}
    </div>
  )
}

function VetoWindow(props: {
  readonly order: OrderDocument
  readonly veto: NonNullable<OrderDocument['veto']>
  readonly nowMs: number
}) {
  const { t, format } = useSpeech()
  const user = useStore(model.me)?.user ?? null
  const [asking, setAsking] = useState(false)
  const { order, veto, nowMs } = props
  if (veto.over) return <p>{t('veto.over', { who: veto.over.by, reason: veto.over.reason })}</p>
  if (veto.passedAt) return <p>{t('veto.passed', { time: format.full(Date.parse(veto.passedAt)) })}</p>
  const left = countdown(Math.max(0, Date.parse(veto.until) - nowMs))
  const send = async (reason: string) => {
    model.takeOrder(await api.veto(order.id, reason))
    setAsking(false)
  }
  return (
    <div class="veto" data-veto="runs">
      <p>
        <strong class="countdown">{left}</strong> {t('veto.runs')}
      </p>
      <p class="quiet">{order.document.vetoWindow?.ground}</p>
      {user && isApprover(user.role) && (
        <button type="button" class="danger" data-action="veto" onClick={() => setAsking(true)}>
          {t('veto.no')}
        </button>
      )}
      {asking && (
        <Dialog title={t('veto.title')} onClose={() => setAsking(false)}>
          <p class="dialog-site">{order.document.site.name}</p>
          <ReasonForm send={send} sendText={t('veto.no')} action="confirm-veto" />
        </Dialog>
      )}
    </div>
  )
}
