import { documentSha256 } from '@minewarden/protocol/canonical-json.ts'
import { ProtocolError } from '@minewarden/protocol/errors.ts'
import type { OrderId } from '@minewarden/protocol/ids.ts'
import { claimedKeyId, claimedType, type Verified, verifyDocument } from '@minewarden/protocol/jws.ts'
import { CutOffOrder, DOCUMENT_TYPES, type DocumentType } from '@minewarden/protocol/order.ts'
import { OrderWithdrawal } from '@minewarden/protocol/permission.ts'
import { RestorationOrder } from '@minewarden/protocol/restoration.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { z } from 'zod'
import { openJob, refusedJob, type Saying } from './core/job.ts'
import { type CheckFacts, findProblem, type OrderProblem } from './core/order-check.ts'
import type { Logger } from './core/ports.ts'
import { findRestorationProblem } from './core/restoration-check.ts'
import { UtilityError, type UtilityErrorCode } from './errors.ts'
import type { CountyKeys } from './shell/county-keys.ts'
import { createOneAtATime } from './shell/one-at-a-time.ts'
import type { Store, StoredOrder } from './shell/store.ts'

/** Signs an answer to an order. */
export type AnswerSigner = (order: { id: string; orderSha256: string }, saying: Saying) => Promise<string>

export interface OrderDeskDeps {
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  readonly keys: CountyKeys
  readonly sign: AnswerSigner
  readonly supplier: string
  readonly issuer: string
  /** Supply point to feeder. */
  readonly feeders: ReadonlyMap<string, string>
  readonly clockSkewMs: Millis
  /** There is a new order to work on. */
  readonly onReceived: (id: OrderId) => void
  /** A known order is taken back; resolves when no switch is told to move any more. */
  readonly withdraw: (id: OrderId) => Promise<void>
}

/** What the sender of an order is told: a signed receipt, or an error, signed too when it is our last word. */
export type Reply =
  | { readonly kind: 'receipt'; readonly jws: string; readonly repeated: boolean }
  | {
      readonly kind: 'error'
      readonly code: UtilityErrorCode
      readonly message: string
      readonly answer: string | null
    }

/** How a refusal at the door is called in the signed answer. */
const REASON_OF = {
  'order-not-mine': 'not-mine',
  'order-unsafe': 'unsafe',
  'order-expired': 'expired',
  'order-withdrawn': 'withdrawn',
} as const satisfies Partial<Record<UtilityErrorCode, string>>

