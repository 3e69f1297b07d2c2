import { InvariantError } from '@minewarden/protocol/errors.ts'
import type { StateFinding } from '@minewarden/protocol/finding.ts'
import type { OrderId, SiteId, SupplierId } from '@minewarden/protocol/ids.ts'
import { type PrivateKey, type PublicKey, publicKeyOf, signDocument } from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES, type Evidence, type SupplierAnswer } from '@minewarden/protocol/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import type { VetoWindow } from '@minewarden/protocol/standing.ts'
import { type Clock, type Instant, instant, isoTime, type Millis } from '@minewarden/protocol/time.ts'
import { DEFAULT_LAW } from './core/law/default-rules.ts'
import type { LawRules } from './core/law/rules.ts'
import type { CallRules } from './core/orders/authority-state.ts'
import { DEFAULT_CALL_RULES, mayNeedCall } from './core/orders/calls.ts'
import { carriageOf } from './core/orders/carriage.ts'
import { DISTURBING_KINDS } from './core/orders/disturbance.ts'
import { basisOf, type Issuer } from './core/orders/draft.ts'
import type { GateFacts } from './core/orders/gates/gate.ts'
import { viewRecord } from './core/orders/legal-view.ts'
import { pendingEffects } from './core/orders/machine.ts'
import { officialsAmong } from './core/orders/officials.ts'
import { DEFAULT_RULES, holdsSite, isEnded, type Order, type OrderRules } from './core/orders/order.ts'
import { note } from './core/orders/order-text.ts'
import type { Disturbance } from './core/orders/people.ts'
import type { SelectedAnswer } from './core/orders/progress.ts'
import type { RestorationInput } from './core/orders/restoration-input.ts'
import { isLive, owesRestorationWithdrawal } from './core/orders/restoration-record.ts'
import type { RetryRules } from './core/orders/retry.ts'
import { orderDocument } from './core/orders/signed-document.ts'
import type { OrderInput } from './core/orders/step.ts'
import { owesWithdrawal, withdrawalDocument } from './core/orders/stop.ts'
import { viewOrder } from './core/orders/view.ts'
import type {
  AnswerTaken,
  JournalWindow,
  Live,
  Logger,
  OrderAdapter,
  OrdersService,
  OrderView,
  RestorationAct,
  SupplierKeys,
  User,
} from './core/ports.ts'
import type { ProofsService } from './core/proofs-port.ts'
import { CloudError } from './errors.ts'
import { createAnswerDesk } from './shell/answer-desk.ts'
import { createEffectWatcher } from './shell/effect-watcher.ts'
import { createOneAtATime } from './shell/one-at-a-time.ts'
import { createOrderBook } from './shell/order-book.ts'
import { createOrderDelivery, type Parcel } from './shell/order-delivery.ts'
import { createDrafter } from './shell/order-drafter.ts'
import { createOrderProofs } from './shell/order-proofs.ts'
import { replyToSelection } from './shell/permission-desk.ts'
import { readHead } from './shell/records/audit-repository.ts'
import type { Records } from './shell/records/database.ts'
import { recordFact, type SeenAnswer, type StoredOrder, wasAnswerSeen } from './shell/records/orders-repository.ts'
import { draftRestoration, replyToRestorationSelection, signRestoration } from './shell/restoration-desk.ts'
import { createSiteEar } from './shell/site-ear.ts'
import { createSiteLaw } from './shell/site-law.ts'
import type { StandingDesk } from './shell/standing-desk.ts'
import { createVetoRuns } from './shell/veto-runs.ts'

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
  /** The law of the county; ours as it ships where it is not said. */
  readonly law?: LawRules
  /** The newest blast found at a site, of before this start too. */
  readonly lastBlastOf?: (site: SiteId) => Instant | null
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
  /** How approvers prove to be present; without it a session is enough. */
  readonly proofs?: Pick<ProofsService, 'accepted' | 'question' | 'prove' | 'holds'>
  readonly standings?: Pick<StandingDesk, 'standingOf' | 'carrierFor' | 'changes'>
  readonly vetoWindow?: VetoWindow | null
  readonly callRules?: CallRules
}

/** `start` loads the orders, resumes what was under way, and begins to keep time; disposing stops all of it. */
export type RunningOrdersService = OrdersService & AsyncDisposable & { start(): Promise<void> }

const DEFAULT_RETRY: RetryRules = { firstMs: 1_000, maxMs: 30_000 }
const DEFAULT_TICK_MS: Millis = 1_000
const MAX_CANCEL_REASON_CHARS = 500

