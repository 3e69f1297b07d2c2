import type { Reason } from '@minewarden/protocol/finding.ts'

/** Every reason the detector can give, with the values its sentence needs (`reason-text.ts` puts it into words). */
export interface ReasonValues {
  /** A blast near by. */
  blast: { at: string; probability: number; snrDb: number }
  'blast-at-night': { at: string; probability: number; snrDb: number }
  /** Machines heard over the last hours. */
  machinery: { minutes: number; bouts: number; since: string }
  /** A line at a rock drill's blow rate. */
  drilling: { hz: number; bouts: number; since: string }
  /** An engine's line that wanders. */
  generator: { hz: number; since: string }
  digging: { minutes: number; since: string }
  /** Machines run while the load is on. */
  'machinery-with-load': { minutes: number }
  'machinery-around-blast': { minutes: number }
  /** Load that no registered consumer explains. */
  'motor-load': { kw: number; minutes: number; since: string }
  /** The smallest and the largest of them. */
  'motor-starts': { count: number; fromKw: number; toKw: number; since: string }
  'heating-load': { kw: number; minutes: number }
  'probe-status': { sensor: string; status: string; since: string }
  /** The permit does not cover what was measured. */
  'permit-void': { permit: string; at: string }
  /** Nobody watches: what is not heard is not known to be quiet. */
  'sensors-silent': { kinds: string; since: string }
  /** The quiet level of a geophone has been raised to the bound of what is followed. */
  'background-raised': { sensor: string; db: number; hours: number; fromHz: number; toHz: number; since: string }
  /** Nothing unusual is left. */
  calm: { since: string }
  /** What goes on at a site without power of its own; `cut` is empty where no order cut it. */
  'generator-runs': { hz: number; minutes: number; since: string; cut: string }
  'machines-without-load': { minutes: number; since: string; cut: string }
  'supply-returned': { watts: number; since: string; cut: string }
  'neighbour-feeds': { meter: string; starts: number; since: string }
  /** Why evidence may not ground a cut-off. Kinds and causes have spaces between. */
  'grade-few-kinds': { kinds: string }
  'grade-few-causes': { causes: string }
  'grade-explained-load': { kw: number; ratedKw: number }
  'grade-permit': Record<string, never>
  'grade-late': { kinds: string }
  /** Features of a single event. */
  'sharp-onset': { attackS: number }
  'round-of-shots': { shots: number; spanS: number }
  'single-burst': { spanS: number }
  'slow-swell': { riseS: number }
  'even-steps': { intervalS: number; count: number }
  'low-frequency': { lowShare: number; durationS: number }
  /** Dies as slowly as waves that distance has drawn out, or as fast as a shot near by does. */
  'slow-coda': { dbPerS: number }
  'quick-end': { dbPerS: number }
  /** P and S: the lag gives a distance. */
  'two-waves': { lagS: number; distanceKm: number }
  'above-background': { snrDb: number }
  /** Its lag behind the ground gives the distance. */
  'air-wave': { delayS: number; peakPa: number; distanceM: number }
  'thunder-in-air': { durationS: number; peakPa: number }
  /** What the sites around felt with it; `km` is the distance, negative where it is not known. */
  'felt-earthquake': { sites: number; km: number }
  'felt-quarry': { sites: number; km: number; quarry: string }
  'felt-thunder': { sites: number }
  'felt-far': { sites: number; km: number }
  'near-other-site': { site: string; sites: number; km: number }
  'near-this-site': { sites: number }
  'located-within': { km: number }
  'machine-level': { excessDb: number; seconds: number }
  'machine-tone': { hz: number; db: number }
  'irregular-blows': { kurtosis: number }
}
export type ReasonCode = keyof ReasonValues

/** Those of what several sites felt: one of them stands first where an event was attributed. */
export const ATTRIBUTION_CODES: readonly string[] = [
  'felt-earthquake',
  'felt-quarry',
  'felt-thunder',
  'felt-far',
  'near-other-site',
  'near-this-site',
] satisfies ReasonCode[]

/** A reason as data; numbers are rounded for people. */
export function reason<C extends ReasonCode>(code: C, values: ReasonValues[C]): Reason {
  const rounded = Object.entries(values as Record<string, string | number>).map(([name, value]) => [
    name,
    typeof value === 'number' ? Number(value.toPrecision(3)) : value,
  ])
  return { code, values: Object.fromEntries(rounded) as Reason['values'] }
}
