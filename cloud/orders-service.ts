import { InvariantError } from '@minewarden/protocol/errors.ts'
import type { StateFinding } from '@minewarden/protocol/finding.ts'
import type { OrderId, SiteId, SupplierId } from '@minewarden/protocol/ids.ts'
import { type PrivateKey, type PublicKey, publicKeyOf, signDocument } from '@minewarden/protocol/jws.ts'
import { type Approval, DOCUMENT_TYPES, type Evidence, foldName } from '@minewarden/protocol/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type Clock, instant, type Millis } from '@minewarden/protocol/time.ts'
import type { Issuer } from './core/orders/draft.ts'
import type { GateFacts } from './core/orders/gates/gate.ts'
import { pendingEffect } from './core/orders/machine.ts'
import { DEFAULT_RULES, isEnded, type Order, type OrderRules } from './core/orders/order.ts'
import type { RetryRules } from './core/orders/retry.ts'
import { orderDocument } from './core/orders/signed-document.ts'
import type { OrderInput } from './core/orders/step.ts'
import { viewOrder } from './core/orders/view.ts'
import type {
  JournalWindow,
  Live,
  Logger,
  OrderAdapter,
  OrdersService,
  OrderView,
  SupplierKeys,
  User,
} from './core/ports.ts'
import { CloudError } from './errors.ts'
import { createAnswerDesk } from './shell/answer-desk.ts'
import { createEffectWatcher } from './shell/effect-watcher.ts'
import { createOneAtATime } from './shell/one-at-a-time.ts'
import { createOrderBook } from './shell/order-book.ts'
import { createOrderDelivery } from './shell/order-delivery.ts'
import { createDrafter } from './shell/order-drafter.ts'
import { readHead } from './shell/records/audit-repository.ts'
import type { Records } from './shell/records/database.ts'
import { recordFact, type SeenAnswer, type StoredOrder, wasAnswerSeen } from './shell/records/orders-repository.ts'

export interface OrdersDeps {
  readonly records: Records
  readonly clock: Clock
  readonly logger: Logger
  readonly live: Pick<Live, 'publish'>
  readonly adapter: OrderAdapter
  readonly supplierKeys: SupplierKeys
  /** Whom we know how to reach. */
  readonly suppliers: readonly SupplierId[]
  /** The register as it is now. */
  readonly siteOf: (id: SiteId) => Site | null
  readonly issuer: Issuer
  readonly signingKey: PrivateKey
  /** Keys of before a rotation, published as long as documents signed with them are about. */
  readonly formerKeys?: readonly PublicKey[]
  readonly rules?: Partial<OrderRules>
  readonly retry?: RetryRules
  readonly tickMs?: Millis
  /** Who may approve now; without it every approval stands as it was given. */
  readonly users?: readonly User[]
  /** What meters read before: without it only what comes from now on is known. */
  readonly journal?: JournalWindow
  /** Frozen evidence beside the finding itself. */
  readonly evidenceOf?: (finding: StateFinding) => Promise<readonly Evidence[]>
  /** 0 to 1, for spreading retries. */
  readonly random: () => number
}

/** `start` loads the orders, resumes what was under way, and begins to keep time; disposing stops all of it. */
export type RunningOrdersService = OrdersService & AsyncDisposable & { start(): Promise<void> }

const DEFAULT_RETRY: RetryRules = { firstMs: 1_000, maxMs: 30_000 }
const DEFAULT_TICK_MS: Millis = 1_000
const MAX_CANCEL_REASON_CHARS = 500

