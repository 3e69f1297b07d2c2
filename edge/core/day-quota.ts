import type { Instant } from '@minewarden/protocol/time.ts'

const DAY_MS = 86_400_000

/** So many bytes a UTC day. */
export class DayQuota {
  readonly #bytesPerDay: number
  #day = 0
  #used = 0

  constructor(bytesPerDay: number) {
    this.#bytesPerDay = bytesPerDay
  }

  /** Bytes that may still be used today by who may have `share` (0 to 1) of the quota. */
  left(now: Instant, share: number): number {
    this.#turn(now)
    return Math.max(0, Math.floor(this.#bytesPerDay * share) - this.#used)
  }

  use(now: Instant, bytes: number): void {
    this.#turn(now)
    this.#used += bytes
  }

  #turn(now: Instant): void {
    const day = Math.floor(now / DAY_MS)
    if (day === this.#day) return
    this.#day = day
    this.#used = 0
  }
}
