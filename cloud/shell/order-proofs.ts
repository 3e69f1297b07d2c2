import type { ApprovalProof, Statement } from '@minewarden/protocol/approval-proof.ts'
import { documentSha256 } from '@minewarden/protocol/canonical-json.ts'
import type { Order } from '../core/orders/order.ts'
import type { User } from '../core/ports.ts'
import type { GivenProof, ProofQuestion } from '../core/proof-question.ts'
import type { ProofsService } from '../core/proofs-port.ts'
import { CloudError } from '../errors.ts'

/** Without a desk a session is proof enough. */
const SESSION_ONLY: ProofQuestion = { accepted: ['link'], usable: ['link'], passkey: null }

/** The proofs of an order's approvals: what is signed is the order's document, its legal record and the approver. */
export function createOrderProofs(desk: Pick<ProofsService, 'question' | 'prove' | 'holds'> | undefined) {
  const statementOf = async (order: Order, approver: string): Promise<Statement & { legal: string }> => ({
    order: order.documentSha256,
    legal: await documentSha256(order.legal),
    approver,
  })
  return {
    async question(order: Order, by: User): Promise<ProofQuestion> {
      return desk ? await desk.question(by, await statementOf(order, by.id)) : SESSION_ONLY
    },
    /** @throws CloudError `proof-refused`, `too-many-attempts` */
    async prove(order: Order, by: User, given: GivenProof): Promise<ApprovalProof> {
      const statement = await statementOf(order, by.id)
      if (!desk && given.kind !== 'link') throw new CloudError('proof-refused', 'proof: none is asked for here')
      const proof = desk ? await desk.prove(by, statement, given) : ({ kind: 'link' } as const)
      return { ...proof, legalSha256: statement.legal }
    },
    /** Approvers whose kept proof does not verify any more: the record was edited, or the legal record has changed. */
    async brokenOf(order: Order): Promise<string[]> {
      const broken: string[] = []
      for (const { user, proof } of order.approvals) {
        const statement = await statementOf(order, user)
        if (proof === undefined) continue
        const same = proof.legalSha256 === statement.legal
        if (!same || (desk && !(await desk.holds(user, statement, proof)))) broken.push(user)
      }
      return broken
    },
  }
}
