import type { ApprovalProof } from '@minewarden/protocol/approval-proof.ts'
import type { SupplierAnswer } from '@minewarden/protocol/order.ts'
import type { OperatePermission } from '@minewarden/protocol/permission.ts'
import type { GasCheck, RestorationContent } from '@minewarden/protocol/restoration.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { User } from '../ports.ts'
import type { GateFacts } from './gates/gate.ts'
import type { SelectedAnswer } from './progress.ts'

/** What can happen to an order's restoration. */
export type RestorationInput =
  | {
      readonly kind: 'draft'
      readonly by: User
      readonly content: RestorationContent
      readonly documentSha256: string
      readonly now: Instant
    }
  | {
      readonly kind: 'approve'
      readonly by: User
      readonly documentSha256: string
      readonly proof?: ApprovalProof | null
      readonly facts: GateFacts
    }
  | { readonly kind: 'cancel'; readonly by: User; readonly reason: string; readonly now: Instant }
  | { readonly kind: 'gas-check'; readonly by: User; readonly check: GasCheck; readonly now: Instant }
  | { readonly kind: 'signed'; readonly jws: string; readonly issuedAt: Instant; readonly facts: GateFacts }
  | { readonly kind: 'answer'; readonly answer: SupplierAnswer; readonly now: Instant }
  | {
      readonly kind: 'selected'
      readonly answer: SelectedAnswer
      readonly permission: OperatePermission
      readonly jws: string
      readonly sha256: string
      readonly facts: GateFacts
    }
