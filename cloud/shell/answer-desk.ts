import { sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import { ProtocolError } from '@minewarden/protocol/errors.ts'
import type { SupplierId } from '@minewarden/protocol/ids.ts'
import { claimedKeyId, type PublicKey, verifyDocument } from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES, SupplierAnswer } from '@minewarden/protocol/order.ts'
import type { Clock, Instant, Millis } from '@minewarden/protocol/time.ts'
import type { SupplierKeys } from '../core/ports.ts'
import { CloudError } from '../errors.ts'
import type { Records } from './records/database.ts'
import { recordFact } from './records/orders-repository.ts'

export interface AnswerDeskDeps {
  readonly records: Records
  readonly clock: Clock
  readonly suppliers: readonly SupplierId[]
  readonly keys: SupplierKeys
}

/** Anybody can post: forged answers may not fill the audit log. What is over is counted into the next entry. */
const MAX_REFUSALS_AN_HOUR = 60
const HOUR_MS: Millis = 3_600_000

/** Where answers come in: only one that is signed by the supplier it names goes further. */
export function createAnswerDesk({ records, clock, suppliers, keys }: AnswerDeskDeps) {
  let hourFrom: Instant | null = null
  let recorded = 0
  let unrecorded = 0

  const recordRefusal = async (supplier: string, reason: string): Promise<void> => {
    const now = clock.now()
    if (hourFrom === null || now - hourFrom >= HOUR_MS || now < hourFrom) {
      hourFrom = now
      recorded = 0
    }
    if (recorded >= MAX_REFUSALS_AN_HOUR) return void unrecorded++
    recorded++
    const detail = { reason, unrecordedBefore: unrecorded }
    unrecorded = 0
    await recordFact(records, { at: now, actor: 'unverified', action: 'answer.refused', subject: supplier, detail })
  }

  const verify = async (supplier: string, jws: string): Promise<{ answer: SupplierAnswer; key: PublicKey }> => {
    const known = suppliers.find((id) => id === supplier)
    if (known === undefined) throw new CloudError('answer-untrusted', 'the supplier is not known')
    const keySet = await keys.keysOf(known, claimedKeyId(jws))
    const { document, kid } = await verifyDocument(jws, DOCUMENT_TYPES.answer, keySet, SupplierAnswer)
    if (document.supplier !== known) throw new CloudError('answer-untrusted', 'supplier: not the one who signed')
    return { answer: document, key: keySet.keys.find((key) => key.kid === kid)! }
  }

  return {
    /** @throws CloudError `answer-untrusted`; the refusal is recorded */
    async read(supplier: string, jws: string): Promise<{ answer: SupplierAnswer; key: PublicKey; sha256: string }> {
      try {
        return { ...(await verify(supplier, jws)), sha256: await sha256Hex(jws) }
      } catch (error) {
        const trouble =
          error instanceof ProtocolError ? new CloudError('answer-untrusted', error.message, error) : error
        if (trouble instanceof CloudError) await recordRefusal(supplier.slice(0, 64), trouble.message.slice(0, 500))
        throw trouble
      }
    },
  }
}
