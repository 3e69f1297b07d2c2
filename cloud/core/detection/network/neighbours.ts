/** The sites nearest to each, from a grid of squares: found once, so that no event has to look through a county. */
import type { SiteId } from '@minewarden/protocol/ids.ts'
import type { NearSite } from './county-network.ts'
import { distanceKm, KM_PER_DEGREE, type Place } from './geometry.ts'
import { GROUND_REACH_KM } from './travel.ts'

export const MOST_NEIGHBOURS = 24

export interface Station extends Place {
  readonly id: SiteId
}

/** Looks them up at the first question for a site, and keeps them. */
export function createNeighbours(stations: readonly Station[]): (site: SiteId) => readonly NearSite[] {
  const byId = new Map(stations.map((station) => [station.id, station]))
  const cellKm = cellOf(stations)
  // No column is narrower than a square, in the north as in the south.
  const narrowest = Math.min(1, ...stations.map(({ latitude }) => Math.cos((latitude * Math.PI) / 180)))
  const row = ({ latitude }: Place) => Math.floor((latitude * KM_PER_DEGREE) / cellKm)
  const column = ({ longitude }: Place) => Math.floor((longitude * KM_PER_DEGREE * narrowest) / cellKm)
  const cells = new Map<string, Station[]>()
  for (const station of stations) {
    const key = keyOf(column(station), row(station))
    const cell = cells.get(key)
    if (cell) cell.push(station)
    else cells.set(key, [station])
  }
  const known = new Map<SiteId, readonly NearSite[]>()
  const find = (station: Station): readonly NearSite[] => {
    const found: NearSite[] = []
    const x = column(station)
    const y = row(station)
    const farthest = Math.ceil(GROUND_REACH_KM / cellKm) + 1
    for (let ring = 0; ring <= farthest; ring++) {
      for (const cell of ringOf(x, y, ring)) {
        for (const other of cells.get(cell) ?? []) {
          const km = distanceKm(station, other)
          if (other.id !== station.id && km <= GROUND_REACH_KM) found.push({ site: other.id, km })
        }
      }
      // Whatever stands in a later ring is farther than those found within this one.
      if (found.filter(({ km }) => km <= ring * cellKm).length >= MOST_NEIGHBOURS) break
    }
    return found.sort((a, b) => a.km - b.km || (a.site < b.site ? -1 : 1)).slice(0, MOST_NEIGHBOURS)
  }
  return (site) => {
    const station = byId.get(site)
    if (!station) return []
    const near = known.get(site) ?? find(station)
    known.set(site, near)
    return near
  }
}

/** So large that a square holds some of them. */
function cellOf(stations: readonly Station[]): number {
  const latitudes = stations.map((s) => s.latitude)
  const spanKm = KM_PER_DEGREE * (greatest(latitudes) + 0.1 - least(latitudes))
  return Math.max(0.5, Math.min(40, (2 * spanKm) / Math.sqrt(stations.length + 1)))
}
const least = (xs: readonly number[]): number => xs.reduce((a, b) => Math.min(a, b), 90)
const greatest = (xs: readonly number[]): number => xs.reduce((a, b) => Math.max(a, b), -90)

const keyOf = (x: number, y: number): string => `${x} ${y}`

function* ringOf(x: number, y: number, ring: number): Iterable<string> {
  if (ring === 0) yield keyOf(x, y)
  for (let i = -ring; i < ring; i++) {
    yield keyOf(x + i, y - ring)
    yield keyOf(x + ring, y + i)
    yield keyOf(x - i, y + ring)
    yield keyOf(x - ring, y - i)
  }
}
