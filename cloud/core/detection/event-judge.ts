/**
 * Holds each transient until its surroundings are known (what else shook within half a minute, what the microphone
 * heard), then says once what it was. Two geophones of a site that felt the same thing report it once.
 */
import type { EventClass } from '@minewarden/protocol/finding.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { type Attributed, attributedClass, attributedScores, isFelt, LEAST_FELT_DB } from './attributed-event.ts'
import { type AirWave, type ClassScores, classify, type EventContext, likeliest } from './event-class.ts'
import type { EventFields } from './event-shape.ts'
import { pushBounded } from './evidence.ts'

/** Plain JSON, one for each site. */
export interface EventJudge {
  pending: HeldEvent[]
  /** Transients of the last minutes; `machine`: a machine that ran then explains them. */
  recent: RecentEvent[]
  air: (Omit<AirWave, 'delayS'> & { onsetMs: number })[]
  told: { class: EventClass; key: string; onsetMs: number }[]
  /** Judged of late; other sites may still have a word in it. Absent in a checkpoint of before they were asked. */
  settled?: SettledEvent[]
}

interface RecentEvent {
  readonly key: string
  readonly onsetMs: number
  readonly snrDb: number
  readonly peakMPerS: number
  /** Absent in a checkpoint of before it was kept. */
  readonly lowShare?: number
  readonly durationS?: number
  readonly spanS?: number
  machine: boolean
}

export interface HeldEvent {
  /** `gateway/sensor`. */
  readonly key: string
  readonly sensor: string
  readonly measuredMs: number
  readonly fields: EventFields
  /** Whether it was looked at early. */
  looked: boolean
  /** What the sites around say of it; absent: nothing. */
  attributed?: Attributed
}

/** What machines or diggers did at a sensor (`gateway/sensor`) at a moment. */
export type BoutAt = (key: string, atMs: number) => EventContext['bout']

export interface JudgedEvent extends HeldEvent {
  readonly class: EventClass
  readonly scores: ClassScores
  readonly context: EventContext
  /** Worth telling a person, and not told by another geophone of the site. */
  readonly tell: boolean
  /** What it was taken for before others had felt it as well; absent: this is the first word. */
  readonly before?: SettledEvent
}

/** An event that was judged, with what is needed to judge it anew. */
export type SettledEvent = Omit<JudgedEvent, 'before'>

/** Long enough for the next half minute's transients to have ended and been reported. */
const HOLD_MS = 40_000
/** What stands out so far, and is so sure a blast, is judged after so short a time. */
const PLAIN_DB = 35
const PLAIN_PROBABILITY = 0.6
const PLAIN_AFTER_MS = 6000
const NEAR_MS = 30_000
const RECENT_MS = 600_000
/** A storm's claps, an earthquake's aftershocks: waves of a second and more, not much weaker, within half an hour. */
const STORM_MS = 1_800_000
const STORM_SPAN_S = 1
const STORM_DB = 12
/** What comes together is one thing's: a walker, a crew. */
const STORM_APART_MS = 120_000
/** Weaker ones by more than this are not company. */
const COMPARABLE_DB = 6
/** Alike: within so much in strength, and in the share of energy below 9 Hz. */
const ALIKE_DB = 4
const ALIKE_SHARE = 0.2
/** A machine that ran so long before an event did not begin with it. */
const RAN_BEFORE_MS = 15_000
const AFTER_MS = 120_000
/** From P to S of an earthquake some two hundred kilometres away. */
const FORERUN_MS = 30_000
/** One train runs into another: without a pause longer than this, with an amplitude so many times larger, for so long. */
const ADJOINING_MS = 1000
const TRAIN_RATIO = 1.6
const TRAIN_SPAN_S = 3
/** What has aftershocks worth the name. */
const STRONG_DB = 21
const SAME_MS = 3000
const AIR_BEFORE_MS = 2500
/** Sound over 1.5 km. */
const AIR_AFTER_MS = 5000
const PENDING_CEILING = 128
const RECENT_CEILING = 512
const TOLD_CEILING = 16
const AIR_CEILING = 64
const SETTLED_CEILING = 32
/** What other sites say later than this after an onset is not heard: an event is told for good within two minutes. */
const OPEN_MS = 90_000

