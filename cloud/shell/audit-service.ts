import type { Clock } from '@minewarden/protocol/time.ts'
import type { AuditService } from '../core/audit-port.ts'
import { type ExportDeps, exportAudit } from './audit-export.ts'
import type { AuditKeeper } from './audit-keeper.ts'
import type { Records } from './records/database.ts'
import { recordFact } from './records/orders-repository.ts'

export interface AuditServiceDeps {
  readonly records: Records
  readonly keeper: Pick<AuditKeeper, 'status' | 'tend'>
  readonly exporting: ExportDeps
  readonly clock: Clock
}

/** Notes that the log is taken out, by whom, before it is. */
export const noteExport = (records: Records, actor: string, clock: Clock) =>
  recordFact(records, { at: clock.now(), actor, action: 'audit.exported', subject: 'audit', detail: {} })

export function createAuditService({ records, keeper, exporting, clock }: AuditServiceDeps): AuditService {
  return {
    status: () => keeper.status(),
    checkpoints: () => exporting.checkpointFile.read(),
    async export(by) {
      await noteExport(records, by.id, clock)
      // The export ends with a checkpoint of its own last entry.
      await keeper.tend(true)
      return exportAudit(exporting, by.id, clock.now())
    },
  }
}
