import type { Millis } from '@minewarden/protocol/time.ts'
import type { HardwareError } from '../errors.ts'

/** Cameras lock an account after five to seven wrong passwords, for half an hour at most as they come. */
const DENIED_REST_MS: Millis = 600_000

/** A refused password, and how long nothing is asked with it: one for all cameras of a device, which locks them together. */
export class DenialRest {
  #denied: { readonly error: HardwareError; readonly until: Millis } | null = null

  /** The refusal that still stands. */
  standing(now: Millis): HardwareError | null {
    return this.#denied && now < this.#denied.until ? this.#denied.error : null
  }

  note(error: HardwareError, now: Millis): void {
    this.#denied = { error, until: now + DENIED_REST_MS }
  }

  /** The password was taken. */
  end(): void {
    this.#denied = null
  }
}
