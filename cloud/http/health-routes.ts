import { isoTime } from '@minewarden/protocol/time.ts'
import type { ServerDeps } from './deps.ts'
import type { Routes } from './web.ts'

/** `GET /api/v1/health`: that the process answers, and its time; open to probes, so it says nothing else. */
export function healthRoutes(deps: Pick<ServerDeps, 'clock'>): Routes {
  return async (app) => {
    app.get('/api/v1/health', async () => ({ status: 'ok', at: isoTime(deps.clock.now()) }))
  }
}
