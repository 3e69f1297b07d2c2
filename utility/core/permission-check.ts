import type { OperatePermission } from '@minewarden/protocol/permission.ts'
import { type Instant, type Millis, parseIsoTime } from '@minewarden/protocol/time.ts'

/** What a permission must be of, to be believed. */
export interface AskedFor {
  readonly order: string
  readonly orderSha256: string
  readonly supplier: string
  readonly supplyPoint: string
  readonly selection: number
  readonly now: Instant
  readonly clockSkewMs: Millis
}

/** What is wrong with a permission whose signature verified; `null` when it replies to what was asked, at this time. */
export function permissionProblem(permission: OperatePermission, asked: AskedFor): string | null {
  for (const field of ['order', 'orderSha256', 'supplier', 'supplyPoint', 'selection'] as const) {
    if (permission[field] !== asked[field]) return `${field}: of another selection`
  }
  const at = parseIsoTime(permission.at)
  if (at === null) return 'at: not a time'
  // Whose clock is wrong cannot be told from here: then nobody knows whether the order still holds.
  if (Math.abs(at - asked.now) > asked.clockSkewMs) return `at: the clocks are apart (${permission.at})`
  return null
}
