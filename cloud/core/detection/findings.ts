/** Findings of events, with their reasons. */
import type { BlastPeaks } from '@minewarden/protocol/blast-peaks.ts'
import type { EventFinding, Reason } from '@minewarden/protocol/finding.ts'
import type { SensorId, SiteId } from '@minewarden/protocol/ids.ts'
import { type Bout, boutProbability } from './activity.ts'
import { isFelt } from './attributed-event.ts'
import { attributionReasons } from './attribution-reasons.ts'
import { isAirWave } from './event-class.ts'
import type { JudgedEvent, SettledEvent } from './event-judge.ts'
import { burstLike, roundLike } from './event-shape.ts'
import { reason } from './reasons.ts'

/** At 15 degrees. The ground's own way is left out: it takes a tenth of the time. */
const SOUND_M_PER_S = 340

/** Distance for each second between P and S: P at 6 km/s, S at 3.5. */
const S_MINUS_P_KM_PER_S = 8
/** A coda told as slow, and one told as quick. */
const SLOW_DB_PER_S = 8
const QUICK_DB_PER_S = 12

/** A transient that a person should see. @param context.atMs time of the last measurement that was looked at */
export function eventFinding(
  site: SiteId,
  event: JudgedEvent,
  { atMs, late }: { atMs: number; late: boolean },
): EventFinding {
  const { fields, attributed, before } = event
  return {
    kind: 'event',
    site,
    sensor: event.sensor as SensorId,
    onset: onsetOf(before?.tell ? before : event),
    at: Math.max(atMs, event.measuredMs),
    class: event.class,
    probability: probabilityOf(event),
    durationS: fields.durationS ?? 0,
    peakVelocityMmPerS: fields.peakVelocityMPerS === null ? null : 1000 * fields.peakVelocityMPerS,
    dominantFrequencyHz: fields.dominantHz,
    peaks: peaksOf(event),
    because: [...attributionReasons(attributed), ...eventReasons(event)],
    ...(attributed ? { attributed: attributed.attribution } : {}),
    ...(before?.tell ? { revised: true } : {}),
    late,
  }
}

/** A quarry's round is a blast, though none near by: then it is as sure as that it was one from far. */
const probabilityOf = ({ class: found, scores, attributed }: JudgedEvent): number =>
  found === 'blast' && isFelt(attributed) ? scores.blast + scores.earthquake : scores[found]

/** For people; nothing in detection rests on it. */
function peaksOf({ fields, context }: JudgedEvent): BlastPeaks {
  const air = isAirWave(context.air) ? context.air : null
  return {
    verticalMmPerS: thousandfold(fields.peakVerticalMPerS),
    northMmPerS: thousandfold(fields.peakNorthMPerS),
    eastMmPerS: thousandfold(fields.peakEastMPerS),
    verticalHz: fields.peakVerticalHz ?? null,
    northHz: fields.peakNorthHz ?? null,
    eastHz: fields.peakEastHz ?? null,
    vectorMmPerS: thousandfold(fields.peakVectorMPerS),
    uncertainty: fields.peakUncertainty ?? null,
    airPa: air?.peakPa ?? null,
    airDbL: air?.peakDbL ?? null,
    airUncertainty: air?.peakUncertainty ?? null,
  }
}

/** Rows of gateways that do not send a field yet lack it. */
const thousandfold = (value: number | null | undefined): number | null => (value == null ? null : 1000 * value)

/** No noise that happened to open a transient, but its first shot, or the first wave of it that stands out. */
export const onsetOf = ({ class: found, fields, measuredMs }: SettledEvent): number => {
  const leadMs = 1000 * (fields.mainS ?? 0)
  // The weak P of an earthquake near by is its beginning; what stirred long before is not.
  const counts = found === 'blast' || (found === 'earthquake' && leadMs > LONGEST_LEAD_MS)
  return (fields.onsetMs ?? measuredMs) + (counts ? leadMs : 0)
}
const LONGEST_LEAD_MS = 2000

function eventReasons({ class: found, fields, context }: JudgedEvent): Reason[] {
  const reasons = [reason('above-background', { snrDb: fields.snrDb ?? 0 })]
  const shape = {
    snrDb: fields.snrDb ?? 0,
    spanS: fields.energySpanS ?? 9,
    impulses: fields.impulses ?? 0,
    intervalS: fields.impulseIntervalS ?? 0,
    decayS: fields.decayS ?? 0,
    evenness: fields.impulseEvenness ?? 0,
  }
  if (found === 'blast') {
    reasons.push(reason('sharp-onset', { attackS: fields.attackS ?? 0 }))
    if (roundLike(shape) > burstLike(shape)) {
      reasons.push(reason('round-of-shots', { shots: shape.impulses, spanS: shape.spanS }))
    } else reasons.push(reason('single-burst', { spanS: shape.spanS }))
    if (isAirWave(context.air)) {
      const { delayS, peakPa } = context.air
      reasons.push(reason('air-wave', { delayS, peakPa, distanceM: SOUND_M_PER_S * delayS }))
    }
  }
  if (found === 'earthquake') {
    reasons.push(reason('low-frequency', { lowShare: fields.lowShare ?? 0, durationS: fields.durationS ?? 0 }))
    if (context.trainS) {
      reasons.push(reason('two-waves', { lagS: context.trainS, distanceKm: S_MINUS_P_KM_PER_S * context.trainS }))
    }
  }
  const dbPerS = fields.codaDbPerS ?? null
  if (found === 'earthquake' && dbPerS !== null && -dbPerS < SLOW_DB_PER_S) {
    reasons.push(reason('slow-coda', { dbPerS: -dbPerS }))
  }
  if (found === 'blast' && dbPerS !== null && -dbPerS > QUICK_DB_PER_S) {
    reasons.push(reason('quick-end', { dbPerS: -dbPerS }))
  }
  if (found === 'vehicle') reasons.push(reason('slow-swell', { riseS: fields.riseS ?? 0 }))
  if (found === 'footstep') {
    reasons.push(reason('even-steps', { intervalS: fields.impulseIntervalS ?? 0, count: shape.impulses }))
  }
  if (found === 'other' && context.air) {
    reasons.push(reason('thunder-in-air', { durationS: context.air.spanS, peakPa: context.air.peakPa }))
  }
  return reasons
}

/** A bout of machines or digging, with what is known of it at the time it is told. */
export function boutFinding(
  site: SiteId,
  bout: Bout,
  { sensor, atMs }: { sensor: SensorId; atMs: number },
): EventFinding {
  const seconds = (bout.endMs - bout.onsetMs) / 1000
  const reasons = [reason('machine-level', { excessDb: bout.excessDb, seconds })]
  if (bout.kind === 'digging') reasons.push(reason('irregular-blows', { kurtosis: bout.kurtosis }))
  else if (bout.toneHz !== null) reasons.push(reason('machine-tone', { hz: bout.toneHz, db: bout.toneDb }))
  return {
    kind: 'event',
    site,
    sensor,
    onset: bout.onsetMs,
    at: atMs,
    class: bout.kind,
    probability: boutProbability(bout),
    durationS: seconds,
    peakVelocityMmPerS: 1000 * bout.peakMPerS,
    dominantFrequencyHz: bout.kind === 'machinery' ? bout.toneHz : null,
    because: reasons,
    late: false,
  }
}
