/** Whether a licensed quarry may have blasted at a moment, and whether a place is its. */
import type { LicensedQuarry } from '@minewarden/protocol/quarry.ts'
import { distanceKm, type Place } from './geometry.ts'

const HOUR_MS = 3_600_000
/** Shots are fired a little before and after the hour that was announced. */
const MARGIN_HOURS = 0.1

export function mayBlast({ from, to, windows }: LicensedQuarry, atMs: number, utcOffsetHours: number): boolean {
  if (atMs < from || atMs > to) return false
  const local = new LocalTime(atMs, utcOffsetHours)
  return windows.some(
    ({ days, fromHour, toHour }) =>
      days.includes(local.weekday) && local.hour >= fromHour - MARGIN_HOURS && local.hour <= toHour + MARGIN_HOURS,
  )
}

class LocalTime {
  readonly weekday: number
  readonly hour: number
  constructor(atMs: number, utcOffsetHours: number) {
    const hours = atMs / HOUR_MS + utcOffsetHours
    const days = Math.floor(hours / 24)
    this.hour = hours - 24 * days
    // 1 January 1970 was a Thursday.
    this.weekday = ((days + 3) % 7) + 1
  }
}

/** The nearest quarry whose ground a place may be on, given what the place is uncertain by. */
export function quarryAt(
  quarries: readonly LicensedQuarry[],
  place: Place & { readonly uncertaintyKm: number },
): LicensedQuarry | null {
  const near = quarries
    .map((quarry) => ({ quarry, km: distanceKm(quarry, place) }))
    .filter(({ quarry, km }) => km <= quarry.radiusKm + Math.min(place.uncertaintyKm, MOST_UNCERTAIN_KM))
  near.sort((a, b) => a.km - b.km)
  return near[0]?.quarry ?? null
}
/** A place known no better than this is nobody's. */
const MOST_UNCERTAIN_KM = 10
