import { readFileSync } from 'node:fs'
import { openApiDocument } from './openapi/document.ts'
import { OPERATIONS } from './openapi/operations.ts'
import type { Routes } from './web.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** The API as OpenAPI 3.1, as `npm run docs` writes it to docs/openapi.json. */
export const openApi = () => openApiDocument(OPERATIONS, version)

/** `GET /api/v1/openapi.json`. */
export function openApiRoutes(): Routes {
  // Made once, when somebody asks first.
  let text: string | null = null
  return async (app) => {
    app.get('/api/v1/openapi.json', async (_request, reply) => {
      text ??= JSON.stringify(openApi())
      return reply.type('application/json').send(text)
    })
  }
}
