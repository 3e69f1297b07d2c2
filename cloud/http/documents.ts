import type { Attribution } from '@minewarden/protocol/attribution.ts'
import { type BlastJudgement, judgeBlast } from '@minewarden/protocol/blast-judgement.ts'
import type { ProtectedObject } from '@minewarden/protocol/blast-limits.ts'
import type { BlastPeaks } from '@minewarden/protocol/blast-peaks.ts'
import type {
  AfterCutFinding,
  EventClass,
  EventFinding,
  Finding,
  Reason,
  SiteState,
  StateFinding,
} from '@minewarden/protocol/finding.ts'
import type { SiteId } from '@minewarden/protocol/ids.ts'
import type { OrderContent } from '@minewarden/protocol/order.ts'
import type { Reading, ReadingKind } from '@minewarden/protocol/reading.ts'
import type { GasCheck, RestorationContent } from '@minewarden/protocol/restoration.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type ClockQuality, type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import type { MarkCause, Verdict } from '../core/feedback/mark.ts'
import type { Called, CallState } from '../core/orders/authority-state.ts'
import type { Effect, WatchFact } from '../core/orders/progress.ts'
import type { Restoration, RestorationState } from '../core/orders/restoration-record.ts'
import type { GatewayView, OrderState, OrderView, SiteView, User } from '../core/ports.ts'
import type { ReasonText, Words } from './deps.ts'
import { type LegalDocument, legalDocument, type PeopleDocument, peopleDocument } from './order-record-documents.ts'

/** What the API says, as JSON: times are ISO 8601, reasons are in both languages. The console reads these types. */

export interface ReasonDocument extends Words {
  readonly code: string
  /** Names, numbers and ISO times of the sentence, for a reader that words it itself. */
  readonly values: Reason['values']
}
export interface GatewayDocument {
  readonly id: string
  readonly online: boolean
  readonly since: string | null
  readonly lastReadingAt: string | null
  readonly sensors: readonly {
    readonly id: string
    readonly kind: string | null
    readonly online: boolean
    readonly state: string
  }[]
}
/** What stands beside each finding: its number, and what people said of it. */
interface Numbered {
  /** Absent in the last event of a site. */
  readonly number?: number
  /** `null`: nobody has marked it. Note and name are empty for readers who are not signed in. */
  readonly mark?: {
    readonly verdict: Verdict
    readonly cause: MarkCause | null
    readonly note: string
    readonly name: string
    readonly at: string
  } | null
}
export interface EventDocument extends Numbered {
  readonly kind: 'event'
  readonly site: string
  readonly sensor: string
  readonly onset: string
  readonly at: string
  readonly class: EventClass
  readonly probability: number
  readonly durationS: number
  readonly peakVelocityMmPerS: number | null
  readonly dominantFrequencyHz: number | null
  /** Absent where the finding has none. */
  readonly peaks?: BlastPeaks | undefined
  /** A blast's peaks against the limits for what the site protects; absent for anything but a blast. */
  readonly blast?: BlastJudgement
  readonly because: readonly ReasonDocument[]
  /** What it was when seen from several sites; its `event` is the same at all of them. */
  readonly attributed?: Attribution | undefined
  readonly late: boolean
}
export interface StateDocument extends Numbered {
  readonly kind: 'state'
  readonly site: string
  readonly at: string
  readonly state: SiteState
  readonly probability: number
  readonly because: readonly ReasonDocument[]
  readonly independentKinds: readonly string[]
  /** Whether it may ground a cut-off, and what is missing; absent where it was not judged. */
  readonly orderGrade?: {
    readonly met: boolean
    readonly kinds: readonly string[]
    readonly causes: readonly string[]
    readonly because: readonly ReasonDocument[]
  }
  readonly late: boolean
}
/** Power at a site that was cut, or whose meter shows nothing. */
export interface AfterCutDocument extends Numbered {
  readonly kind: 'after-cut'
  readonly site: string
  readonly at: string
  readonly fact: AfterCutFinding['fact']
  readonly since: string
  readonly probability: number
  readonly afterCut: boolean
  readonly because: readonly ReasonDocument[]
  readonly late: boolean
}
export type FindingDocument = EventDocument | StateDocument | AfterCutDocument

