import type { AuditCheckpoint } from '@minewarden/protocol/audit.ts'
import type { AuditHead } from '@minewarden/protocol/order.ts'
import type { User } from './ports.ts'

/** What the audit log is worth at this moment. */
export interface AuditStatus {
  readonly head: AuditHead | null
  /** Entries that were followed from the beginning in this run. */
  readonly verified: number
  readonly checkpoint: AuditCheckpoint | null
  /** The log is not what was signed: from then on nothing more of it is. */
  readonly trouble: { readonly sequence: number; readonly reason: string } | null
}

/** The audit log as pages and courts see it. */
export interface AuditService {
  status(): Promise<AuditStatus>
  /** Every signed checkpoint, oldest first: for whoever keeps a copy elsewhere. */
  checkpoints(): Promise<readonly string[]>
  /** The whole log as the lines of one file; that somebody took it stands in it. */
  export(by: User): Promise<AsyncIterable<string>>
}
