import type { Delivery, OrderAdapter, SupplierKeys } from '@minewarden/cloud/core/ports.ts'
import type { OrderId } from '@minewarden/protocol/ids.ts'
import {
  claimedType,
  generatePrivateKey,
  type KeySet,
  type PrivateKey,
  publicKeyOf,
  signDocument,
  verifyDocument,
} from '@minewarden/protocol/jws.ts'
import { CutOffOrder, DOCUMENT_TYPES, type SupplierAnswer } from '@minewarden/protocol/order.ts'
import { OrderWithdrawal } from '@minewarden/protocol/permission.ts'
import { RestorationOrder } from '@minewarden/protocol/restoration.ts'
import { isoTime } from '@minewarden/protocol/time.ts'
import { NOW, SUPPLIER } from './fixtures.ts'

/** A supplier without network: takes what is delivered as the test says, and signs what the test lets it say. */
export interface FakeSupplier extends OrderAdapter, SupplierKeys {
  /** Every compact JWS that was delivered, in order. */
  readonly deliveries: { readonly jws: string; readonly order: OrderId }[]
  /** What the next deliveries come to; the last one repeats. */
  script(...replies: ((order: CutOffOrder) => Promise<Delivery> | Delivery)[]): void
  sign(order: { id: string; documentSha256: string }, saying: object, change?: object): Promise<string>
  readonly key: PrivateKey
}

export async function createFakeSupplier(countyKeys: () => KeySet): Promise<FakeSupplier> {
  const key = await generatePrivateKey()
  const keys: KeySet = { keys: [await publicKeyOf(key)] }
  const deliveries: { jws: string; order: OrderId }[] = []
  let replies: ((order: CutOffOrder) => Promise<Delivery> | Delivery)[] = []
  const sign = (order: { id: string; documentSha256: string }, saying: object, change: object = {}) => {
    const about = { order: order.id, orderSha256: order.documentSha256, at: isoTime(NOW) }
    const answer = { type: 'cut-off-answer', version: 1, supplier: SUPPLIER, ...about, ...saying, ...change }
    return signDocument(answer as unknown as SupplierAnswer, DOCUMENT_TYPES.answer, key)
  }
  return {
    key,
    deliveries,
    sign,
    script: (...next) => {
      replies = next
    },
    keysOf: async () => keys,
    async deliver(_supplier, order, jws) {
      deliveries.push({ jws, order })
      const type = claimedType(jws)
      if (type === DOCUMENT_TYPES.withdrawal) {
        const { document } = await verifyDocument(jws, type, countyKeys(), OrderWithdrawal)
        const about = { id: document.order, documentSha256: document.orderSha256 }
        return { kind: 'answered', answers: [await sign(about, { kind: 'withdrawal-received' })] }
      }
      if (type === DOCUMENT_TYPES.restoration) {
        const { document } = await verifyDocument(jws, type, countyKeys(), RestorationOrder)
        const about = { id: document.order.id, documentSha256: document.orderSha256 }
        return { kind: 'answered', answers: [await sign(about, { kind: 'received' })] }
      }
      const { document } = await verifyDocument(jws, DOCUMENT_TYPES.order, countyKeys(), CutOffOrder)
      const reply = replies.length > 1 ? replies.shift() : replies[0]
      if (reply) return await reply(document)
      const { id } = document.order
      return {
        kind: 'answered',
        answers: [await sign({ id, documentSha256: document.orderSha256 }, { kind: 'received' })],
      }
    },
  }
}
