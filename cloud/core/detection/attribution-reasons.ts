/** What the sites around say of an event, as reasons. */
import type { Reason } from '@minewarden/protocol/finding.ts'
import type { Attributed } from './attributed-event.ts'
import { reason } from './reasons.ts'

/** Not known, for a sentence. */
const UNKNOWN_KM = -1

export function attributionReasons(attributed: Attributed | undefined): Reason[] {
  if (!attributed) return []
  const { source, sites, distanceKm, quarry, nearSite, place } = attributed.attribution
  const km = distanceKm ?? UNKNOWN_KM
  const where = place && source !== 'near' ? [reason('located-within', { km: place.uncertaintyKm })] : []
  switch (source) {
    case 'earthquake':
      return [reason('felt-earthquake', { sites, km }), ...where]
    case 'quarry':
      return [reason('felt-quarry', { sites, km, quarry: quarry ?? '' }), ...where]
    case 'thunder':
      return [reason('felt-thunder', { sites })]
    case 'far':
      return [reason('felt-far', { sites, km }), ...where]
    case 'near':
      // Without a distance it is this site that stands out.
      return distanceKm === null
        ? [reason('near-this-site', { sites })]
        : [reason('near-other-site', { site: nearSite ?? '', sites, km })]
    default:
      return source satisfies never
  }
}
