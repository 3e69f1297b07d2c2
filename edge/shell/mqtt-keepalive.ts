/**
 * When to ask a silent server whether it is there, and when to give it up: a link may be dead in one direction only, and
 * TCP takes a quarter of an hour to notice. Times are in milliseconds of any monotonic clock.
 */
export interface KeepaliveState {
  /** When the last byte came from the server. */
  readonly heardMs: number
  /** When the last packet left. */
  readonly sentMs: number
  /** When it was last asked. */
  readonly askedMs: number
}

export type KeepaliveStep =
  | { readonly kind: 'dead' }
  | { readonly kind: 'ask' }
  /** Look again then: nothing is due before. */
  | { readonly kind: 'wait'; readonly untilMs: number }

/** Silence is believed after this many keep-alives, as a server does with its clients. @see MQTT 3.1.1, 3.1.2.10 */
export const DEAD_AFTER = 1.5

/**
 * Asks after half a keep-alive in which nothing was heard or nothing was said: three questions are open when the server
 * is given up, so one lost packet is not a lost connection.
 */
export function stepKeepalive(state: KeepaliveState, keepaliveMs: number, nowMs: number): KeepaliveStep {
  const deadMs = state.heardMs + DEAD_AFTER * keepaliveMs
  if (nowMs >= deadMs) return { kind: 'dead' }
  const askMs = Math.max(state.askedMs, Math.min(state.heardMs, state.sentMs)) + keepaliveMs / 2
  return nowMs >= askMs ? { kind: 'ask' } : { kind: 'wait', untilMs: Math.min(deadMs, askMs) }
}
