/** The weather of one day in the south of China: monsoon rain from April to August, thunder in its afternoons. */
import type { Random } from './random.ts'
import { HOUR_MS } from './site-spec.ts'

export interface Shower {
  readonly fromMs: number
  readonly toMs: number
  readonly mmPerH: number
}

export interface Weather {
  readonly showers: readonly Shower[]
  readonly storms: readonly { readonly fromMs: number; readonly toMs: number; readonly nearestKm: number }[]
  /** Mean wind of the day's hours, m/s. */
  readonly windMPerS: readonly number[]
  /** How high the streams run after rain, 0 to 1: decays over days. */
  readonly stream: number
}

/** Days with rain a month, and with thunder. @see climate normals of Guilin (WMO 57957): 160 to 170 rain days, some 70 thunder days a year */
const RAIN_DAYS = [13, 14, 18, 19, 18, 17, 14, 13, 8, 8, 9, 9]
const THUNDER_DAYS = [0.5, 1.5, 5, 8, 9, 10, 13, 12, 5, 1, 0.7, 0.3]

export function weatherOf(dayStartMs: number, dayOfYear: number, before: Weather | null, random: Random): Weather {
  const month = Math.min(11, Math.floor(dayOfYear / 30.42))
  const showers: Shower[] = []
  if (random.chance(RAIN_DAYS[month]! / 30)) {
    for (let n = 1 + random.poisson(1.5); n > 0; n--) {
      const fromMs = dayStartMs + random.between(0, 23) * HOUR_MS
      showers.push({ fromMs, toMs: fromMs + random.ratio(0.2, 6) * HOUR_MS, mmPerH: random.ratio(0.3, 12) })
    }
  }
  const storms: { fromMs: number; toMs: number; nearestKm: number }[] = []
  if (random.chance(THUNDER_DAYS[month]! / 30)) {
    const fromMs = dayStartMs + (random.chance(0.7) ? random.between(13, 20) : random.between(0, 24)) * HOUR_MS
    const toMs = fromMs + random.ratio(0.4, 2.5) * HOUR_MS
    storms.push({ fromMs, toMs, nearestKm: random.ratio(0.4, 8) })
    showers.push({ fromMs: fromMs + 0.2 * HOUR_MS, toMs, mmPerH: random.ratio(5, 60) })
  }
  const fallen = showers.reduce((mm, s) => mm + (s.mmPerH * (s.toMs - s.fromMs)) / HOUR_MS, 0)
  const mean = random.ratio(0.6, 4)
  const windMPerS = Array.from({ length: 24 }, (_, hour) => {
    const noon = 0.6 + 0.5 * Math.max(0, Math.sin(((hour - 8) / 12) * Math.PI))
    return mean * noon * Math.exp(0.3 * random.gauss())
  })
  return { showers, storms, windMPerS, stream: Math.min(1, 0.7 * (before?.stream ?? 0) + fallen / 60) }
}

/** Energy of each band over the still night's: people by day, wind in trees, water in streams, drops on the ground. */
export function fillGains(
  gains: Float64Array,
  { weather, hour, atMs, busy }: { weather: Weather; hour: number; atMs: number; busy: number },
): void {
  const day = busy * Math.max(0, Math.sin(((hour - 6) / 15) * Math.PI))
  const wind = weather.windMPerS[Math.floor(hour) % 24]! / 3
  let rain = 0
  for (const s of weather.showers) if (atMs >= s.fromMs && atMs < s.toMs) rain += s.mmPerH * shaped(s, atMs)
  for (let b = 0; b < gains.length; b++)
    gains[b] = 1 + day * PEOPLE[b]! + WIND[b]! * wind ** 3 + weather.stream * STREAM[b]! + rain * DROPS[b]!
}

/** Showers swell and fade. */
const shaped = (s: Shower, atMs: number): number =>
  Math.sin(Math.PI * Math.min(0.999, (atMs - s.fromMs) / (s.toMs - s.fromMs))) ** 0.5

/** Bands of 1.5-4, 4-9, 9-18, 18-30, 30-45 and 45-100 Hz. Rain is felt above some 30 Hz (Dean 2017, https://doi.org/10.1071/PVv2017n191p36). */
const PEOPLE = [0.8, 2, 3, 2.5, 1.5, 1]
const WIND = [0.3, 0.3, 0.4, 0.5, 0.4, 0.3]
const STREAM = [0.2, 3, 5, 3, 1, 0.3]
const DROPS = [0, 0.02, 0.06, 0.2, 0.8, 2]
