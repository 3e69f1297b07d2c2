import type { StateFinding } from '@minewarden/protocol/finding.ts'
import { type OrderId, SENSOR_KINDS } from '@minewarden/protocol/ids.ts'
import {
  type Evidence,
  MAX_REASONS,
  MAX_SUPPLY_POINTS,
  type OrderContent,
  type OrderedPoint,
} from '@minewarden/protocol/order.ts'
import type { Site, SupplyPoint } from '@minewarden/protocol/site.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import { emptyRecord, type LegalRecord } from '../law/record.ts'
import type { IssuerKind, LawRules } from '../law/rules.ts'
import type { Order, OrderRules } from './order.ts'
import { NOTHING_KNOWN, type PeopleRecord } from './people.ts'
import { isStaged } from './staging.ts'

/** The county that issues. */
export interface Issuer {
  readonly id: string
  readonly name: string
  /** Code of the legal basis that its orders usually name. */
  readonly basis: string
  readonly kind: IssuerKind
  /** The competent department, whose head must approve. */
  readonly department: string
}

export interface DraftFacts {
  readonly id: OrderId
  readonly sequence: number
  readonly now: Instant
  readonly issuer: Issuer
  readonly evidence: readonly Evidence[]
  readonly rules: OrderRules
}

/** What an order tells the supplier of a point; members always in this order, for they are compared as text. */
export const orderedPoint = (point: SupplyPoint): OrderedPoint => ({
  id: point.id,
  customerNumber: point.customerNumber,
  location: point.location,
  method: point.method,
  loadClass: point.loadClass,
  loads: [...point.loads],
  surveyedOn: point.surveyedOn,
  topology: point.topology,
  residents: point.residents,
  importantUsers: point.importantUsers.map(({ kind, provision }) => ({ kind, provision })),
})

/** Kinds of sensor among what a finding calls independent; two are needed for an order. */
export const sensorKindsOf = (independentKinds: readonly string[]): ReadonlySet<string> =>
  new Set(independentKinds.filter((kind) => (SENSOR_KINDS as readonly string[]).includes(kind)))
export const KINDS_NEEDED = 2

/** Why no order can even be written for a finding; `null` when one can. */
export function draftProblem(finding: StateFinding, site: Site): string | null {
  if (finding.state !== 'reopened') return `the site is ${finding.state}`
  if (finding.late) return 'the finding was late: it never grounds an order'
  if (finding.site !== site.id) return `the finding is of ${finding.site}, not of ${site.id}`
  if (sensorKindsOf(finding.independentKinds).size < KINDS_NEEDED) return 'fewer than two independent kinds of sensor'
  if (site.supplyPoints.length === 0) return 'no supply point is registered: there is nothing to cut'
  if (new Set(site.supplyPoints.map(({ id }) => id)).size < site.supplyPoints.length)
    return 'a supply point is registered twice'
  if (site.supplyPoints.length > MAX_SUPPLY_POINTS) return `more than ${MAX_SUPPLY_POINTS} supply points`
  return null
}

/** Writes the document that officials are asked to approve. */
export function draftContent(finding: StateFinding, site: Site, facts: DraftFacts): OrderContent {
  return {
    id: facts.id,
    sequence: facts.sequence,
    issuer: { id: facts.issuer.id, name: facts.issuer.name, county: site.county },
    site: { id: site.id, name: site.name, latitude: site.latitude, longitude: site.longitude },
    supplier: supplierOf(site),
    action: 'cut-off',
    drill: false,
    supplyPoints: site.supplyPoints.map(orderedPoint),
    basis: basisOf(site, facts.issuer),
    because: finding.because.slice(0, MAX_REASONS),
    evidence: [...facts.evidence],
    finding: {
      at: isoTime(instant(finding.at)),
      probability: finding.probability,
      independentKinds: finding.independentKinds,
    },
    draftedAt: isoTime(facts.now),
    validUntil: isoTime(instant(facts.now + validityOf(site, facts))),
  }
}

/** Code of the legal basis that an order of this site names. */
export const basisOf = (site: Site, issuer: Issuer): string => site.legalBasis ?? issuer.basis

const validityOf = ({ supplyPoints }: Site, { now, rules }: DraftFacts): number =>
  isStaged(supplyPoints.map(orderedPoint), now) ? Math.max(rules.stagedValidityMs, rules.validityMs) : rules.validityMs

/** The legal record of a new draft: the law of this day, nothing done. */
export const draftLegal = (site: Site, issuer: Issuer, law: LawRules): LegalRecord =>
  emptyRecord({
    law,
    basis: basisOf(site, issuer),
    issuerKind: issuer.kind,
    department: issuer.department,
    operator: site.operator ?? null,
    mineral: site.mineral ?? null,
  })

/** A finding that rests on a blast says when air may be needed below ground. */
const draftPeople = ({ at, because, orderGrade }: StateFinding): PeopleRecord => {
  const blast = orderGrade?.causes.includes('blast') || because.some(({ code }) => code.includes('blast'))
  return blast ? { ...NOTHING_KNOWN, blastAt: instant(at) } : NOTHING_KNOWN
}

/** Of several suppliers the first: the gate `one-supplier` is then red. */
const supplierOf = (site: Site) => (site.supplyPoints[0] as SupplyPoint).supplier

/** The drafted order around its document. */
export function draftOrder(
  content: OrderContent,
  documentSha256: string,
  finding: StateFinding,
  site: Site,
  legal: LegalRecord,
): Order {
  const at = instant(finding.at)
  return {
    id: content.id,
    sequence: content.sequence,
    site: site.id,
    supplier: content.supplier,
    state: 'drafted',
    version: 1,
    content,
    documentSha256,
    draftedAt: instant(Date.parse(content.draftedAt)),
    validUntil: instant(Date.parse(content.validUntil)),
    evidence: {
      findingAt: at,
      late: finding.late,
      independentKinds: finding.independentKinds,
      siteState: finding.state,
      siteStateAt: at,
      reopenedAt: at,
    },
    finding,
    approvals: [],
    legal,
    people: draftPeople(finding),
    jws: null,
    issuedAt: null,
    points: site.supplyPoints.map(({ id, meter }) => ({ id, meter, result: null })),
    deliveryProblem: null,
    stopped: null,
    permissions: [],
    lapsedAt: null,
    effect: null,
    watch: null,
    restoration: null,
    endedAt: null,
  }
}
