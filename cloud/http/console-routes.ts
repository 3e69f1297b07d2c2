import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '../core/ports.ts'
import { CloudError } from '../errors.ts'
import { errorDocument } from './error-reply.ts'
import { type Routes, serveFiles, type Web, type WebReply } from './web.ts'

/** Addresses of the console's pages: all are the one page, which reads the address itself. */
const PAGES = ['/', '/sites', '/sites/:site', '/orders', '/orders/:order', '/probes', '/standings', '/me', '/sign-in']

/** Serves the built console from `directory`. */
export function consoleRoutes(directory: string): Routes {
  return async (app) => {
    await serveFiles(app, directory)
    for (const page of PAGES) app.get(page, async (_request, reply) => sendPage(reply))
  }
}

/** The folder if a built console is there; says how to make one when it is not. */
export function findConsole(directory: string | null, logger: Logger): string | null {
  if (directory === null || existsSync(join(directory, 'index.html'))) return directory
  logger.warn({ directory }, 'the console is not built (npm run build): serving the API alone')
  return null
}

/** Unknown addresses: the page says so to a person, JSON to a program. */
export function answerUnknown(app: Web, withConsole: boolean): void {
  app.setNotFoundHandler(async (request, reply) => {
    const isApi = request.url.startsWith('/api/') || request.url.startsWith('/.well-known/')
    const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')
    if (withConsole && !isApi && wantsPage) return sendPage(reply.code(404))
    const { status, document } = errorDocument(new CloudError('not-found', `No ${request.method} at this address`))
    return reply.code(status).send(document)
  })
}

const sendPage = (reply: WebReply) => reply.sendFile('index.html')
