/** What is told of a site whose quiet level was raised to the bound. */
import type { Reason } from '@minewarden/protocol/finding.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import { BANDS_HZ, FIRST_BAND } from '../activity-window.ts'
import { reason } from '../reasons.ts'
import type { SiteContext } from '../site-context.ts'
import { raisedOf } from './hour-background.ts'

/** One reason for the geophone whose level rose most; `null`: none stands at its bound. */
export function raisedReason({ state }: SiteContext): Reason | null {
  let most: { sensor: string; db: number; hours: number; band: number; raisedMs: number } | null = null
  for (const key in state.activities) {
    const { hours } = state.activities[key]!
    const raised = hours && hours.raised.length > 0 ? raisedOf(hours) : null
    if (!hours || !raised || (most && raised.db <= most.db)) continue
    const sensor = key.slice(key.indexOf('/') + 1)
    most = { sensor, db: raised.db, hours: raised.hours, band: raised.bands[0]!, raisedMs: hours.raisedMs }
  }
  if (!most) return null
  const [fromHz, toHz] = BANDS_HZ[most.band + FIRST_BAND]!
  const { sensor, db, hours, raisedMs } = most
  return reason('background-raised', { sensor, db, hours, fromHz, toHz, since: isoTime(instant(raisedMs)) })
}

/** Whether a site's background stands at its bound and that has not been told yet; remembers that it was. */
export function isNewlyRaised({ state }: SiteContext, raised: Reason | null): boolean {
  const before = state.learning.raisedTold ?? false
  state.learning.raisedTold = raised !== null
  return raised !== null && !before
}
