import { z } from 'zod'
import { Attribution } from './attribution.ts'
import { BlastPeaks } from './blast-peaks.ts'
import { SensorId, SiteId } from './ids.ts'

/** What an event at a sensor was. */
export const EVENT_CLASSES = ['blast', 'earthquake', 'machinery', 'digging', 'vehicle', 'footstep', 'other'] as const
export const EventClass = z.enum(EVENT_CLASSES)
export type EventClass = z.infer<typeof EventClass>

/** The detector's opinion of a site, calm first. */
export const SITE_STATES = ['sealed', 'watch', 'suspected', 'reopened'] as const
export const SiteState = z.enum(SITE_STATES)
export type SiteState = z.infer<typeof SiteState>

/** One reason, as data: pages put it into words in either language (`cloud/core/detection/reason-text.ts`). */
export const Reason = z.strictObject({
  code: z.string(),
  /** Names, numbers and ISO times that the sentence needs. */
  values: z.record(z.string(), z.union([z.string(), z.number()])),
})
export type Reason = z.infer<typeof Reason>

const Time = z.number()

/** Something that a person at the county should see, judged once. Times are {@link Instant}s. */
export const EventFinding = z.strictObject({
  kind: z.literal('event'),
  site: SiteId,
  sensor: SensorId,
  onset: Time,
  /** Time of the last measurement the judgement used. */
  at: Time,
  class: EventClass,
  probability: z.number().min(0).max(1),
  durationS: z.number().min(0),
  peakVelocityMmPerS: z.number().nullable(),
  dominantFrequencyHz: z.number().nullable(),
  /** As blast monitoring reports them; absent for an episode, and in findings of before there were any. */
  peaks: BlastPeaks.optional(),
  because: z.array(Reason),
  /** What it was when seen from several sites; absent: this site alone felt it. */
  attributed: Attribution.optional(),
  /** It takes the place of what was told before of the same sensor and onset. */
  revised: z.literal(true).optional(),
  /** Measured more than 15 minutes before it could be judged: shown, never the ground of an order. */
  late: z.boolean(),
})
export type EventFinding = z.infer<typeof EventFinding>

/**
 * Whether the evidence may ground a cut-off: two kinds of sensor, two causes, not both explained by one registered
 * consumer, none of it late. `because` says what is missing.
 */
export const OrderGrade = z.strictObject({
  met: z.boolean(),
  kinds: z.array(z.string()),
  causes: z.array(z.string()),
  because: z.array(Reason),
})
export type OrderGrade = z.infer<typeof OrderGrade>

/** A change of a site's state. */
export const StateFinding = z.strictObject({
  kind: z.literal('state'),
  site: SiteId,
  at: Time,
  state: SiteState,
  /** Probability that the site has been reopened. */
  probability: z.number().min(0).max(1),
  because: z.array(Reason),
  /** Sensor kinds with evidence of different causes behind it: an order needs two. */
  independentKinds: z.array(z.string()),
  /** Absent in findings of before it was judged. */
  orderGrade: OrderGrade.optional(),
  late: z.boolean(),
})
export type StateFinding = z.infer<typeof StateFinding>

/** How a site without power of its own may have it all the same. */
export const SUPPLY_FACTS = ['generator', 'self-reconnection', 'borrowed-supply', 're-supply'] as const

/** What goes on at a site whose power was cut, or whose meter shows nothing while machines work. */
export const AfterCutFinding = z.strictObject({
  kind: z.literal('after-cut'),
  site: SiteId,
  at: Time,
  fact: z.enum(SUPPLY_FACTS),
  since: Time,
  probability: z.number().min(0).max(1),
  /** An order had cut the power; otherwise the meter is silent by itself. */
  afterCut: z.boolean(),
  because: z.array(Reason),
  late: z.boolean(),
})
export type AfterCutFinding = z.infer<typeof AfterCutFinding>

export const Finding = z.discriminatedUnion('kind', [EventFinding, StateFinding, AfterCutFinding])
export type Finding = z.infer<typeof Finding>
