/** Distances over a county, on a plane: good to a metre over some kilometres, to a few parts in a thousand over 200. */

export interface Place {
  readonly latitude: number
  readonly longitude: number
}

export const KM_PER_DEGREE = 111.195

export function distanceKm(a: Place, b: Place): number {
  const middle = ((a.latitude + b.latitude) / 2) * (Math.PI / 180)
  const east = (a.longitude - b.longitude) * Math.cos(middle)
  return KM_PER_DEGREE * Math.hypot(a.latitude - b.latitude, east)
}

/** A place so far east and north of another. */
export const moved = (from: Place, eastKm: number, northKm: number): Place => ({
  latitude: from.latitude + northKm / KM_PER_DEGREE,
  longitude: from.longitude + eastKm / (KM_PER_DEGREE * Math.cos((from.latitude * Math.PI) / 180)),
})
