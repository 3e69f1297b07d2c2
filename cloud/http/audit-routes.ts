import { Readable } from 'node:stream'
import { isoTime } from '@minewarden/protocol/time.ts'
import type { AuditStatus } from '../core/audit-port.ts'
import type { ServerDeps } from './deps.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import type { Routes } from './web.ts'

/** `GET /api/v1/audit`. `verified`: entries followed from the beginning since the start, and each day anew. */
export interface AuditDocument {
  readonly entries: number
  readonly head: AuditStatus['head']
  readonly verified: number
  readonly checkpoint: { readonly number: number; readonly sequence: number; readonly at: string } | null
  readonly trouble: AuditStatus['trouble']
}

/**
 * `GET /api/v1/audit`: how far the log has come, and whether it is whole. `GET /api/v1/audit/checkpoints`: what was signed
 * of it, a compact JWS a line, for whoever keeps a copy. `GET /api/v1/audit/export` (officers, on record): all of it as
 * one file (docs/audit.md).
 */
export function auditRoutes({ audit, clock }: Pick<ServerDeps, 'audit' | 'clock'>, gatekeeper: Gatekeeper): Routes {
  return async (app) => {
    app.get('/api/v1/audit', async (request): Promise<AuditDocument> => {
      await gatekeeper.person(request)
      const { head, verified, checkpoint, trouble } = await audit.status()
      const { number, sequence, at } = checkpoint ?? {}
      return {
        ...{ entries: head?.sequence ?? 0, head, verified, trouble },
        checkpoint: number && sequence && at ? { number, sequence, at } : null,
      }
    })
    app.get('/api/v1/audit/checkpoints', async (request, reply) => {
      await gatekeeper.person(request)
      const lines = await audit.checkpoints()
      return reply.type('application/x-ndjson').send(lines.map((line) => `${line}\n`).join(''))
    })
    app.get('/api/v1/audit/export', async (request, reply) => {
      const user = await gatekeeper.officer(request)
      const name = `audit-${isoTime(clock.now()).replaceAll(/[-:]|\.\d+/g, '')}.ndjson`
      return reply
        .type('application/x-ndjson')
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(Readable.from(await audit.export(user)))
    })
  }
}
