import type { Instant } from '@minewarden/protocol/time.ts'
import type { DeviceState } from '../contract.ts'

/** How many faults of one file are told one by one; the rest is counted in one last report. */
export const MAX_REPORTED_FAULTS = 100

/**
 * Turns faults of a recorded file into the states of a device: `bad-data` for each fault, `ok` with the first sound
 * measurement after it.
 */
export interface Damage {
  /** A fault after `at`, the last sound measurement; `null` when it was only counted. */
  bad(at: Instant, reason: string): DeviceState | null
  /** A sound measurement: the return to `ok`, or `null` when nothing was wrong. */
  good(at: Instant): DeviceState | null
  /** At the end of the file: how many faults were only counted. */
  rest(at: Instant): DeviceState | null
}

export function createDamage(file: string): Damage {
  let unwell = false
  let faults = 0
  const state = (word: 'ok' | 'bad-data', at: Instant, reason: string): DeviceState => ({
    kind: 'device',
    at,
    state: word,
    reason,
    clock: 'ntp',
  })
  return {
    bad: (at, reason) => {
      if (++faults > MAX_REPORTED_FAULTS) return null
      unwell = true
      return state('bad-data', at, `${file}: ${reason}`)
    },
    good: (at) => {
      if (!unwell) return null
      unwell = false
      return state('ok', at, '')
    },
    rest: (at) => {
      const more = faults - MAX_REPORTED_FAULTS
      return more > 0 ? state('bad-data', at, `${file}: ${more} more faults`) : null
    },
  }
}