/** Where orders come in. One at a time, so that two copies of an order cannot both be the first. */
export function createOrderDesk(deps: OrderDeskDeps) {
  const { store, clock, logger, keys, sign, feeders } = deps
  const inTurn = createOneAtATime()

  const verify = async <T>(jws: string, type: DocumentType, schema: z.ZodType<T>): Promise<Verified<T>> => {
    try {
      return await verifyDocument(jws, type, await keys.keysFor(claimedKeyId(jws)), schema)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      const code = error.code === 'signature-invalid' ? 'order-signature' : 'order-malformed'
      throw new UtilityError(code, error.message, error)
    }
  }

  /** A repetition of an order gets the words that its first copy got. */
  const repetition = ({ document, payloadSha256 }: Verified<CutOffOrder | RestorationOrder>): Reply | null => {
    const known = store.byId(document.order.id)
    if (known?.payloadSha256 === payloadSha256) {
      if (known.error === null) return { kind: 'receipt', jws: known.receipt, repeated: true }
      return { kind: 'error', ...(known.error as { code: UtilityErrorCode; message: string }), answer: known.receipt }
    }
    if (known) throw new UtilityError('order-replayed', 'order.id: received before with other content')
    if (document.type === 'cut-off-order' && store.bySequence(document.order.sequence)) {
      throw new UtilityError('order-replayed', 'order.sequence: used by another order')
    }
    return null
  }

  const record = async (
    verified: Verified<CutOffOrder | RestorationOrder>,
    jws: string,
    problem: OrderProblem | null,
  ): Promise<Reply> => {
    const { document, payloadSha256 } = verified
    const { id } = document.order
    // Restorations are known by their id alone.
    const sequence = document.type === 'cut-off-order' ? document.order.sequence : 0
    const now = clock.now()
    const { orderSha256 } = document
    const receipt = await sign({ id, orderSha256 }, problem ? refusal(problem) : { kind: 'received' })
    const job = problem ? refusedJob(document, now) : openJob(document, (point) => feeders.get(point) as string, now)
    const error = problem && { code: problem.code, message: problem.message }
    store.add({ id, sequence, payloadSha256, orderSha256, job, receipt, error } satisfies StoredOrder, jws)
    if (problem) return { kind: 'error', code: problem.code, message: problem.message, answer: receipt }
    deps.onReceived(id)
    return { kind: 'receipt', jws: receipt, repeated: false }
  }

  const takeOrder = async (jws: string): Promise<Reply> => {
    const verified = await verify(jws, DOCUMENT_TYPES.order, CutOffOrder)
    const repeated = repetition(verified)
    if (repeated) return repeated
    if (store.isBuried(verified.document.order.id)) return await record(verified, jws, WITHDRAWN)
    const problem = findProblem(verified.document, await factsOf(verified.document))
    if (problem && !problem.final) throw new UtilityError(problem.code, problem.message)
    return await record(verified, jws, problem)
  }

  const factsOf = async (document: CutOffOrder | RestorationOrder): Promise<CheckFacts> => {
    const standing = document.type === 'cut-off-order' ? document.standing : undefined
    return {
      now: clock.now(),
      supplier: deps.supplier,
      issuer: deps.issuer,
      contentSha256: await documentSha256(document.order),
      standingSha256: standing ? await documentSha256(standing.content) : null,
      isOurs: (point) => feeders.has(point),
      clockSkewMs: deps.clockSkewMs,
    }
  }

  /** Only what was cut under an order that we know is given back. */
  const takeRestoration = async (jws: string): Promise<Reply> => {
    const verified = await verify(jws, DOCUMENT_TYPES.restoration, RestorationOrder)
    const repeated = repetition(verified)
    if (repeated) return repeated
    const { document } = verified
    if (store.isBuried(document.order.id)) return await record(verified, jws, WITHDRAWN)
    const problem = findRestorationProblem(document, await factsOf(document), store.byId(document.order.cutOff.order))
    if (problem && !problem.final) throw new UtilityError(problem.code, problem.message)
    return await record(verified, jws, problem)
  }

  /** What it means for a switch is done before the receipt goes out. */
  const takeWithdrawal = async (jws: string): Promise<Reply> => {
    const { document } = await verify(jws, DOCUMENT_TYPES.withdrawal, OrderWithdrawal)
    const { order: id, orderSha256, issuer, supplier } = document
    if (issuer !== deps.issuer) throw new UtilityError('order-signature', `issuer: expected '${deps.issuer}'`)
    if (supplier !== deps.supplier) throw new UtilityError('order-not-mine', `supplier: expected '${deps.supplier}'`)
    const known = store.byId(id)
    if (known && known.orderSha256 !== orderSha256) {
      throw new UtilityError('order-replayed', 'orderSha256: of another order of this id')
    }
    if (known) await deps.withdraw(id)
    else store.bury(id, clock.now())
    logger.warn({ order: id, reason: document.reason }, 'order withdrawn')
    const receipt = await sign({ id, orderSha256 }, { kind: 'withdrawal-received' })
    return { kind: 'receipt', jws: receipt, repeated: known !== null }
  }

  const take = async (jws: string): Promise<Reply> => {
    try {
      const type = claimedType(jws)
      if (type === DOCUMENT_TYPES.withdrawal) return await takeWithdrawal(jws)
      return type === DOCUMENT_TYPES.restoration ? await takeRestoration(jws) : await takeOrder(jws)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      throw new UtilityError('order-signature', error.message, error)
    }
  }

  return {
    /** Takes a compact JWS from anybody. Never rejects for what the sender did wrong. */
    async receive(jws: string): Promise<Reply> {
      try {
        const reply = await inTurn(() => take(jws))
        if (reply.kind === 'error') logger.warn({ code: reply.code, problem: reply.message }, 'order refused')
        return reply
      } catch (error) {
        if (!(error instanceof UtilityError)) throw error
        logger.warn({ code: error.code, problem: error.message }, 'order refused')
        return { kind: 'error', code: error.code, message: error.message, answer: null }
      }
    },
  }
}
export type OrderDesk = ReturnType<typeof createOrderDesk>

const WITHDRAWN: OrderProblem = {
  code: 'order-withdrawn',
  message: 'order.id: withdrawn before it arrived',
  final: true,
}

const refusal = ({ code, message }: OrderProblem): Saying => ({
  kind: 'refused',
  reason: code in REASON_OF ? REASON_OF[code as keyof typeof REASON_OF] : 'other',
  detail: `${code}: ${message}`.slice(0, 500),
})
