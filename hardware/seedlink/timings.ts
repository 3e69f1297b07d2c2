import type { Millis } from '@minewarden/protocol/time.ts'

/**
 * How long what is waited for. Together they keep the promise that good data is there again within 10 s after a fault
 * cleared: a line that is dead is noticed, and another one tried, within that time.
 */
export interface Timings {
  /** How often everything is looked at. */
  readonly tickMs: Millis
  /** To open a connection, and for each answer of the handshake. */
  readonly answerMs: Millis
  /** Nothing sound for so long: `INFO ID` asks whether the server is there; for as long again: it is not. */
  readonly idleMs: Millis
  /** A connection that is back within this is not worth a word. */
  readonly graceMs: Millis
  /** A station that sends nothing for so long while the server lives is silent; longer if its records are long. */
  readonly silentMs: Millis
  /** Between two looks at what the server offers, while a station is missing. */
  readonly offerMs: Millis
  /** Pauses between connections. */
  readonly retry: { readonly firstMs: Millis; readonly ceilingMs: Millis }
  /** A reader that takes nothing for so long does not hold up the others any longer. */
  readonly stallMs: Millis
  /** How often positions are written down: at the worst so much is received twice after a power failure. */
  readonly rememberMs: Millis
  readonly healthMs: Millis
  /** Words about gaps and the like are said at most so often; what comes between is folded into the next. */
  readonly noteMs: Millis
  /** The same state with another reason is told at most so often. */
  readonly sameStateMs: Millis
}

export const TIMINGS: Timings = {
  tickMs: 250,
  answerMs: 4_000,
  idleMs: 4_000,
  graceMs: 2_000,
  silentMs: 20_000,
  offerMs: 8_000,
  retry: { firstMs: 250, ceilingMs: 4_000 },
  stallMs: 3_000,
  rememberMs: 60_000,
  healthMs: 60_000,
  noteMs: 10_000,
  sameStateMs: 5_000,
}