/** What waits for an approval: the cut-off, or its restoration once that is drafted. */
const waitingDocument = (order: Order): Order =>
  isLive(order.restoration) ? { ...order, documentSha256: order.restoration.documentSha256 } : order

/** The cut-off that an id is of: its own, or that of a restoration of it. */
const cutOffOf = (id: OrderId): OrderId => id.replace(/\.R\d+$/, '') as OrderId

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
  const siteLaw = createSiteLaw({
    ...{ records, clock, issuer: deps.issuer, siteOf: deps.siteOf },
    law: deps.law ?? DEFAULT_LAW,
  })
  const drafter = createDrafter({
    ...{ records, book, issuer: deps.issuer, rules, siteLaw, evidenceOf },
    carrierFor: (site) => deps.standings?.carrierFor(site) ?? null,
    vetoWindow: deps.vetoWindow ?? null,
  })
  const ear = createSiteEar({
    siteOf: deps.siteOf,
    journal: deps.journal ?? { rowsOf: () => [] },
    lastBlastOf: deps.lastBlastOf ?? (() => null),
  })
  const sending = {
    clock,
    logger,
    adapter: deps.adapter,
    retry: deps.retry ?? DEFAULT_RETRY,
    random: deps.random,
    onAnswer: (supplier: string, jws: string) => answer(supplier, jws),
    onProblem: (id: OrderId, problem: string) =>
      inTurn(() => advance(id, { kind: 'undelivered', problem, now: clock.now() })),
  }
  const delivery = createOrderDelivery({ ...sending, parcelOf: async (id) => orderParcel(book.get(id)?.order) })
  const withdrawals = createOrderDelivery({ ...sending, parcelOf: (id) => withdrawalParcel(book.get(id)?.order) })
  const restorationWithdrawals = createOrderDelivery({
    ...sending,
    parcelOf: (id) => restorationWithdrawalParcel(book.get(id)?.order),
  })
  const restorations = createOrderDelivery({
    ...sending,
    parcelOf: async (id) => restorationParcel(book.get(id)?.order),
  })
  const proofs = createOrderProofs(deps.proofs)
  const vetoRuns = createVetoRuns(clock)
  let standingsShown = 0
  const callRules = deps.callRules ?? DEFAULT_CALL_RULES
  let publicKeys: readonly PublicKey[] = []
  let keepingTime: Promise<void> | null = null

  const isOfficial = officialsAmong(deps.users)
  /** Who may carry it, and how they must have proved to be present. */
  const authorityOf = (order: Order) => {
    const site = deps.siteOf(order.site)
    return {
      standing: deps.standings?.standingOf(order.content.standing?.id) ?? null,
      vetoWindow: deps.vetoWindow ?? null,
      ...(site ? { basisNow: basisOf(site, deps.issuer) } : {}),
      ...(deps.proofs ? { acceptedProofs: deps.proofs.accepted } : {}),
    }
  }
  const factsOf = (order: Order): GateFacts => ({
    now: clock.now(),
    site: deps.siteOf(order.site),
    otherOrderOpen:
      holdsSite(order.state) && book.ofSite(order.site).some(({ id, state }) => id !== order.id && holdsSite(state)),
    isOfficial,
    supplierKnown: deps.suppliers.includes(order.supplier),
    ...authorityOf(order),
    disturbance: ear.lastOf(order.site),
    blastAt: ear.lastBlastOf(order.site),
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

  /**
   * Takes an input, shows the order if it moved, and sees to the work that follows. Call in turn only. Time goes by for
   * every open order each second: what did not move is not written out for a page.
   */
  const advance = async (id: OrderId, input: OrderInput, seen: SeenAnswer | null = null): Promise<void> => {
    const { stored, changed } = await book.take(id, input, clock.now(), seen)
    if (!changed) return
    show(stored)
    logger.info({ order: id, input: input.kind, state: stored.order.state }, 'order stepped')
    await attend(stored.order)
  }
  const take = async (id: OrderId, input: OrderInput, seen: SeenAnswer | null = null): Promise<OrderView> => {
    await advance(id, input, seen)
    return view(book.get(id) as StoredOrder)
  }

  /** What has to be going on for this order now; safe to be asked for again. */
  const attend = async (order: Order): Promise<void> => {
    const effects = pendingEffects(order)
    if (effects.includes('sign')) return await sign(order)
    if (effects.includes('deliver')) delivery.begin(order.id)
    if (effects.includes('sign-restoration')) {
      const what = await signRestoration(order, factsOf(order), deps.signingKey)
      return await advance(order.id, { kind: 'restoration', what })
    }
    if (effects.includes('deliver-restoration')) restorations.begin(order.id)
    if (effects.includes('withdraw-restoration')) restorationWithdrawals.begin(order.id)
    if (effects.includes('withdraw')) withdrawals.begin(order.id)
    if (effects.includes('watch-effect')) watcher.begin(order, clock.now())
    else watcher.end(order.id)
  }

  /** The issued order, until a signed receipt is there; never at or after its time. */
  const orderParcel = (order: Order | undefined): Parcel | null =>
    order?.state === 'issued' && order.jws !== null && clock.now() < order.validUntil
      ? { supplier: order.supplier, key: order.id, jws: order.jws }
      : null

  const restorationParcel = (order: Order | undefined): Parcel | null => {
    const { restoration } = order ?? {}
    const isDue = restoration?.state === 'issued' && restoration.jws !== null && clock.now() < restoration.validUntil
    return order && isDue ? { supplier: order.supplier, key: restoration.id, jws: restoration.jws ?? '' } : null
  }

  /** The withdrawal, until the supplier knows of it, or holds an order that it may not operate any more anyhow. */
  const withdrawalParcel = async (order: Order | undefined): Promise<Parcel | null> => {
    if (!order?.stopped || !owesWithdrawal(order)) return null
    if (clock.now() >= order.validUntil + rules.answerGraceMs) return null
    const document = withdrawalDocument(order, order.stopped)
    const jws = await signDocument(document, DOCUMENT_TYPES.withdrawal, deps.signingKey)
    return { supplier: order.supplier, key: order.id, jws }
  }

  const restorationWithdrawalParcel = async (order: Order | undefined): Promise<Parcel | null> => {
    const restoration = order?.restoration
    if (!order || !restoration?.withdrawn || !owesRestorationWithdrawal(restoration)) return null
    if (clock.now() >= restoration.validUntil + rules.answerGraceMs) return null
    const document = withdrawalDocument(order, restoration.withdrawn, restoration)
    const jws = await signDocument(document, DOCUMENT_TYPES.withdrawal, deps.signingKey)
    return { supplier: order.supplier, key: restoration.id, jws }
  }

  const sign = async (order: Order): Promise<void> => {
    const issuedAt = clock.now()
    const facts: GateFacts = { ...factsOf(order), brokenProofs: await proofs.brokenOf(order) }
    const carrier = { by: carriageOf(order, facts).by, standing: facts.standing ?? null }
    const document = orderDocument(order, issuedAt, await readHead(records), carrier)
    if (!document.ok) throw new InvariantError(`order ${order.id} does not fit its own schema`)
    const jws = await signDocument(document.value, DOCUMENT_TYPES.order, deps.signingKey)
    await advance(order.id, { kind: 'signed', jws, issuedAt, facts })
  }

  const answer = async (supplier: string, jws: string): Promise<AnswerTaken> => {
    const { answer: said, sha256, key } = await desk.read(supplier, jws)
    return await inTurn(async () => {
      const order = find(cutOffOf(said.order))
      const restoration = said.order === order.id ? null : order.restoration
      const about = restoration ?? order
      if (about.id !== said.order) throw new CloudError('not-found', `order ${said.order}: not known`)
      if (said.supplier !== order.supplier || said.orderSha256 !== about.documentSha256) {
        const detail = { reason: 'orderSha256 or supplier: not of this order', kind: said.kind }
        const actor = `supplier:${said.supplier}`
        await recordFact(records, { at: clock.now(), actor, action: 'answer.refused', subject: order.id, detail })
        throw new CloudError('order-conflict', `orderSha256: not the document of order ${order.id}`)
      }
      const seen = await wasAnswerSeen(records, sha256)
      const receipt = seen ? null : { sha256, receivedAt: clock.now(), jws, key }
      if (restoration && !(seen && said.kind !== 'selected')) return await takeRestored(order, said, receipt)
      if (said.kind === 'selected') return await select(order, said, receipt)
      if (seen) return { order: view(book.get(order.id) as StoredOrder), permission: null }
      return {
        order: await take(order.id, { kind: 'answer', answer: said, now: clock.now() }, receipt),
        permission: null,
      }
    })
  }

  /** The reply goes out only once it is written down; a selection that is told again is decided again. */
  const select = async (order: Order, said: SelectedAnswer, seen: SeenAnswer | null): Promise<AnswerTaken> => {
    const reply = await replyToSelection(order, said, factsOf(order), deps.signingKey)
    const taken = reply.input ? await take(order.id, reply.input, seen) : view(book.get(order.id) as StoredOrder)
    return { order: taken, permission: reply.jws }
  }

  const takeRestored = async (order: Order, said: SupplierAnswer, seen: SeenAnswer | null): Promise<AnswerTaken> => {
    const now = clock.now()
    if (said.kind !== 'selected') {
      const what = { kind: 'answer', answer: said, now } as const
      return { order: await take(order.id, { kind: 'restoration', what }, seen), permission: null }
    }
    const { jws, input } = await replyToRestorationSelection(order, said, factsOf(order), deps.signingKey)
    if (input) await take(order.id, { kind: 'restoration', what: input }, seen)
    return { order: view(book.get(order.id) as StoredOrder), permission: jws }
  }

  const restore = async (id: OrderId, by: User, act: RestorationAct): Promise<OrderView> => {
    const order = find(id)
    const now = clock.now()
    return await take(id, { kind: 'restoration', what: await restorationInput(order, by, act, now) })
  }
  const restorationInput = async (
    order: Order,
    by: User,
    act: RestorationAct,
    now: Instant,
  ): Promise<RestorationInput> => {
    switch (act.kind) {
      case 'draft':
        return await draftRestoration(order, by, act.asked, now)
      case 'approve': {
        const document = { ...order, documentSha256: order.restoration?.documentSha256 ?? '' }
        const proof = await proofs.prove(document, by, act.proof ?? { kind: 'link' })
        return { kind: 'approve', by, documentSha256: act.documentSha256, proof, facts: factsOf(order) }
      }
      case 'gas-check':
        return { kind: 'gas-check', by, check: { ...act.check, recordedBy: by.id, recordedAt: isoTime(now) }, now }
      case 'cancel':
        return { kind: 'cancel', by, reason: act.reason, now }
    }
  }

  const withReason = <T>(reason: string, act: (text: string) => Promise<T>): Promise<T> =>
    inTurn(async () => {
      const text = reason.trim().slice(0, MAX_CANCEL_REASON_CHARS)
      if (text === '') throw new CloudError('request-invalid', 'reason: one is needed')
      return await act(text)
    })

  /** One order's trouble (a full disk, say) is logged and tried again at the next tick; it holds up no other order. */
  const tend = (id: OrderId, work: () => Promise<unknown>) =>
    work().catch((error) => logger.error({ order: id, error: String(error) }, 'order could not be tended'))

  /** What stirs at a site voids what people said of it. */
  const stir = async (orders: readonly Order[], disturbance: Disturbance): Promise<void> => {
    for (const { id, state } of orders) {
      if (isEnded(state)) continue
      await tend(id, () => advance(id, { kind: 'site-disturbed', disturbance, now: clock.now() }))
    }
  }

  /** Order by order in turn: what people and suppliers say meanwhile does not wait for all of them. */
  const tick = async (): Promise<void> => {
    const now = clock.now()
    const each = (id: OrderId, work: () => Promise<unknown>) => inTurn(() => tend(id, work))
    for (const { order } of book.all()) {
      if (stop.signal.aborted) return
      const owes = owesWithdrawal(order) || owesRestorationWithdrawal(order.restoration)
      if (isEnded(order.state) && !owes && !mayNeedCall(order, now)) continue
      await each(order.id, async () => {
        await attend(find(order.id))
        await advance(order.id, { kind: 'time', now, rules })
        await askPeople(book.get(order.id) as StoredOrder)
      })
    }
    for (const { order, bypass, ...verdict } of watcher.verdicts(now)) {
      await each(order, () => advance(order, { kind: 'measured', ...verdict, now }))
      if (!bypass) continue
      const seen = { kind: 'after-cut', fact: 'bypass', since: now, at: now, notes: verdict.notes, rules } as const
      await each(order, () => advance(order, seen))
    }
    await inTurn(async () => {
      for (const stored of await drafter.onTime(now)) show(stored)
    })
    showStandings()
  }

  /** What an authorisation is worth to an open order may have changed without a step of it. */
  const showStandings = (): void => {
    const changes = deps.standings?.changes() ?? 0
    if (changes === standingsShown) return
    standingsShown = changes
    for (const stored of book.all()) if (stored.order.content.standing && !isEnded(stored.order.state)) show(stored)
  }

  /** What is open to people: the veto window of an order, and the call for who must act. */
  const askPeople = async ({ order: { id } }: StoredOrder): Promise<void> => {
    const order = find(id)
    const input = vetoRuns.inputFor(order, factsOf(order))
    if (input) {
      await advance(id, input)
      if (input.kind === 'veto-begins' && find(id).version !== order.version) vetoRuns.began(id)
    }
    const { order: now, story } = book.get(id) as StoredOrder
    if (mayNeedCall(now, clock.now())) await advance(id, { kind: 'call', facts: factsOf(now), story, callRules })
  }

  const keepTime = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await tick().catch((error) => logger.error({ error: String(error) }, 'orders could not be tended'))
      await clock.sleep(deps.tickMs ?? DEFAULT_TICK_MS, stop.signal).catch(() => {})
    }
  }

  return {
    list: () => book.all().map(view),
    get(id) {
      const stored = book.get(id)
      return stored ? view(stored) : null
    },
    approve: (id, by, documentSha256, given = { kind: 'link' }) =>
      inTurn(async () => {
        const proof = await proofs.prove(find(id), by, given)
        return await take(id, { kind: 'approve', by, documentSha256, proof, facts: factsOf(find(id)) })
      }),
    question: (id, by) => proofs.question(waitingDocument(find(id)), by),
    veto: (id, by, reason) =>
      withReason(reason, (text) => take(id, { kind: 'veto', by, reason: text, now: clock.now() })),
    seen: (id, by) => inTurn(() => take(id, { kind: 'seen', by, now: clock.now() })),
    cancel: (id, by, reason) =>
      withReason(reason, (text) => take(id, { kind: 'cancel', by, reason: text, now: clock.now() })),
    stop: (id, by, reason) =>
      withReason(reason, (text) => take(id, { kind: 'stop', by, reason: text, now: clock.now() })),
    reportCut: (id, by, report) => inTurn(() => take(id, { kind: 'cut-report', by, report, now: clock.now() })),
    close: (id, by, reason) =>
      withReason(reason, (text) => take(id, { kind: 'close', by, reason: text, now: clock.now() })),
    restore: (id, by, act) => inTurn(() => restore(id, by, act)),
    answer,
    jwks: () => ({ keys: publicKeys }),
    onState: (finding, site) =>
      inTurn(async () => {
        const now = clock.now()
        for (const { id, state } of book.ofSite(site.id)) {
          if (isEnded(state)) continue
          await advance(id, { kind: 'judged', state: finding.state, measuredAt: instant(finding.at), now })
        }
        const drafted = await drafter.onFinding(finding, site, now)
        if (drafted) show(drafted)
      }),
    onAfterCut: ({ site, fact, since, because }) =>
      inTurn(async () => {
        const at = clock.now()
        for (const { id } of book.ofSite(site)) {
          const [first, ...more] = because
          const notes = first ? [first, ...more] : [note('text', { text: fact })]
          await advance(id, { kind: 'after-cut', fact, since: instant(since), at, notes, rules })
        }
      }),
    record: (id, by, what) =>
      inTurn(() => {
        const order = find(id)
        if (what.kind === 'people-statement' || what.kind === 'all-out') ear.lookBack(order, clock.now())
        return take(id, { ...what, by, facts: factsOf(order) })
      }),
    legalOf: (site) => viewRecord(siteLaw.of(site), clock.now()),
    recordLegal: (site, by, entry) => inTurn(async () => viewRecord(await siteLaw.take(site, by, entry), clock.now())),
    onEvent: (finding) => inTurn(() => stir(book.ofSite(finding.site), ear.takeFinding(finding))),
    onReading(row) {
      watcher.take(row, clock.now())
      if (!DISTURBING_KINDS.some((kind) => kind === row.reading.kind)) return
      for (const { order } of book.all()) {
        const disturbance = isEnded(order.state) ? null : ear.take(order, row)
        if (disturbance) void inTurn(() => stir([order], disturbance))
      }
    },
    async start() {
      publicKeys = [await publicKeyOf(deps.signingKey), ...(deps.formerKeys ?? [])]
      const edited = await book.load()
      for (const site of await siteLaw.load())
        logger.error({ site }, 'the legal record of this site was edited: it serves no order')
      for (const { order } of book.all()) {
        if (!isEnded(order.state) && order.people.statement) ear.lookBack(order, clock.now())
      }
      for (const id of edited) {
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
      await Promise.all(
        [delivery, withdrawals, restorations, restorationWithdrawals].map((one) => one[Symbol.asyncDispose]()),
      )
      await keepingTime
      await inTurn(async () => {})
    },
  }
}
