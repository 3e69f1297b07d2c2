/** The machine's clock. */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, type ClockQuality, instant } from '@minewarden/protocol/time.ts'
import { NEVER_SET_BEFORE } from '../core/clock/discipline.ts'

export const systemClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await sleep(ms, undefined, signal ? { signal } : undefined)
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    }
  },
}

/** systemd-timesyncd makes this file at its first synchronisation after boot. @see systemd-timesyncd.service(8) */
const SYNCHRONISED = '/run/systemd/timesync/synchronized'

/** What a clock is taken for that is believed without asking a time daemon. */
export function believedQuality(): ClockQuality {
  if (Date.now() < NEVER_SET_BEFORE) return 'unsynchronised'
  return existsSync(SYNCHRONISED) ? 'ntp' : 'holdover'
}
