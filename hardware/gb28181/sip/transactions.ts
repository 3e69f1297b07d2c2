/**
 * Requests that may be lost or come twice, without a timer of its own: time is an argument. Answers are kept so that a
 * request that comes again gets the same one; our own requests are repeated over UDP until they are answered or given up.
 * @see RFC 3261 section 17 (non-INVITE), timers E, F, J
 */
import type { Millis } from '@minewarden/protocol/time.ts'

export const T1_MS: Millis = 500
export const T2_MS: Millis = 4_000
export const GIVE_UP_MS: Millis = 64 * T1_MS
/** Answers kept: half a minute of 60 requests a second. The oldest goes first: its client is the likeliest to be content. */
export const ANSWERS_CEILING = 2_048
/** Own requests under way; more are refused. */
export const REQUESTS_CEILING = 128

/** Answers given, by transaction. */
export class GivenAnswers {
  readonly #answers = new Map<string, { readonly bytes: Uint8Array; readonly at: Millis }>()

  find(key: string, now: Millis): Uint8Array | null {
    const answer = this.#answers.get(key)
    return answer && now - answer.at <= GIVE_UP_MS ? answer.bytes : null
  }

  keep(key: string, bytes: Uint8Array, now: Millis): void {
    this.#answers.set(key, { bytes, at: now })
    for (const [oldest, { at }] of this.#answers) {
      if (this.#answers.size <= ANSWERS_CEILING && now - at <= GIVE_UP_MS) break
      this.#answers.delete(oldest)
    }
  }

  get size(): number {
    return this.#answers.size
  }
}

interface OwnRequest<P> {
  readonly peer: P
  readonly bytes: Uint8Array
  readonly isReliable: boolean
  readonly begunAt: Millis
  dueAt: Millis
  pauseMs: Millis
}

/** What is to be done now. */
export interface Due<P> {
  readonly again: readonly { readonly peer: P; readonly bytes: Uint8Array }[]
  /** Branches of the requests that nobody answered. */
  readonly givenUp: readonly string[]
}

/** Our own requests under way, by branch. */
export class OwnRequests<P> {
  readonly #requests = new Map<string, OwnRequest<P>>()

  /** False when too many are under way. `isReliable`: TCP repeats by itself. */
  begin(branch: string, peer: P, bytes: Uint8Array, isReliable: boolean, now: Millis): boolean {
    if (this.#requests.size >= REQUESTS_CEILING) return false
    this.#requests.set(branch, { peer, bytes, isReliable, begunAt: now, dueAt: now + T1_MS, pauseMs: T1_MS })
    return true
  }

  /** An answer came; true when it ends a request of ours. */
  answered(branch: string, status: number, now: Millis): boolean {
    const request = this.#requests.get(branch)
    if (!request) return false
    if (status >= 200) return this.#requests.delete(branch)
    request.pauseMs = T2_MS
    request.dueAt = now + T2_MS
    return false
  }

  due(now: Millis): Due<P> {
    const again: { peer: P; bytes: Uint8Array }[] = []
    const givenUp: string[] = []
    for (const [branch, request] of this.#requests) {
      if (now - request.begunAt >= GIVE_UP_MS) {
        this.#requests.delete(branch)
        givenUp.push(branch)
      } else if (!request.isReliable && now >= request.dueAt) {
        request.pauseMs = Math.min(T2_MS, request.pauseMs * 2)
        request.dueAt = now + request.pauseMs
        again.push(request)
      }
    }
    return { again, givenUp }
  }
}
