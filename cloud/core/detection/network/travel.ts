/**
 * Whether two onsets can be of one source, wherever it is: then they differ by no more than the slowest wave takes
 * from one site to the other. Which wave set a trigger off is not known, and need not be the same at both.
 * Speeds: crustal P 5 to 6 km/s, S 3 to 3.5, surface waves down to 1.5; sound 0.33 to 0.35 km/s.
 */
import type { Felt } from './felt.ts'

export const P_KM_PER_S = 5.8
export const S_KM_PER_S = 3.4
export const SLOWEST_KM_PER_S = 1.5
export const SOUND_KM_PER_S = 0.34
/** Sound is lost beyond. */
export const THUNDER_REACH_KM = 20
/** Waves of what shakes a county are lost, or hours apart, beyond. */
export const GROUND_REACH_KM = 150

/** The longest difference of two onsets so far apart, in milliseconds. */
export function longestLagMs(km: number, a: Felt, b: Felt, medium: 'ground' | 'air'): number {
  const errorMs = Math.hypot(a.errorMs, b.errorMs)
  return (1000 * km) / (medium === 'air' ? 0.97 * SOUND_KM_PER_S : SLOWEST_KM_PER_S) + errorMs
}
