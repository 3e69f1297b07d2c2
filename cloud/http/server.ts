import { auditRoutes } from './audit-routes.ts'
import { answerUnknown, consoleRoutes, findConsole } from './console-routes.ts'
import type { ServerDeps } from './deps.ts'
import { createDocuments } from './documents.ts'
import { answerErrors } from './error-reply.ts'
import { evidenceRoutes } from './evidence-routes.ts'
import { feedbackRoutes } from './feedback-routes.ts'
import { createGatekeeper } from './gatekeeper.ts'
import { healthRoutes } from './health-routes.ts'
import { historyRoutes } from './history-routes.ts'
import { liveRoutes } from './live-routes.ts'
import { openApiRoutes } from './openapi-routes.ts'
import { orderRecordsRoutes } from './order-records-routes.ts'
import { ordersRoutes } from './orders-routes.ts'
import { pictureRoutes } from './picture-routes.ts'
import { probeRoutes } from './probe-routes.ts'
import { proofsRoutes } from './proofs-routes.ts'
import { restorationRoutes } from './restoration-routes.ts'
import { addSecurityHeaders } from './security-headers.ts'
import { signInRoutes } from './sign-in-routes.ts'
import { sitesRoutes } from './sites-routes.ts'
import { standingRoutes } from './standing-routes.ts'
import { supplierRoutes } from './supplier-routes.ts'
import { tuningRoutes } from './tuning-routes.ts'
import { waveformRoutes } from './waveform-routes.ts'
import { createWeb, type Web } from './web.ts'

/** The API and the console, not yet listening: the caller picks host and port, and closes it. */
export async function createServer(deps: ServerDeps): Promise<Web> {
  const app = await createWeb({ trustProxy: deps.trustProxy ?? false })
  const documents = createDocuments(deps.reasonText, (site) => deps.sites.get(site)?.site.protectedObject)
  const gatekeeper = createGatekeeper(deps)
  const consoleDir = findConsole(deps.staticDir, deps.logger)

  addSecurityHeaders(app)
  answerErrors(app, deps.logger)
  // In the root scope: the handler of unknown addresses serves the page too.
  if (consoleDir !== null) await consoleRoutes(consoleDir)(app)
  answerUnknown(app, consoleDir !== null)
  await app.register(healthRoutes(deps))
  await app.register(openApiRoutes())
  await app.register(sitesRoutes(deps, documents, gatekeeper))
  await app.register(feedbackRoutes(deps, gatekeeper))
  await app.register(historyRoutes(deps, gatekeeper))
  await app.register(waveformRoutes(deps, gatekeeper))
  await app.register(probeRoutes(deps, gatekeeper))
  await app.register(pictureRoutes(deps, gatekeeper))
  await app.register(ordersRoutes(deps, documents, gatekeeper))
  await app.register(restorationRoutes(deps, documents, gatekeeper))
  await app.register(orderRecordsRoutes(deps, documents, gatekeeper))
  await app.register(auditRoutes(deps, gatekeeper))
  await app.register(evidenceRoutes(deps, gatekeeper))
  await app.register(signInRoutes(deps, documents, gatekeeper))
  await app.register(proofsRoutes(deps, gatekeeper))
  await app.register(standingRoutes(deps, gatekeeper))
  await app.register(supplierRoutes(deps))
  await app.register(tuningRoutes(deps, documents, gatekeeper))
  await app.register(liveRoutes(deps, documents, gatekeeper))
  await app.ready()
  return app
}
