import type { EarthquakeAct } from './act.ts'
import { steepBandPass, steepNoise } from './filters.ts'
import type { Random } from './random.ts'

/**
 * A regional earthquake: P, then S eight kilometres a second of distance later, then a coda that dies over a minute.
 *
 * A model: band-passed noise under an envelope. The amplitude is an order of magnitude for its magnitude and distance,
 * not one of the published ground motion relations; mechanism, path and site are left out.
 */

const CODA_S = 14
/** Of the whole clip: the coda is then below a thousandth of the peak. */
const LENGTH_CODAS = 7

/** Peak ground velocity, m/s: tenfold for a magnitude, falling with distance to the power 1.7. */
export const quakePeakMPerS = ({ magnitude, distanceKm }: EarthquakeAct): number =>
  10 ** (magnitude - 1.7 * Math.log10(distanceKm) - 4.8)

/** Up, north, east in m/s from the arrival of P on. */
export function quakeMotion(act: EarthquakeAct, rateHz: number, random: Random): Float64Array[] {
  const sAfterS = act.distanceKm / 8
  const count = Math.ceil((sAfterS + LENGTH_CODAS * CODA_S) * rateHz)
  // Small ones are higher, far ones are lower.
  const pHz = 9 - 0.02 * act.distanceKm - 0.5 * (act.magnitude - 3)
  const sHz = 0.6 * pHz
  return [0, 1, 2].map((axis) => {
    const p = steepBandPass(pHz, rateHz, 0.7)
    const s = steepBandPass(sHz, rateHz, 0.6)
    const pScale = (axis === 0 ? 0.28 : 0.13) / steepNoise(pHz, rateHz, 0.7)
    const sScale = (axis === 0 ? 0.6 : 1) / steepNoise(sHz, rateHz, 0.6)
    // Peaks of such noise stand at about three standard deviations.
    const peak = quakePeakMPerS(act) / 3
    return Float64Array.from({ length: count }, (_, i) => {
      const t = i / rateHz
      const direct = p(random.gaussian()) * pScale * envelope(t, 0.25, sAfterS * 0.5 + 2)
      const shear = s(random.gaussian()) * sScale * envelope(t - sAfterS, 0.6, CODA_S)
      return peak * (direct + shear)
    })
  })
}

/** Rises within `riseS`, then falls by 1/e each `fallS`. */
const envelope = (t: number, riseS: number, fallS: number): number =>
  t <= 0 ? 0 : (1 - Math.exp(-t / riseS)) * Math.exp(-t / fallS)