export interface SiteDocument {
  readonly id: string
  readonly name: string
  readonly state: SiteState
  readonly probability: number
  readonly since: string | null
  readonly because: readonly ReasonDocument[]
  readonly county: string
  readonly township: string | null
  readonly latitude: number
  readonly longitude: number
  readonly area: Site['area']
  readonly protectedObject: ProtectedObject | null
  readonly closedOn: string | null
  readonly expectedLoads: Site['expectedLoads']
  readonly permits: readonly { readonly reason: string; readonly from: string; readonly to: string }[]
  readonly supplyPoints: Site['supplyPoints']
  readonly gateways: readonly GatewayDocument[]
  readonly lastEvent: EventDocument | null
}

export interface OrderDocument {
  readonly id: string
  readonly sequence: number
  readonly site: string
  readonly supplier: string
  readonly state: OrderState
  readonly draftedAt: string
  readonly validUntil: string
  readonly because: readonly ReasonDocument[]
  readonly supplyPoints: readonly OrderPointDocument[]
  readonly gates: readonly {
    readonly code: string
    readonly passed: boolean
    /** The problems in one English line; empty when there are none. */
    readonly detail: string
    readonly problems: readonly ReasonDocument[]
  }[]
  readonly approvals: readonly {
    readonly user: string
    readonly name: string
    readonly department: string
    readonly role: OrderView['approvals'][number]['role']
    readonly at: string
    /** How the person proved to be present; `null` in records from before proofs were kept. */
    readonly proof: OrderView['approvals'][number]['proof']
  }[]
  readonly timeline: readonly {
    readonly at: string
    readonly what: string
    /** The notes in one English line. */
    readonly detail: string
    readonly notes: readonly ReasonDocument[]
  }[]
  readonly legal: LegalDocument
  readonly people: PeopleDocument
  /** What is asked, word for word: `documentSha256` is its hash. */
  readonly document: OrderContent
  readonly documentSha256: string
  /** The standing authorisation that it was drafted under; `problems` is empty while it carries the order. */
  readonly standing: {
    readonly id: string
    readonly detail: string
    readonly problems: readonly ReasonDocument[]
  } | null
  /** The window in which anybody may say no to an order that goes out by itself. */
  readonly veto: {
    readonly until: string
    readonly passedAt: string | null
    readonly over: { readonly at: string; readonly by: string; readonly reason: string } | null
  } | null
  /** Who must act, and when it goes higher; `event`: the line of the timeline that it is about. */
  readonly call: {
    readonly kind: CallState['kind']
    readonly who: Called
    readonly level: number
    readonly since: string
    readonly nextAt: string | null
    readonly event: number | null
  } | null
  readonly stopped: {
    readonly name: string
    readonly at: string
    readonly reason: string
    /** When the supplier said that it knows; `null`: not yet. */
    readonly confirmedAt: string | null
  } | null
  readonly effect: { readonly verdict: Effect['verdict']; readonly at: string } | null
  readonly restoration: RestorationDocument | null
  readonly watch: {
    readonly from: string
    /** `null`: until the power is lawfully restored. */
    readonly until: string | null
    readonly seen: readonly { readonly fact: WatchFact; readonly at: string; readonly since: string }[]
  } | null
  readonly issuedAt: string | null
  readonly endedAt: string | null
}

/** The document that gives the power back, and how far it is. */
export interface RestorationDocument {
  readonly id: string
  readonly state: RestorationState
  readonly document: RestorationContent
  readonly documentSha256: string
  readonly approvals: readonly {
    readonly user: string
    readonly name: string
    readonly department: string
    readonly role: string
    readonly at: string
  }[]
  readonly gasChecks: readonly GasCheck[]
  readonly supplyPoints: readonly { readonly id: string; readonly stage: number; readonly result: string | null }[]
  readonly validUntil: string
}

/** A supply point under an order: how far it is. */
export interface OrderPointDocument {
  readonly id: string
  readonly supplier: string
  readonly location: string
  readonly loadClass: string
  readonly metered: boolean
  readonly result: string | null
  readonly executedAt: string | null
  /** The newest reply to a selection of the point. */
  readonly selected: {
    readonly at: string
    readonly granted: boolean
    readonly validUntil: string | null
    readonly because: readonly ReasonDocument[]
    readonly ticket: string
    readonly operator: string
    readonly supervisor: string
  } | null
}

