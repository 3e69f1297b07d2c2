import { answerUnknown } from './console-routes.ts'
import type { ServerDeps } from './deps.ts'
import { answerErrors } from './error-reply.ts'
import { addSecurityHeaders } from './security-headers.ts'
import { supplierRoutes } from './supplier-routes.ts'
import { createWeb, type Web } from './web.ts'

/**
 * What power companies reach, and nothing else, over HTTPS on a port of its own: a county can open this one to a
 * company while the pages stay inside.
 */
export async function createSupplierServer(
  deps: Pick<ServerDeps, 'orders' | 'clock' | 'logger'>,
  tls: { readonly key: string; readonly cert: string },
): Promise<Web> {
  const app = await createWeb({ trustProxy: false, tls })
  addSecurityHeaders(app)
  answerErrors(app, deps.logger)
  answerUnknown(app, false)
  await app.register(supplierRoutes(deps))
  await app.ready()
  return app
}