export const createEventJudge = (): EventJudge => ({ pending: [], recent: [], air: [], told: [] })

/** A transient on the ground; returns those that had to be judged early because too many wait. */
export function takeEvent(state: EventJudge, key: string, reading: ReadingOf<'event'>, boutAt: BoutAt): JudgedEvent[] {
  const { fields, measuredAt } = reading
  const onsetMs = fields.onsetMs ?? measuredAt
  const peakMPerS = fields.peakVelocityMPerS ?? 0
  const { snrDb, lowShare, durationS, energySpanS } = fields
  const recent: RecentEvent = {
    key,
    onsetMs,
    snrDb: snrDb ?? 0,
    peakMPerS,
    lowShare: lowShare ?? 0,
    durationS: durationS ?? 0,
    spanS: energySpanS ?? 0,
    machine: false,
  }
  pushBounded(state.recent, recent, RECENT_CEILING)
  state.pending.push({ key, sensor: reading.sensor ?? '', measuredMs: measuredAt, fields, looked: false })
  return state.pending.length > PENDING_CEILING ? [judge(state, state.pending.shift()!, boutAt)] : []
}

export function takeAirEvent(state: EventJudge, { fields, measuredAt }: ReadingOf<'airEvent'>): void {
  const air = {
    onsetMs: fields.onsetMs ?? measuredAt,
    spanS: fields.energySpanS ?? 0,
    decayS: fields.decayS ?? 0,
    firstRatio: fields.firstRatio ?? 0,
    peakPa: fields.peakPressurePa ?? 0,
    peakDbL: fields.peakDbL,
    peakUncertainty: fields.peakUncertainty,
  }
  pushBounded(state.air, air, AIR_CEILING)
}

/** Judges all whose time has come, and what is plain already. */
export function judgeUntil(state: EventJudge, nowMs: number, boutAt: BoutAt): JudgedEvent[] {
  const ready: JudgedEvent[] = []
  for (let i = 0; i < state.pending.length; ) {
    const event = state.pending[i]!
    if (event.measuredMs + HOLD_MS <= nowMs || isPlain(state, event, nowMs, boutAt)) {
      state.pending.splice(i, 1)
      ready.push(judge(state, event, boutAt))
    } else i++
  }
  while (state.recent.length > 0 && nowMs - state.recent[0]!.onsetMs > STORM_MS + 2 * HOLD_MS + NEAR_MS) {
    state.recent.shift()
  }
  return ready
}

/** A strong blast need not wait for what comes after it; looked at once, when its air wave has had time to come. */
function isPlain(state: EventJudge, event: HeldEvent, nowMs: number, boutAt: BoutAt): boolean {
  if (event.looked || (event.fields.snrDb ?? 0) < PLAIN_DB || event.measuredMs + PLAIN_AFTER_MS > nowMs) return false
  event.looked = true
  return classify(event.fields, contextOf(state, event, boutAt)).blast >= PLAIN_PROBABILITY
}

/** What one looks like at once, before all of its surroundings are known. */
export function glance(state: EventJudge, event: HeldEvent, boutAt: BoutAt): Pick<JudgedEvent, 'scores' | 'context'> {
  const context = contextOf(state, event, boutAt)
  return { scores: classify(event.fields, context), context }
}

/** Judges one by itself, from what is known now: for evidence that came too late to wait. */
export function judge(state: EventJudge, event: HeldEvent, boutAt: BoutAt): JudgedEvent {
  const context = contextOf(state, event, boutAt)
  const { scores, found } = opinionOf(event, context)
  const onsetMs = event.fields.onsetMs ?? event.measuredMs
  if (context.bout === 'machinery') {
    for (const e of state.recent) if (e.key === event.key && e.onsetMs === onsetMs) e.machine = true
  }
  const again = state.told.some(
    (t) => t.class === found && t.key !== event.key && Math.abs(t.onsetMs - onsetMs) < SAME_MS,
  )
  const tell = !again && worthTelling(found, scores, event)
  if (tell) pushBounded(state.told, { class: found, key: event.key, onsetMs }, TOLD_CEILING)
  const judged = { ...event, class: found, scores, context, tell }
  // Snapshots hold what may still be revised, and no more.
  state.settled = (state.settled ?? []).filter((e) => event.measuredMs - e.measuredMs < OPEN_MS)
  pushBounded(state.settled, judged, SETTLED_CEILING)
  return judged
}

