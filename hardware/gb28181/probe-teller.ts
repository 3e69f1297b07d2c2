/**
 * When a probe's status is told. What is wrong is told at once, that all is well again only after it stood for a while: a
 * probe that comes and goes gives one reading, not ten. What was told a moment ago is told again only if it stands. What
 * it cannot see: a fault that passes between two looks.
 */
import type { ProbeStatus } from '@minewarden/protocol/ids.ts'
import type { Millis } from '@minewarden/protocol/time.ts'

/** What is held of a probe at a moment; `since` on the monotonic clock. */
export interface Verdict {
  readonly status: ProbeStatus
  readonly cause: string | null
  readonly confidence: number
  readonly since: Millis
}

/** Causes are few; more are never remembered. */
const MOST_REMEMBERED = 32

export class ProbeTeller {
  readonly #settleMs: Millis
  #told: string | null = null
  #held: { readonly key: string; readonly from: Millis } | null = null
  readonly #toldAt = new Map<string, Millis>()

  constructor(settleMs: Millis) {
    this.#settleMs = settleMs
  }

  /** Since when what is held now is held. */
  get heldFrom(): Millis | null {
    return this.#held?.from ?? null
  }

  /** True when this is to be told now. To be called at each change, and every second or so. */
  judge({ status, cause }: Verdict, now: Millis): boolean {
    const key = keyOf(status, cause)
    if (this.#held?.key !== key) this.#held = { key, from: now }
    if (key === this.#told) return false
    if (this.#told !== null && !this.#isUrgent(key, status, cause, now) && now - this.#held.from < this.#settleMs)
      return false
    this.#told = key
    if (this.#toldAt.size >= MOST_REMEMBERED) this.#toldAt.clear()
    this.#toldAt.set(key, now)
    return true
  }

  isTold({ status, cause }: Verdict): boolean {
    return this.#told === keyOf(status, cause)
  }

  #isUrgent(key: string, status: ProbeStatus, cause: string | null, now: Millis): boolean {
    if (status === 'online' && cause === null) return false
    return now - (this.#toldAt.get(key) ?? Number.NEGATIVE_INFINITY) >= this.#settleMs
  }
}

const keyOf = (status: ProbeStatus, cause: string | null) => `${status} ${cause ?? ''}`
