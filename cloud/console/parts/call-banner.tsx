import type { OrderDocument } from '../../http/documents.ts'
import { model } from '../model.ts'
import { useNow } from '../now.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { Link } from './link.tsx'

/** Above every page: who must act on which order, since when, and when it goes higher. */
export function CallBanner() {
  const orders = [...useStore(model.orders).values()].filter(({ call }) => call !== null)
  const now = useNow()
  if (orders.length === 0) return null
  const urgent = [...orders].sort((a, b) => (b.call?.level ?? 0) - (a.call?.level ?? 0) || b.sequence - a.sequence)
  return (
    <div class="calls" role="status">
      {urgent.map((order) => (
        <Call key={order.id} order={order} nowMs={now} />
      ))}
    </div>
  )
}

function Call(props: { readonly order: OrderDocument; readonly nowMs: number }) {
  const { t, format } = useSpeech()
  const { order, nowMs } = props
  const { call } = order
  if (call === null) return null
  const leftMs = call.nextAt === null ? null : Math.max(0, Date.parse(call.nextAt) - nowMs)
  return (
    <p class={`call level-${call.level}`} data-call={call.kind} data-call-level={call.level} data-order={order.id}>
      <b>{t(`call.who.${call.who}`)}</b>
      <span>
        {t(`call.${call.kind}`)}{' '}
        <Link to={{ kind: 'order', id: order.id }}>
          {t('order.title', { number: order.sequence })} · {order.document.site.name}
        </Link>
      </span>
      <span class="quiet">{t('call.since', { span: format.span(nowMs - Date.parse(call.since)) })}</span>
      {leftMs !== null && (
        <span class="countdown">
          {t(call.level === 0 ? 'call.toHead' : 'call.toCounty', { left: countdown(leftMs) })}
        </span>
      )}
    </p>
  )
}

/** 4:07. */
export const countdown = (ms: number): string => {
  const seconds = Math.ceil(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
