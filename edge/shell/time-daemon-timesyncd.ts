/**
 * systemd-timesyncd, through the file that it touches at each synchronisation. It tells neither bound nor frequency
 * without D-Bus, so its word is worth a fixed bound.
 * @see systemd-timesyncd.service(8), /run/systemd/timesync/synchronized
 */
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { TimeDaemon } from '../core/clock/time-daemon.ts'

const FOLDER = '/run/systemd/timesync'
/** Its longest interval. @see timesyncd.conf(5), PollIntervalMaxSec */
const INTERVAL_MS = 2_048_000
/** SNTP errs by at most half a round trip, and a mobile link's seldom exceeds this twice. */
export const TIMESYNCD_ERROR_MS = 100

/** @param folder where it keeps its state; another one in tests */
export function createTimesyncd(folder: string = FOLDER): TimeDaemon {
  return {
    async ask() {
      try {
        const { mtimeMs } = await stat(`${folder}/synchronized`)
        return {
          kind: 'synchronised',
          source: 'timesyncd',
          quality: 'ntp',
          correctionMs: 0,
          errorMs: TIMESYNCD_ERROR_MS,
          referenceAgeMs: Date.now() - mtimeMs,
          updateIntervalMs: INTERVAL_MS,
          skewPpm: null,
        }
      } catch {
        if (existsSync(folder)) return { kind: 'unsynchronised', source: 'timesyncd' }
        return { kind: 'absent', reason: 'timesyncd has left no trace' }
      }
    },
  }
}
