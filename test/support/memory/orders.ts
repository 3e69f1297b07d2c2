import { CountyCode, OrderId, SupplierId } from '@minewarden/protocol/ids.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'
import { DEFAULT_LAW } from '../../../cloud/core/law/default-rules.ts'
import { draftLegal } from '../../../cloud/core/orders/draft.ts'
import { viewRecord } from '../../../cloud/core/orders/legal-view.ts'
import { note } from '../../../cloud/core/orders/order-text.ts'
import { NOTHING_KNOWN } from '../../../cloud/core/orders/people.ts'
import type { LegalView } from '../../../cloud/core/orders/site-record.ts'
import type { Live, OrderState, OrdersService, OrderView, SiteView, User } from '../../../cloud/core/ports.ts'
import { CloudError } from '../../../cloud/errors.ts'
import { ISSUER, makeSite } from '../cut-off/fixtures.ts'

/** Orders in a map: two departments approve; the rest of the way is for the test to tell. */
export interface MemoryOrders extends OrdersService {
  put(order: OrderView): void
  /** Moves the order on, with an entry in its timeline. */
  advance(id: OrderId, state: OrderState, detail: string, result?: string): void
  /** What suppliers sent. */
  readonly answers: { supplier: string; jws: string }[]
}

export function createMemoryOrders(live: Live, now: () => number = Date.now): MemoryOrders {
  const orders = new Map<string, OrderView>()
  const answers: { supplier: string; jws: string }[] = []
  const put = (order: OrderView) => {
    orders.set(order.id, order)
    live.publish({ kind: 'order', order })
    return order
  }
  const need = (id: OrderId) => {
    const order = orders.get(id)
    if (!order) throw new CloudError('not-found', `No order ${id}`)
    return order
  }
  const moved = (order: OrderView, state: OrderState, detail: string): OrderView => ({
    ...order,
    state,
    timeline: [...order.timeline, { at: instant(now()), what: state, notes: [note('text', { text: detail })] }],
  })
  return {
    answers,
    put,
    list: () => [...orders.values()],
    get: (id) => orders.get(id) ?? null,
    advance(id, state, detail, result) {
      const order = moved(need(id), state, detail)
      put({ ...order, supplyPoints: order.supplyPoints.map((p) => ({ ...p, result: result ?? p.result })) })
    },
    async approve(id, by, documentSha256) {
      const order = need(id)
      refuseApproval(order, by, documentSha256)
      const state = order.state === 'drafted' ? 'approved-once' : 'approved'
      return put({
        ...moved(order, state, `${by.department} ${by.name}`),
        approvals: [
          ...order.approvals,
          {
            user: by.id,
            name: by.name,
            department: by.department,
            role: by.role as 'head',
            at: instant(now()),
            proof: 'link',
          },
        ],
      })
    },
    async cancel(id, by, reason) {
      return put(moved(need(id), 'cancelled', `${by.name}：${reason}`))
    },
    async answer(supplier, jws) {
      answers.push({ supplier, jws })
      const first = [...orders.values()][0]
      if (!first) throw new CloudError('not-found', 'No order')
      return { order: first, permission: null }
    },
    question: async () => ({ accepted: ['link'], usable: ['link'], passkey: null }),
    veto: async (id) => need(id),
    seen: async (id) => need(id),
    jwks: () => ({ keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'county-1', x: 'A'.repeat(43) }] }),
    async stop(id, by, reason) {
      const stopped = { by: by.id, name: by.name, at: instant(now()), reason, confirmedAt: null }
      return put({ ...moved(need(id), need(id).state, `${by.name}：${reason}`), stopped })
    },
    async close(id, by, reason) {
      return put(moved(need(id), 'closed', `${by.name}：${reason}`))
    },
    async record(id) {
      return need(id)
    },
    legalOf: () => viewOfLaw(makeSite()),
    recordLegal: async () => viewOfLaw(makeSite()),
    onEvent: async () => {},
    restore: async (id) => need(id),
    reportCut: async (id) => need(id),
    onState: async () => {},
    onAfterCut: async () => {},
    onReading: () => {},
  }
}

function refuseApproval(order: OrderView, by: User, documentSha256: string): void {
  if (documentSha256 !== order.documentSha256) throw new CloudError('order-conflict', 'The document has changed')
  if (order.state !== 'drafted' && order.state !== 'approved-once') {
    throw new CloudError('order-conflict', `An order that is ${order.state} takes no approval`)
  }
  if (order.gates.some((gate) => !gate.passed)) throw new CloudError('order-unsafe', 'A gate is red')
  if (order.approvals.some((approval) => approval.department === by.department)) {
    throw new CloudError('not-allowed', 'The second approval comes from another department')
  }
}

const GATES = [
  'evidence-in-time',
  'evidence-kinds',
  'evidence-frozen',
  'site-registered',
  'no-permit',
  'one-supplier',
  'load-class',
  'life-safety',
  'no-residents',
  'effect-measurable',
  'legal-basis',
  'validity',
  'one-order',
  'never-a-drill',
]

/** The law with nothing recorded. */
const viewOfLaw = (site: Site): LegalView => viewRecord(draftLegal(site, ISSUER, DEFAULT_LAW), instant(0))

/** An order for one site of `sketchSite`, drafted now, all gates green. */
export function sketchOrder(id: string, site: SiteView, at: Instant): OrderView {
  const validUntil = instant(at + 2 * 3_600_000)
  const because = [
    { code: 'blast-and-load', values: { blasts: 2, kW: 41.8 } },
    { code: 'night-rhythm', values: { from: '22:40', to: '23:25' } },
  ]
  const points = site.site.supplyPoints
  const supplier = points[0]?.supplier ?? SupplierId.parse('county-power')
  return {
    id: OrderId.parse(id),
    sequence: 17,
    site: site.id,
    supplier,
    state: 'drafted',
    draftedAt: at,
    validUntil,
    because,
    supplyPoints: points.map((p) => ({
      id: p.id,
      supplier: p.supplier,
      location: p.location,
      loadClass: p.loadClass,
      metered: p.meter !== null,
      result: null,
      executedAt: null,
      selected: null,
    })),
    gates: GATES.map((code) => ({ code, passed: true, problems: [] })),
    approvals: [],
    timeline: [{ at, what: 'drafted', notes: [] }],
    document: {
      id: OrderId.parse(id),
      sequence: 17,
      issuer: { id: 'county-450324', name: '县应急管理局', county: CountyCode.parse('450324') },
      site: { id: site.id, name: site.name, latitude: site.site.latitude, longitude: site.site.longitude },
      supplier,
      action: 'cut-off',
      drill: false,
      supplyPoints: points.map(({ supplier: _supplier, meter: _meter, ...point }) => point),
      basis: 'work-safety-law-70',
      because,
      evidence: [{ what: 'findings', sha256: 'a'.repeat(64) }],
      finding: { at: isoTime(at), probability: 0.97, independentKinds: ['geophone', 'power-meter'] },
      draftedAt: isoTime(at),
      validUntil: isoTime(validUntil),
    },
    documentSha256: '3f786850e387550fdab836ed7e6dc881de23001b6d5d8a35a25d0d6f0ad8c2d7',
    legal: viewOfLaw(site.site),
    people: { ...NOTHING_KNOWN, points: [] },
    stopped: null,
    effect: null,
    watch: null,
    restoration: null,
    standing: null,
    veto: null,
    call: null,
    issuedAt: null,
    endedAt: null,
  }
}
