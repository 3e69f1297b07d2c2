import { APPROVER_ROLES } from '@minewarden/protocol/approval.ts'
import { PROOF_KINDS } from '@minewarden/protocol/approval-proof.ts'
import { UserId } from '@minewarden/protocol/ids.ts'
import { Sha256 } from '@minewarden/protocol/order.ts'
import { StandingContent, StandingId } from '@minewarden/protocol/standing.ts'
import { z } from 'zod'
import { ROLES } from '../../../core/ports.ts'
import type { ProofQuestion } from '../../../core/proof-question.ts'
import type { MeDocument } from '../../documents.ts'
import type { PasskeyDocument, ProofsDocument } from '../../proofs-routes.ts'
import type { StandingDocument } from '../../standing-routes.ts'
import { Iso, IsoOrNull, Reasons } from './fields.ts'

const Proof = z.enum(PROOF_KINDS)

export const MeAnswer: z.ZodType<MeDocument> = z
  .strictObject({
    user: z.strictObject({ id: z.string(), name: z.string(), department: z.string(), role: z.enum(ROLES) }).nullable(),
    publicReading: z.boolean(),
  })
  .meta({ id: 'Me' })

export const PasskeyAnswer: z.ZodType<PasskeyDocument> = z
  .strictObject({ id: z.string(), name: z.string(), createdAt: Iso, lastUsedAt: IsoOrNull })
  .meta({ id: 'Passkey' })
export const ProofsAnswer: z.ZodType<ProofsDocument> = z
  .strictObject({
    accepted: z.array(z.string()),
    passkeys: z.array(PasskeyAnswer),
    totp: z.strictObject({ since: Iso }).nullable(),
  })
  .meta({ id: 'Proofs' })
export const QuestionAnswer: z.ZodType<ProofQuestion> = z
  .strictObject({ accepted: z.array(Proof), usable: z.array(Proof), passkey: z.looseObject({}).nullable() })
  .meta({ id: 'ProofQuestion', description: 'How this person may prove to be present; `passkey`: options of WebAuthn' })
export const NewPasskeyAnswer = z.strictObject({ options: z.looseObject({}), question: QuestionAnswer.nullable() })
export const NewTotpAnswer = z.strictObject({
  secret: z.string(),
  uri: z.string(),
  question: QuestionAnswer.nullable(),
})

export const StandingAnswer: z.ZodType<StandingDocument> = z
  .strictObject({
    id: StandingId,
    state: z.enum(['proposed', 'in-force', 'revoked']),
    valid: z.boolean(),
    problems: Reasons,
    content: StandingContent,
    documentSha256: Sha256,
    approvals: z.array(
      z.strictObject({
        user: UserId,
        name: z.string(),
        department: z.string(),
        role: z.enum(APPROVER_ROLES),
        at: Iso,
        proof: Proof.nullable(),
      }),
    ),
    revoked: z.strictObject({ by: z.string(), at: Iso, reason: z.string() }).nullable(),
  })
  .meta({ id: 'Standing' })
