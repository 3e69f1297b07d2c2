/** The numbers that the small model is given: every feature of an event and its surroundings, put on a gentle scale. */
import type { EventRow } from './event-table.ts'

/** Times and frequencies span decades. */
const log = (x: number | null | undefined, unknown: number): number => Math.log(Math.max(x ?? unknown, 0.02))
const upTo = (x: number, most: number): number => Math.min(Math.max(x, 0), most)

export function featureVector({ fields: f, context: c }: EventRow): number[] {
  const spanS = f.energySpanS ?? 1
  const impulses = f.impulses ?? 0
  return [
    upTo(f.snrDb ?? 0, 45),
    log(f.durationS, 1),
    log(spanS, 1),
    log(f.energyHalfS, 1),
    log(f.riseS, 1),
    log(f.attackS, 0.1),
    log(f.decayS, 0.3),
    f.firstRatio ?? 0.5,
    (f.energyHalfS ?? 0.5) / Math.max(spanS, 0.1),
    f.lowShare ?? 0.4,
    f.highShare ?? 0.2,
    upTo(impulses, 12),
    f.impulseEvenness ?? 0.5,
    impulses > 3 ? (f.impulseIntervalSpread ?? 1) : 1,
    log(f.kurtosis, 5),
    log(f.centroidHz, 10),
    f.spectralSlopeDb ?? 0,
    upTo(-(f.codaDbPerS ?? 0), 60),
    f.codaDbPerS === null ? 1 : 0,
    f.bandingShare ?? 0.2,
    f.phaseLagS === null ? 0 : 1,
    upTo(Math.max(f.snrTo4HzDb ?? 0, f.snrTo9HzDb ?? 0), 40),
    upTo(f.snrTo18HzDb ?? 0, 40),
    upTo(c.neighbours, 6),
    upTo(c.recent, 12),
    upTo(c.alike, 6),
    upTo(c.afterDb, 12),
    upTo(c.followedDb, 12),
    upTo(c.trainS ?? 0, 5),
    c.bout === 'machinery' ? 1 : 0,
    c.bout === 'digging' ? 1 : 0,
    // What the rules know of a burst and of a round, as crudely as a straight line can use it.
    spanS + (f.decayS ?? 0) > 0.3 && spanS < 2.2 ? 1 : 0,
    impulses > 1 && (f.impulseEvenness ?? 0) > 0.55 && spanS > 1 && spanS < 9 ? 1 : 0,
  ]
}
