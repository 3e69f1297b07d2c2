/**
 * What the shape of a transient is like, each as 0 to 1, from physics: a burst of holes, a round of shots, steps, what
 * is strewn in time, sound that rolls over the ground, waves from far. `event-class.ts` weighs them.
 */
import type { FieldsOf } from '@minewarden/protocol/reading.ts'
import { ramp } from './evidence.ts'

export type EventFields = FieldsOf<'event'>

/** Unknown features are replaced by what says nothing. */
export function described(e: EventFields) {
  const bands = [e.snrTo9HzDb, e.snrTo18HzDb, e.snrTo30HzDb, e.snrTo45HzDb, e.snrTo100HzDb, e.snrTo200HzDb]
  return {
    durationS: e.durationS ?? 0,
    snrDb: e.snrDb ?? 0,
    bandsOver: bands.filter((db) => db !== null && db >= 8).length,
    lowDb: Math.max(e.snrTo4HzDb ?? 0, e.snrTo9HzDb ?? 0),
    midDb: e.snrTo18HzDb ?? 0,
    lowShare: e.lowShare ?? 0.4,
    highShare: e.highShare ?? 0.1,
    attackS: e.attackS ?? 0.3,
    riseS: e.riseS ?? 1,
    firstRatio: e.firstRatio ?? 0.4,
    spanS: e.energySpanS ?? 5,
    halfS: e.energyHalfS ?? 2.5,
    decayS: e.decayS ?? 0.5,
    codaDbPerS: e.codaDbPerS ?? null,
    impulses: e.impulses ?? 0,
    intervalS: e.impulseIntervalS ?? 0,
    spread: e.impulseIntervalSpread ?? 1,
    evenness: e.impulseEvenness ?? 0.5,
    kurtosis: e.kurtosis ?? 5,
    /** Share of its span that is as strong as its strongest (noise has a kurtosis of 3): 1 leaves no pauses. */
    filled: (3 * (e.durationS ?? 5)) / (e.kurtosis || 5) / Math.max(e.energySpanS ?? 5, 0.1),
    // Periods in a rectangular burst of the same peakedness: no wave of the ground has less than one.
    cycles: ((e.durationS ?? 5) / (e.kurtosis || 5)) * (e.centroidHz ?? 10),
  }
}
export type Described = ReturnType<typeof described>
type BurstFeatures = Pick<Described, 'spanS' | 'snrDb' | 'impulses' | 'intervalS' | 'evenness' | 'decayS'>

/**
 * 1 for a burst of a fraction of a second to two: several holes, milliseconds apart, without a pause, and the ringing
 * after them. A single blow is over sooner, a spike of the electronics at once.
 */
export const burstLike = (f: BurstFeatures): number =>
  ramp(f.spanS + f.decayS, 0.3, 0.55) *
  (1 - ramp(f.spanS, 1.6, 3)) *
  // Many small arrivals after a large one are echoes of the crust, not holes of a pattern.
  (f.impulses > 2 ? ramp(f.evenness, 0.25, 0.5) : 1) *
  // Two shots a second apart each ring for a while; two taps do not.
  (f.impulses > 1 ? Math.max(1 - ramp(f.intervalS, 0.7, 1), ramp(f.decayS, 0.15, 0.28)) : 1)

/**
 * 1 for one short push with a low ring after it that goes on for half a second and more: a small charge in rock, which a
 * burst's length does not show. A spike of the electronics has not even a third of a period, a tick beside the sensor
 * has no ring, an earthquake is low altogether.
 */
export const pulseLike = (f: Described): number =>
  (f.codaDbPerS === null ? 0 : ramp(-f.codaDbPerS, 12, 20)) *
  ramp(f.snrDb, 28, 36) *
  ramp(f.cycles, 0.15, 0.4) *
  ramp(f.lowShare, 0.03, 0.08) *
  (1 - ramp(f.lowShare, 0.4, 0.6)) *
  (1 - ramp(f.impulses, 1, 3))