/** What it is, from its features, its surroundings, and the sites around. */
function opinionOf(
  { fields, attributed }: HeldEvent,
  context: EventContext,
): { scores: ClassScores; found: EventClass } {
  const own = classify(fields, context)
  if (!attributed) return { scores: own, found: classOf(own) }
  const scores = attributedScores(own, attributed)
  return { scores, found: attributedClass(own, classOf(scores), attributed) }
}

/**
 * Other sites felt it as well.
 * @returns the event judged anew, if it was judged before and that changes what is told or believed; else `null`
 */
export function attribute(
  state: EventJudge,
  { key, onsetMs, nowMs }: { key: string; onsetMs: number; nowMs: number },
  attributed: Attributed,
): JudgedEvent | null {
  const isIt = (e: HeldEvent) => e.key === key && (e.fields.onsetMs ?? e.measuredMs) === onsetMs
  const pending = state.pending.find(isIt)
  if (pending) pending.attributed = attributed
  if (pending || nowMs - onsetMs > OPEN_MS) return null
  const settled = state.settled ?? []
  const before = settled.find(isIt)
  if (!before) return null
  const event: HeldEvent = { ...before, attributed }
  const { scores, found } = opinionOf(event, before.context)
  const tell = before.tell || worthTelling(found, scores, event)
  const after: SettledEvent = { ...event, class: found, scores, context: before.context, tell }
  settled.splice(settled.indexOf(before), 1, after)
  if (!tell || !(isFelt(attributed) || isFelt(before.attributed))) return null
  return { ...after, before }
}

function contextOf(state: EventJudge, { key, fields, measuredMs }: HeldEvent, boutAt: BoutAt): EventContext {
  const onsetMs = fields.onsetMs ?? measuredMs
  const bout = boutAt(key, onsetMs)
  const least = (fields.snrDb ?? 0) - COMPARABLE_DB
  const others = state.recent.filter((e) => e.key === key && e.onsetMs !== onsetMs && e.snrDb >= least)
  const before = state.recent.filter(
    (e) => e.key === key && e.onsetMs < onsetMs && e.onsetMs > onsetMs - AFTER_MS && e.snrDb > STRONG_DB,
  )
  const peaks = state.recent.filter(
    (e) => e.key === key && e.onsetMs > onsetMs && e.onsetMs < onsetMs + FORERUN_MS && e.peakMPerS > 0,
  )
  const peak = fields.peakVelocityMPerS ?? 0
  const stronger = Math.max(peak, ...peaks.map((e) => e.peakMPerS)) / peak
  return {
    neighbours: others.filter((e) => Math.abs(e.onsetMs - onsetMs) < NEAR_MS).length,
    recent: others.filter((e) => !e.machine && e.onsetMs < onsetMs - NEAR_MS && e.onsetMs > onsetMs - RECENT_MS).length,
    storm: stormOf(state, key, onsetMs, fields),
    alike: state.recent.filter((e) => e.key === key && isAlike(e, onsetMs, fields)).length,
    afterDb: Math.max(0, ...before.map((e) => e.snrDb)) - (fields.snrDb ?? 0),
    followedDb: peak > 0 ? 20 * Math.log10(stronger) : 0,
    trainS: trainOf(state, key, onsetMs),
    bout,
    boutBegan: bout !== null && boutAt(key, onsetMs - RAN_BEFORE_MS) === null,
    air: airWaveOf(state, onsetMs + 1000 * (fields.mainS ?? 0)),
  }
}

/** How long the first of two adjoining trains took, of which the one at `onsetMs` is either. */
function trainOf(state: EventJudge, key: string, onsetMs: number): number | null {
  const near = state.recent.filter((e) => e.key === key && Math.abs(e.onsetMs - onsetMs) < FORERUN_MS)
  const own = near.find((e) => e.onsetMs === onsetMs)
  if (!own) return null
  const first = near.find((e) => runsInto(e, own))
  if (first) return (onsetMs - first.onsetMs) / 1000
  const second = near.find((e) => runsInto(own, e))
  return second ? (second.onsetMs - onsetMs) / 1000 : null
}

