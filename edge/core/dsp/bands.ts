/**
 * The filter bank. A band is narrow enough that a drill, a breaker, a vehicle and an earthquake fall into different
 * ones, and wide enough that a shot of 0.1 s rings through it. Names are those of the readings' fields.
 */
export interface Band {
  readonly name: 'To4Hz' | 'To9Hz' | 'To18Hz' | 'To30Hz' | 'To45Hz' | 'To100Hz' | 'To200Hz'
  readonly lowHz: number
  /** `null`: up to what the sample rate shows. */
  readonly highHz: number | null
  /** Centre of what the band really holds at this rate. */
  readonly centreHz: number
  /** Length of the short-term average: a few periods, and enough of them to be steady in noise. */
  readonly staS: number
}

const BANDS = [
  { name: 'To4Hz', lowHz: 1.5, highHz: 4, staS: 1 },
  { name: 'To9Hz', lowHz: 4, highHz: 9, staS: 0.5 },
  { name: 'To18Hz', lowHz: 9, highHz: 18, staS: 0.25 },
  { name: 'To30Hz', lowHz: 18, highHz: 30, staS: 0.2 },
  { name: 'To45Hz', lowHz: 30, highHz: 45, staS: 0.16 },
  { name: 'To100Hz', lowHz: 45, highHz: 100, staS: 0.12 },
  { name: 'To200Hz', lowHz: 100, highHz: 200, staS: 0.12 },
] as const

/** All names, in order of frequency. */
export const BAND_NAMES = BANDS.map((band) => band.name)

/** Below this everything is swell of the sea, wind in trees and drift of the sensor. */
export const LOWEST_HZ = 1.5

/** A band exists if its lower corner is below this share of the sample rate. */
const HIGHEST_CORNER = 0.4
/** Up to here the anti-alias filter of a digitiser lets motion through. */
const HIGHEST_SHARE = 0.45

/** The bands that a sample rate can show; the last is cut, or left open, where the rate ends. */
export function bandsAt(rateHz: number): Band[] {
  return BANDS.filter((band) => band.lowHz < HIGHEST_CORNER * rateHz).map((band) => {
    const highHz = band.highHz < HIGHEST_SHARE * rateHz ? band.highHz : null
    return { ...band, highHz, centreHz: Math.sqrt(band.lowHz * Math.min(band.highHz, 0.5 * rateHz)) }
  })
}
