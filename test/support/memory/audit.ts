import type { AuditCheckpoint } from '@minewarden/protocol/audit.ts'
import type { AuditService, AuditStatus } from '../../../cloud/core/audit-port.ts'

/** An audit log of one entry, whole or not; who exported it is kept. */
export function createMemoryAudit(): AuditService & { readonly exportedBy: string[]; trouble: AuditStatus['trouble'] } {
  const exportedBy: string[] = []
  const head = { sequence: 1, hash: 'a'.repeat(64) }
  return {
    exportedBy,
    trouble: null,
    async status() {
      const checkpoint: AuditCheckpoint = {
        type: 'audit-checkpoint',
        version: 1,
        ...{ issuer: '450324', number: 1, previous: null, ...head, count: 1 },
        at: '2026-03-03T15:00:00.000Z',
      }
      return { head, verified: 1, checkpoint, trouble: this.trouble }
    },
    checkpoints: async () => ['a.b.c'],
    async export(by) {
      exportedBy.push(by.id)
      return (async function* () {
        yield '{"kind":"header"}\n'
        yield '{"kind":"seal"}\n'
      })()
    },
  }
}