/** 1 for a round: several sharp shots of like strength within ten seconds. */
export const roundLike = (f: { spanS: number; impulses: number; evenness: number }): number =>
  ramp(f.impulses, 1.5, 3) * ramp(f.evenness, 0.5, 0.65) * ramp(f.spanS, 1, 2) * (1 - ramp(f.spanS, 8.5, 10))

/**
 * 1 for even steps of a walker, man or beast, who comes near and goes; a round fired at even delays begins at its full
 * strength. A walker is heard coming: his first step is not far above the background.
 */
export const stepLike = (f: Described): number =>
  ramp(f.impulses, 4, 8) *
  (1 - ramp(f.spread, 0.12, 0.3)) *
  ramp(f.intervalS, 0.3, 0.4) *
  (1 - ramp(f.intervalS, 0.9, 1.2)) *
  (1 - Math.max(ramp(f.firstRatio, 0.5, 0.75) * ramp(f.evenness, 0.6, 0.75), ramp(firstDb(f), 22, 30)))

/**
 * 1 for sharp arrivals at any intervals whatever that leave hardly anything low behind, or no pauses between: hooves,
 * stones, a rumble's peaks. Delays of a round scatter by some per cent of their time.
 */
export const strewn = (f: Described): number =>
  Math.max(ramp(f.spread, 0.35, 0.6), ramp(f.spread, 0.2, 0.3) * ramp(f.impulses, 9, 13)) *
  ramp(f.impulses, 3, 5) *
  Math.max(ramp(f.highShare, 0.55, 0.75), ramp(f.filled, 0.8, 1) * (1 - ramp(f.lowShare, 0.2, 0.35))) *
  (1 - burstLike(f))

/**
 * 1 for what goes on for dozens of periods after each arrival and does not lose its high frequencies: sound that rolls
 * over the ground. Rock near by rings for a few periods, and its tail is low.
 */
export const rollsOn = (f: Described): number => {
  const eachCycles = f.cycles / Math.max(1, f.impulses)
  const slow = f.codaDbPerS === null ? UNKNOWN_CODA : 1 - ramp(-f.codaDbPerS, 12, 20)
  return (
    ramp(f.highShare, 0.4, 0.65) *
    Math.max(
      ramp(eachCycles, 6, 10) * slow,
      ramp(eachCycles, 4, 6) * ramp(f.decayS, 1.3, 2),
      // A pattern of holes milliseconds apart is one burst of up to eighteen.
      ramp(f.cycles, 18, 25) * (1 - ramp(f.impulses, 2, 4)),
    )
  )
}
const UNKNOWN_CODA = 0.6

/** How far the first 0.3 s stand above the background. */
export const firstDb = (f: Described): number => f.snrDb + 20 * Math.log10(Math.max(f.firstRatio, 1e-3))

/**
 * 1 for a strong arrival that dies as slowly as waves do that many kilometres have scattered. A shot within some
 * hundred metres falls by 12 dB and more a second; the shots of a round hold the level up by themselves.
 */
export const farCoda = (f: Pick<Described, 'codaDbPerS' | 'snrDb' | 'spanS' | 'impulses' | 'evenness'>): number =>
  f.codaDbPerS === null ? 0 : (1 - ramp(-f.codaDbPerS, 6, 12)) * ramp(f.snrDb, 25, 33) * (1 - roundLike(f))
/** 1 if most of its energy, or its strongest arrival, comes in the first third. */
export const early = ({ halfS, riseS, spanS, firstRatio }: Described): number =>
  Math.max(
    (1 - ramp(halfS / Math.max(spanS, 0.1), 0.35, 0.5)) * (1 - ramp(riseS / Math.max(spanS, 0.1), 0.6, 0.85)),
    (1 - ramp(riseS / Math.max(spanS, 0.1), 0.15, 0.35)) * ramp(firstRatio, 0.3, 0.45),
  )

/** 1 for what swells over seconds and is not low: wheels that come near. */
export const swell = ({ riseS, lowShare }: Described): number => ramp(riseS, 2, 4) * (1 - ramp(lowShare, 0.4, 0.6))
