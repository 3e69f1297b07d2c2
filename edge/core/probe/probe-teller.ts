/**
 * When a probe's status is told. What is wrong is told at once, that all is well again only after it stood for a while: a
 * probe that comes and goes gives one reading, not ten. What was told a moment ago is told again only if it stands. One
 * that goes on coming and going is told to be flapping, with how often, at most once an hour, until it has stood still.
 * What it cannot see: a fault that passes between two looks.
 */
import type { ProbeStatus } from '@minewarden/protocol/ids.ts'
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import type { ProbeVerdict } from './probe-verdict.ts'

/** Causes are few; more are never remembered. */
const MOST_REMEMBERED = 32
/** From so many faults within an hour on it flaps. */
export const FLAPS = 5
const FLAP_WINDOW_MS: Millis = 3_600_000
/** It has stopped flapping when nothing changed for so long. */
export const CALM_MS: Millis = 900_000
/** Faults of an hour that are counted; more are as many. */
const MOST_COUNTED = 1_000
/** A probe that says nothing of its sureness, and flaps: the way to it is as likely the reason. */
const FLAPPING_CONFIDENCE = 0.5

interface Fault {
  readonly at: Instant
  readonly status: ProbeStatus
}

export class ProbeTeller {
  readonly #settleMs: Millis
  #told: string | null = null
  #toldLastAt = 0
  #held: { readonly key: string; readonly from: Instant; readonly status: ProbeStatus } | null = null
  readonly #toldAt = new Map<string, Millis>()
  #faults: Fault[] = []
  /** Statuses between which it flaps; `null`: it does not. */
  #flapping: ReadonlySet<ProbeStatus> | null = null

  /** @param settleMs how long a probe must be well again before it is told; 0: all is told as it comes, nothing damped */
  constructor(settleMs: Millis) {
    this.#settleMs = settleMs
  }

  /** Since when what is held is held. */
  get heldFrom(): Instant | null {
    return this.#held?.from ?? null
  }

  /** What is to be told; `null`: nothing. To be called at each change, and every second or so. */
  judge(verdict: ProbeVerdict, now: Instant): ProbeVerdict | null {
    this.#hold(verdict, now)
    if (this.#settleMs === 0) return this.#tellOnce(verdict, now)
    this.#watchFlapping(now)
    if (this.#flapping?.has(verdict.status)) return this.#tellFlapping(verdict, now)
    return this.#tellOnce(verdict, now)
  }

  /** Whether this very thing was the last told. */
  isTold({ status, cause }: ProbeVerdict): boolean {
    return this.#told === keyOf(status, cause)
  }

  /** Moments held were wrong by so much. */
  restamp(moved: (at: Instant) => Instant): void {
    if (this.#held) this.#held = { ...this.#held, from: moved(this.#held.from) }
    this.#faults = this.#faults.map((fault) => ({ ...fault, at: moved(fault.at) }))
    for (const [key, at] of this.#toldAt) this.#toldAt.set(key, moved(at as Instant))
    this.#toldLastAt = moved(this.#toldLastAt as Instant)
  }

  #hold({ status, cause }: ProbeVerdict, now: Instant): void {
    const key = keyOf(status, cause)
    if (this.#held?.key === key) return
    const isFault = status !== 'online' && this.#held !== null
    if (isFault && this.#settleMs > 0) this.#faults.push({ at: now, status })
    if (this.#faults.length > MOST_COUNTED) this.#faults.shift()
    this.#held = { key, from: now, status }
  }

  #watchFlapping(now: Instant): void {
    const begin = now - FLAP_WINDOW_MS
    if ((this.#faults[0]?.at ?? now) <= begin) this.#faults = this.#faults.filter(({ at }) => at > begin)
    const standsMs = now - (this.#held?.from ?? now)
    if (standsMs >= CALM_MS) {
      if (this.#flapping) this.#faults = []
      this.#flapping = null
    } else if (this.#faults.length >= FLAPS)
      this.#flapping = new Set<ProbeStatus>(['online', ...repeated(this.#faults)])
  }

  #tellFlapping(verdict: ProbeVerdict, now: Instant): ProbeVerdict | null {
    const isTold = this.#told?.endsWith(FLAPPING) ?? false
    if (isTold && now - this.#toldLastAt < FLAP_WINDOW_MS) return null
    const last = this.#faults.at(-1)
    if (!last) return null
    this.#note(keyOf(last.status, FLAPPING), now)
    return {
      status: last.status,
      cause: `${FLAPPING}:${this.#faults.length}`,
      confidence: Math.min(verdict.confidence ?? FLAPPING_CONFIDENCE, FLAPPING_CONFIDENCE),
      since: this.#faults[0]?.at ?? null,
    }
  }

  #tellOnce(verdict: ProbeVerdict, now: Instant): ProbeVerdict | null {
    const { status, cause } = verdict
    const key = keyOf(status, cause)
    if (key === this.#told) return null
    const stoodMs = now - (this.#held?.from ?? now)
    if (this.#told !== null && !this.#isUrgent(key, verdict, now) && stoodMs < this.#settleMs) return null
    this.#note(key, now)
    return verdict
  }

  #isUrgent(key: string, { status, cause }: ProbeVerdict, now: Instant): boolean {
    if (status === 'online' && cause === null) return false
    return now - (this.#toldAt.get(key) ?? Number.NEGATIVE_INFINITY) >= this.#settleMs
  }

  #note(key: string, now: Instant): void {
    this.#told = key
    this.#toldLastAt = now
    if (this.#toldAt.size >= MOST_REMEMBERED) this.#toldAt.clear()
    this.#toldAt.set(key, now)
  }
}

/** What came once among much that comes and goes is news of its own. */
const repeated = (faults: readonly Fault[]): ProbeStatus[] =>
  faults.map(({ status }) => status).filter((status, i, all) => all.indexOf(status) < i)

/** Cause of a probe that comes and goes; the number of its faults within an hour follows, after a colon. */
export const FLAPPING = 'flapping'

const keyOf = (status: ProbeStatus, cause: string | null) => `${status} ${cause ?? ''}`
