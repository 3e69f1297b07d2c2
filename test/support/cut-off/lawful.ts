import type { Site } from '@minewarden/protocol/site.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { DEFAULT_LAW } from '../../../cloud/core/law/default-rules.ts'
import type { LegalRecord, LegalWaiver, Recorder, StepEntry } from '../../../cloud/core/law/record.ts'
import type { Basis, Demand, LawRules } from '../../../cloud/core/law/rules.ts'
import { takeStep, takeWaiver } from '../../../cloud/core/law/take.ts'
import { draftLegal, type Issuer } from '../../../cloud/core/orders/draft.ts'
import type { SiteRecord } from '../../../cloud/core/orders/site-record.ts'
import type { OrdersService, OrderView } from '../../../cloud/core/ports.ts'
import { HEAD, ISSUER, OFFICER } from './fixtures.ts'

const HOUR_MS = 3_600_000

export const recorderOf = ({ id, name, department, role }: typeof HEAD): Recorder => ({
  user: id,
  name,
  department,
  role: role as Recorder['role'],
})

/** What the law may ask of one step: number, people with certificates, details; done at `at`. */
export function lawfulEntry(demand: Demand, at: Instant, change: Partial<StepEntry> = {}): StepEntry {
  return {
    step: demand.step,
    number: demand.number ? `全应急〔2026〕${demand.step}` : null,
    at,
    people: Array.from({ length: demand.people }, (_, i) => ({
      name: `${demand.step}-${i}`,
      certificate: demand.certificates ? `执法-${demand.step}-${i}` : null,
    })),
    details: Object.fromEntries(demand.details.map((detail) => [detail, `全州县${detail}`])),
    stopAt: null,
    note: '',
    attachmentSha256: null,
    ...change,
  }
}

/** Every step that a basis demands, in an order that the law allows, each a minute after the one before it. */
export function lawfulEntries(basis: Basis, first: Instant): StepEntry[] {
  const open = [...basis.demands]
  const done: StepEntry[] = []
  while (open.length > 0) {
    const i = open.findIndex(({ after }) => after.every((step) => !open.some((demand) => demand.step === step)))
    const [demand] = open.splice(Math.max(i, 0), 1)
    if (demand) done.push(lawfulEntry(demand, instant(first + done.length * 60_000)))
  }
  return done
}

/** The emergency: declared by the head at `at`. */
export const lawfulWaiver = (at: Instant): Omit<LegalWaiver, 'by'> => ({
  number: '全应急紧〔2026〕1号',
  at,
  danger: '井下有人作业且无通风',
  reason: '随时可能发生事故，不能等待二十四小时',
})

/** Everything that the law asks, as people record it: two hours before `now`, with the emergency declared. */
export function lawfulRecords(now: Instant, basis: Basis): SiteRecord[] {
  const entries = lawfulEntries(basis, instant(now - 2 * HOUR_MS))
  return [
    ...entries.map((entry) => ({ kind: 'legal-step', entry }) as const),
    { kind: 'legal-waiver', waiver: lawfulWaiver(instant(now - HOUR_MS)) },
  ]
}

/** A legal record to which nothing is wanting at `now`, and for a while after. */
export function lawfulLegal(
  site: Site,
  now: Instant,
  issuer: Issuer = ISSUER,
  law: LawRules = DEFAULT_LAW,
): LegalRecord {
  let legal = draftLegal(site, issuer, law)
  if (!legal.basis) return legal
  for (const what of lawfulRecords(now, legal.basis)) {
    const taken =
      what.kind === 'legal-step'
        ? takeStep(legal, what.entry, recorderOf(OFFICER), now)
        : what.kind === 'legal-waiver'
          ? takeWaiver(legal, { ...what.waiver, by: recorderOf(HEAD) }, now)
          : null
    if (!taken?.ok) throw new Error(`not lawful: ${JSON.stringify(taken)}`)
    legal = taken.record
  }
  return legal
}

/** Records all of it for a drafted order, as an officer and a head do. */
export async function recordLawfully(
  orders: Pick<OrdersService, 'record' | 'get'>,
  order: Pick<OrderView, 'id' | 'document'>,
  now: Instant,
): Promise<OrderView> {
  const basis = DEFAULT_LAW.bases.find(({ code }) => code === order.document.basis)
  if (!basis) throw new Error(`no basis ${order.document.basis}`)
  for (const what of lawfulRecords(now, basis)) await orders.record(order.id, HEAD, what)
  return orders.get(order.id) as OrderView
}