export interface ReadingDocument {
  readonly site: string
  readonly gateway: string
  readonly sensor: string | null
  readonly kind: ReadingKind
  readonly channel: string | null
  readonly measuredAt: string
  /** How good the clock was, and within how many ms the true time lies; `null`: not told. */
  readonly clock: ClockQuality
  readonly clockErrorMs: number | null
  readonly fields: { readonly [field: string]: number | string | boolean | null }
}

/** One stretch of history. Times are milliseconds after `from`, to spare a page thousands of ISO strings. */
export interface TraceDocument {
  readonly gateway: string
  readonly sensor: string
  readonly kind: ReadingKind
  readonly from: string
  readonly to: string
  readonly series: readonly {
    readonly field: string
    readonly unit: string
    readonly channel: string | null
    readonly offsetsMs: readonly number[]
    readonly values: readonly (number | string | null)[]
  }[]
}

export interface UserDocument {
  readonly id: string
  readonly name: string
  readonly department: string
  readonly role: User['role']
}
export interface MeDocument {
  readonly user: UserDocument | null
  readonly publicReading: boolean
}

/** What the live stream opens with, and again after each reconnect: nothing needs to be asked for besides. */
export interface SnapshotDocument {
  readonly at: string
  readonly sites: readonly SiteDocument[]
  readonly orders: readonly OrderDocument[]
}

/** Writes the services' views as documents. */
export type Documents = ReturnType<typeof createDocuments>

/** @param objectOf what a site says is to be protected from blasts; `undefined`: it does not say */
export function createDocuments(
  reasonText: ReasonText,
  objectOf: (site: SiteId) => ProtectedObject | undefined = () => undefined,
) {
  const reasons = (list: readonly Reason[]): ReasonDocument[] =>
    list.map((reason) => ({ code: reason.code, values: reason.values, ...reasonText(reason) }))

  const inWords = <N extends string>(list: readonly Reason[], name: N) => {
    const worded = reasons(list)
    return { detail: worded.map(({ en }) => en).join('; '), [name]: worded } as { detail: string } & {
      [K in N]: ReasonDocument[]
    }
  }

  const judged = ({ class: found, peaks, site }: EventFinding) => {
    const object = objectOf(site)
    return found === 'blast' && peaks ? { blast: judgeBlast(peaks, object ? { object } : {}) } : {}
  }

  const event = (finding: EventFinding): EventDocument => ({
    ...finding,
    ...judged(finding),
    onset: isoTime(instant(finding.onset)),
    at: isoTime(instant(finding.at)),
    because: reasons(finding.because),
  })

  const state = ({ orderGrade, ...finding }: StateFinding): StateDocument => ({
    ...finding,
    at: isoTime(instant(finding.at)),
    because: reasons(finding.because),
    ...(orderGrade ? { orderGrade: { ...orderGrade, because: reasons(orderGrade.because) } } : {}),
  })

  const afterCut = (finding: AfterCutFinding): AfterCutDocument => ({
    ...finding,
    at: isoTime(instant(finding.at)),
    since: isoTime(instant(finding.since)),
    because: reasons(finding.because),
  })

  const finding = (one: Finding): FindingDocument => {
    if (one.kind === 'event') return event(one)
    return one.kind === 'state' ? state(one) : afterCut(one)
  }

  const site = (view: SiteView): SiteDocument => ({
    id: view.id,
    name: view.name,
    state: view.state,
    probability: view.probability,
    since: isoOrNull(view.since),
    because: reasons(view.because),
    county: view.site.county,
    township: view.site.township ?? null,
    latitude: view.site.latitude,
    longitude: view.site.longitude,
    area: view.site.area,
    protectedObject: view.site.protectedObject ?? null,
    closedOn: view.site.closedOn,
    expectedLoads: view.site.expectedLoads,
    permits: view.site.permits.map((p) => ({ reason: p.reason, from: isoTime(p.from), to: isoTime(p.to) })),
    supplyPoints: view.site.supplyPoints,
    gateways: view.gateways.map((gateway) => gatewayDocument(gateway, view.site)),
    lastEvent: view.lastEvent && event(view.lastEvent),
  })

  const orderPoint = ({ selected, ...point }: OrderView['supplyPoints'][number]): OrderPointDocument => ({
    ...point,
    executedAt: isoOrNull(point.executedAt),
    selected: selected && {
      at: isoTime(selected.at),
      granted: selected.granted,
      validUntil: isoOrNull(selected.validUntil),
      because: reasons(selected.because),
      ticket: selected.ticket,
      operator: selected.operator,
      supervisor: selected.supervisor,
    },
  })

  const order = (view: OrderView): OrderDocument => ({
    id: view.id,
    sequence: view.sequence,
    site: view.site,
    supplier: view.supplier,
    state: view.state,
    draftedAt: isoTime(view.draftedAt),
    validUntil: isoTime(view.validUntil),
    because: reasons(view.because),
    supplyPoints: view.supplyPoints.map(orderPoint),
    gates: view.gates.map(({ problems, ...gate }) => ({ ...gate, ...inWords(problems, 'problems') })),
    approvals: view.approvals.map((approval) => ({ ...approval, at: isoTime(approval.at) })),
    timeline: view.timeline.map(({ at, what, notes }) => ({ at: isoTime(at), what, ...inWords(notes, 'notes') })),
    legal: legalDocument(view.legal),
    people: peopleDocument(view.people, reasons),
    document: view.document,
    documentSha256: view.documentSha256,
    standing: view.standing && { id: view.standing.id, ...inWords(view.standing.problems, 'problems') },
    veto: view.veto && {
      until: isoTime(view.veto.until),
      passedAt: isoOrNull(view.veto.passedAt),
      over: view.veto.over && { ...view.veto.over, at: isoTime(view.veto.over.at) },
    },
    call: view.call && {
      ...{ kind: view.call.kind, who: view.call.who, level: view.call.level, event: view.call.event },
      since: isoTime(view.call.since),
      nextAt: isoOrNull(view.call.nextAt),
    },
    stopped: view.stopped && {
      name: view.stopped.name,
      at: isoTime(view.stopped.at),
      reason: view.stopped.reason,
      confirmedAt: isoOrNull(view.stopped.confirmedAt),
    },
    effect: view.effect && { verdict: view.effect.verdict, at: isoTime(view.effect.at) },
    restoration: view.restoration && restorationDocument(view.restoration),
    watch: view.watch && {
      from: isoTime(view.watch.from),
      until: isoOrNull(view.watch.until),
      seen: view.watch.seen.map(({ fact, at, since }) => ({ fact, at: isoTime(at), since: isoTime(since) })),
    },
    issuedAt: isoOrNull(view.issuedAt),
    endedAt: isoOrNull(view.endedAt),
  })

  return { event, finding, site, order, reading: readingDocument, user: userDocument }
}

