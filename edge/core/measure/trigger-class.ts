/**
 * How a transient is sought depends on what the sensor is for, which its kind and sample rate tell. At the portal
 * (1000 samples/s, tens of metres) a shot is over in a tenth of a second and every stone, tool and foot is sharp: short
 * averages, a higher ratio. Far off (100 samples/s, up to kilometres) waves are drawn out and weak: averages of
 * several periods, and a lower ratio that follows the coda. The air is heard as a site is.
 *
 * @see Trnkoczy, Understanding and parameter setting of STA/LTA trigger algorithm (NMSOP-2, IS 8.1, 2012): STA of a few
 *   periods of the expected signal and shorter than its duration, LTA longer than the period of irregular noise,
 *   higher thresholds where noise is spiky
 */
export interface TriggerClass {
  readonly name: 'far' | 'site' | 'portal' | 'air'
  /** Multiplies the short averages of the bands (`bands.ts`). */
  readonly staScale: number
  /** Shortest short average. */
  readonly shortestStaS: number
  readonly ltaS: number
  /** Energy of the short average over the long one that opens a transient, and that keeps it open. */
  readonly onRatio: number
  readonly offRatio: number
}

/** What a trigger listens to. */
export type Medium = 'ground' | 'air'

const FAR: TriggerClass = { name: 'far', staScale: 1, shortestStaS: 0.12, ltaS: 25, onRatio: 8, offRatio: 2.5 }
const SITE: TriggerClass = { ...FAR, name: 'site', offRatio: 3 }
const PORTAL: TriggerClass = { name: 'portal', staScale: 0.5, shortestStaS: 0.06, ltaS: 25, onRatio: 10, offRatio: 3 }
const AIR: TriggerClass = { ...SITE, name: 'air' }

/** Geophones below this rate stand far off, from {@link PORTAL_HZ} on at a portal. */
const SITE_HZ = 150
const PORTAL_HZ = 800

export function triggerClassOf(medium: Medium, rateHz: number): TriggerClass {
  if (medium === 'air') return AIR
  if (rateHz >= PORTAL_HZ) return PORTAL
  return rateHz >= SITE_HZ ? SITE : FAR
}
