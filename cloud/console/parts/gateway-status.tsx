import type { GatewayDocument } from '../../http/documents.ts'
import { useSpeech } from '../text/language.ts'

/** Filled when there, hollow when gone: told without colour. */
export function Dot(props: { readonly on: boolean }) {
  return (
    <svg class={`dot ${props.on ? 'dot-on' : 'dot-off'}`} viewBox="0 0 10 10" aria-hidden="true">
      {props.on ? (
        <circle cx="5" cy="5" r="4" fill="currentColor" />
      ) : (
        <path d="M2 2l6 6M8 2l-6 6" stroke="currentColor" stroke-width="2" fill="none" />
      )}
    </svg>
  )
}

/** How many of a site's gateways are online. */
export function GatewayStatus(props: { readonly gateways: readonly GatewayDocument[] }) {
  const { t } = useSpeech()
  const online = props.gateways.filter((gateway) => gateway.online).length
  return (
    <span class="gateway-status">
      <Dot on={online === props.gateways.length && online > 0} />
      {t('gateway.summary', { online, count: props.gateways.length })}
    </span>
  )
}