const restorationDocument = (restoration: Restoration): RestorationDocument => ({
  id: restoration.id,
  state: restoration.state,
  document: restoration.content,
  documentSha256: restoration.documentSha256,
  approvals: restoration.approvals.map(({ user, name, department, role, at }) => ({
    user,
    name,
    department,
    role,
    at,
  })),
  gasChecks: restoration.gasChecks,
  supplyPoints: restoration.points.map(({ id, stage, result }) => ({ id, stage, result })),
  validUntil: isoTime(restoration.validUntil),
})

const isoOrNull = (at: Instant | null): string | null => (at === null ? null : isoTime(at))

function gatewayDocument(gateway: GatewayView, site: Site): GatewayDocument {
  const kindOf = (id: string) => site.sensors.find((s) => s.gateway === gateway.id && s.id === id)?.kind ?? null
  return {
    id: gateway.id,
    online: gateway.online,
    since: isoOrNull(gateway.since),
    lastReadingAt: isoOrNull(gateway.lastReadingAt),
    sensors: gateway.sensors.map((s) => ({ id: s.id, kind: kindOf(s.id), online: s.online, state: s.state })),
  }
}

/** Bytes (waveforms) stay behind: no page asks for them as JSON. */
function readingDocument(site: string, gateway: string, reading: Reading): ReadingDocument {
  const fields: Record<string, number | string | boolean | null> = {}
  for (const [name, value] of Object.entries(reading.fields)) if (!(value instanceof Uint8Array)) fields[name] = value
  return {
    site,
    gateway,
    sensor: reading.sensor,
    kind: reading.kind,
    channel: reading.channel,
    measuredAt: isoTime(reading.measuredAt),
    clock: reading.clock,
    clockErrorMs: reading.clockErrorMs ?? null,
    fields,
  }
}

const userDocument = (user: User): UserDocument => ({
  id: user.id,
  name: user.name,
  department: user.department,
  role: user.role,
})
