/** What a site's detector recognises behind its meters, as points. */

import type { Instant } from '@minewarden/protocol/time.ts'
import { isState } from '../detection/detector-state.ts'
import type { HistoryPoint } from './measurement.ts'
import type { PlaceTags } from './places.ts'
import { fleetPoint } from './schema.ts'

/** @param snapshot of the site's detector */
export function appliancePoints(snapshot: unknown, place: PlaceTags, now: Instant): HistoryPoint[] {
  if (!isState(snapshot)) return []
  return Object.entries(snapshot.meters).flatMap(([key, { library, baseW }]) => {
    const [gateway, sensor] = key.split('/')
    if (!gateway || !sensor) return []
    const running = library.known.filter(({ onSinceMs }) => onSinceMs !== null)
    return [
      fleetPoint(
        'appliance',
        now,
        { ...place, gateway, sensor },
        {
          running: running.map(({ id, watts }) => `#${id} ${Math.round(watts)} W`).join(', '),
          runningCount: running.length,
          runningW: running.reduce((sum, { watts }) => sum + watts, 0),
          baseW,
        },
      ),
    ]
  })
}