/** Cut-off orders from draft to verified effect: what `core/orders` decides, written down and carried out. */
export function createOrdersService(deps: OrdersDeps): RunningOrdersService {
  const { records, clock, logger, live } = deps
  const rules: OrderRules = { ...DEFAULT_RULES, ...deps.rules }
  const stop = new AbortController()
  const inTurn = createOneAtATime()
  const book = createOrderBook(records)
  const watcher = createEffectWatcher(rules, deps.journal ?? { rowsOf: () => [] })
  const desk = createAnswerDesk({ records, clock, suppliers: deps.suppliers, keys: deps.supplierKeys })
  const evidenceOf = deps.evidenceOf ?? (async () => [])
  const drafter = createDrafter({ records, book, issuer: deps.issuer, rules, evidenceOf })
  const delivery = createOrderDelivery({
    clock,
    logger,
    adapter: deps.adapter,
    retry: deps.retry ?? DEFAULT_RETRY,
    random: deps.random,
    orderOf: (id) => book.get(id)?.order ?? null,
    onAnswer: (supplier, jws) => answer(supplier, jws),
    onProblem: (id, problem) => inTurn(() => take(id, { kind: 'undelivered', problem, now: clock.now() })),
  })
  let publicKeys: readonly PublicKey[] = []
  let keepingTime: Promise<void> | null = null

  const isOfficial = ({ user, department, role }: Approval): boolean =>
    deps.users === undefined ||
    deps.users.some((one) => one.id === user && one.role === role && foldName(one.department) === foldName(department))
  const factsOf = (order: Order): GateFacts => ({
    now: clock.now(),
    site: deps.siteOf(order.site),
    otherOrderOpen:
      !isEnded(order.state) && book.ofSite(order.site).some(({ id, state }) => id !== order.id && !isEnded(state)),
    isOfficial,
    supplierKnown: deps.suppliers.includes(order.supplier),
    rules,
  })
  const view = ({ order, story }: StoredOrder): OrderView => viewOrder(order, story, factsOf(order))
  const show = (stored: StoredOrder): OrderView => {
    const order = view(stored)
    live.publish({ kind: 'order', order })
    return order
  }

  const find = (id: OrderId): Order => {
    const stored = book.get(id)
    if (!stored) throw new CloudError('not-found', `order ${id}: not known`)
    return stored.order
  }

  /** Takes an input, shows the order, and sees to the work that follows. Call in turn only. */
  const take = async (id: OrderId, input: OrderInput, seen: SeenAnswer | null = null): Promise<OrderView> => {
    const { stored, changed } = await book.take(id, input, clock.now(), seen)
    if (!changed) return view(stored)
    const shown = show(stored)
    logger.info({ order: id, input: input.kind, state: shown.state }, 'order stepped')
    return (await attend(stored.order)) ?? shown
  }

  /** What has to be going on for this order now; safe to be asked for again. */
  const attend = async (order: Order): Promise<OrderView | null> => {
    const effect = pendingEffect(order)
    if (effect === 'sign') return await sign(order)
    if (effect === 'deliver') delivery.begin(order.id)
    if (effect === 'watch-effect') watcher.begin(order, clock.now())
    else watcher.end(order.id)
    return null
  }

  const sign = async (order: Order): Promise<OrderView> => {
    const issuedAt = clock.now()
    const document = orderDocument(order, issuedAt, await readHead(records))
    if (!document.ok) throw new InvariantError(`order ${order.id} does not fit its own schema`)
    const jws = await signDocument(document.value, DOCUMENT_TYPES.order, deps.signingKey)
    return await take(order.id, { kind: 'signed', jws, issuedAt, facts: factsOf(order) })
  }

  const answer = async (supplier: string, jws: string): Promise<OrderView> => {
    const { answer: said, sha256, key } = await desk.read(supplier, jws)
    return await inTurn(async () => {
      const order = find(said.order)
      if (said.supplier !== order.supplier || said.orderSha256 !== order.documentSha256) {
        const detail = { reason: 'orderSha256 or supplier: not of this order', kind: said.kind }
        const actor = `supplier:${said.supplier}`
        await recordFact(records, { at: clock.now(), actor, action: 'answer.refused', subject: order.id, detail })
        throw new CloudError('order-conflict', `orderSha256: not the document of order ${order.id}`)
      }
      if (await wasAnswerSeen(records, sha256)) return view(book.get(order.id) as StoredOrder)
      const now = clock.now()
      return await take(order.id, { kind: 'answer', answer: said, now }, { sha256, receivedAt: now, jws, key })
    })
  }

  /** One order's trouble (a full disk, say) is logged and tried again at the next tick; it holds up no other order. */
  const tend = (id: OrderId, work: () => Promise<unknown>) =>
    work().catch((error) => logger.error({ order: id, error: String(error) }, 'order could not be tended'))

  const tick = async (): Promise<void> => {
    const now = clock.now()
    for (const { order } of book.all()) {
      if (isEnded(order.state)) continue
      await tend(order.id, () => attend(order))
      await tend(order.id, () => take(order.id, { kind: 'time', now, rules }))
    }
    for (const { order, ...verdict } of watcher.verdicts(now)) {
      await tend(order, () => take(order, { kind: 'measured', ...verdict, now }))
    }
    for (const stored of await drafter.onTime(now)) show(stored)
  }

  const keepTime = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await inTurn(tick).catch((error) => logger.error({ error: String(error) }, 'orders could not be tended'))
      await clock.sleep(deps.tickMs ?? DEFAULT_TICK_MS, stop.signal).catch(() => {})
    }
  }

  return {
    list: () => book.all().map(view),
    get(id) {
      const stored = book.get(id)
      return stored ? view(stored) : null
    },
    approve: (id, by, documentSha256) =>
      inTurn(() => take(id, { kind: 'approve', by, documentSha256, facts: factsOf(find(id)) })),
    cancel: (id, by, reason) =>
      inTurn(async () => {
        const text = reason.trim().slice(0, MAX_CANCEL_REASON_CHARS)
        if (text === '') throw new CloudError('request-invalid', 'reason: a cancellation needs one')
        return await take(id, { kind: 'cancel', by, reason: text, now: clock.now() })
      }),
    answer,
    jwks: () => ({ keys: publicKeys }),
    onState: (finding, site) =>
      inTurn(async () => {
        const now = clock.now()
        for (const { id, state } of book.ofSite(site.id)) {
          if (isEnded(state)) continue
          await take(id, { kind: 'judged', state: finding.state, measuredAt: instant(finding.at), now })
        }
        const drafted = await drafter.onFinding(finding, site, now)
        if (drafted) show(drafted)
      }),
    onReading: (row) => watcher.take(row, clock.now()),
    async start() {
      publicKeys = [await publicKeyOf(deps.signingKey), ...(deps.formerKeys ?? [])]
      for (const id of await book.load()) {
        logger.error({ order: id }, 'the record of this order was edited: it is left alone')
        const detail = { reason: 'the record is not the one that the audit log vouches for' }
        await recordFact(records, {
          at: clock.now(),
          actor: 'system',
          action: 'order.quarantined',
          subject: id,
          detail,
        })
      }
      keepingTime = keepTime()
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await delivery[Symbol.asyncDispose]()
      await keepingTime
      await inTurn(async () => {})
    },
  }
}