const runsInto = (first: RecentEvent, second: RecentEvent): boolean => {
  const lagMs = second.onsetMs - first.onsetMs
  return (
    lagMs > 0 &&
    lagMs < FORERUN_MS &&
    Math.abs(lagMs - 1000 * (first.durationS ?? 0)) < ADJOINING_MS &&
    second.peakMPerS > TRAIN_RATIO * first.peakMPerS &&
    (second.spanS ?? 0) > TRAIN_SPAN_S
  )
}

/** Over how much of the half hour before they came, in stretches. */
function stormOf(state: EventJudge, key: string, onsetMs: number, fields: EventFields): number {
  const claps = state.recent.filter((e) => e.key === key && isOfStorm(e, onsetMs, fields))
  return new Set(claps.map((e) => Math.floor((onsetMs - e.onsetMs) / STORM_APART_MS))).size
}

const isOfStorm = (e: RecentEvent, onsetMs: number, { snrDb }: EventFields): boolean =>
  !e.machine &&
  e.onsetMs < onsetMs - NEAR_MS &&
  e.onsetMs > onsetMs - STORM_MS &&
  (e.spanS ?? 0) >= STORM_SPAN_S &&
  e.snrDb >= (snrDb ?? 0) - STORM_DB

/** Whether an earlier transient was like another: the same noise of the same place comes back. */
const isAlike = (e: RecentEvent, onsetMs: number, { snrDb, lowShare }: EventFields): boolean =>
  e.onsetMs < onsetMs - SAME_MS &&
  e.onsetMs > onsetMs - RECENT_MS &&
  Math.abs(e.snrDb - (snrDb ?? 0)) <= ALIKE_DB &&
  Math.abs((e.lowShare ?? 0) - (lowShare ?? 0)) <= ALIKE_SHARE

/** The strongest transient in the air that can belong to one on the ground; a gust may stand beside it. */
function airWaveOf(state: EventJudge, groundMs: number): AirWave | null {
  const near = state.air.filter((a) => a.onsetMs > groundMs - AIR_BEFORE_MS && a.onsetMs < groundMs + AIR_AFTER_MS)
  if (near.length === 0) return null
  const { onsetMs, ...air } = near.reduce((a, b) => (b.peakPa > a.peakPa ? b : a))
  return { ...air, delayS: (onsetMs - groundMs) / 1000 }
}

/** A report that nobody needs is a cost: how sure and how strong each class must be. */
const LEAST = {
  blast: { probability: 0.3, snrDb: 14 },
  earthquake: { probability: 0.15, snrDb: 12 },
  vehicle: { probability: 0.35, snrDb: 18 },
  footstep: { probability: 0.3, snrDb: 16 },
  // Machines and digging are told as bouts, from windows (`activity.ts`).
  digging: null,
  machinery: null,
  other: { probability: 0.9, snrDb: 20 },
} as const satisfies { [K in EventClass]: { probability: number; snrDb: number } | null }

/**
 * What is told as a blast or as an earthquake is told from a lower probability on than the most probable class would
 * need: a round that nobody hears of costs more than a look at a site for nothing.
 */
function classOf(scores: ClassScores): EventClass {
  const { blast, earthquake } = scores
  if (blast >= LEAST.blast.probability && blast >= earthquake) return 'blast'
  if (blast + earthquake >= LEAST.earthquake.probability) return 'earthquake'
  return likeliest(scores)
}

function worthTelling(found: EventClass, scores: ClassScores, { fields, attributed }: HeldEvent): boolean {
  const far = found === 'earthquake' || found === 'blast'
  if (far && isFelt(attributed)) return (fields.snrDb ?? 0) >= LEAST_FELT_DB
  const least = LEAST[found]
  const probability = found === 'earthquake' ? scores.earthquake + scores.blast : scores[found]
  return least !== null && probability >= least.probability && (fields.snrDb ?? 0) >= least.snrDb
}
