import type { Problem } from '@minewarden/protocol/errors.ts'
import type { Logger } from '../core/ports.ts'
import { CLOUD_ERRORS, CloudError, type CloudErrorCode } from '../errors.ts'
import { RequestInvalid } from './request-check.ts'
import type { Web } from './web.ts'

/** The body of every answer that is not a success. */
export interface ErrorDocument {
  readonly error: { readonly code: CloudErrorCode; readonly message: string; readonly problems?: readonly Problem[] }
}

/** The web server's own complaints, in our words. */
const FOREIGN: Record<string, CloudErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'request-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'request-unsupported',
}

/** What a thrown value tells the caller: its own words when it is ours, nothing of our insides when it is not. */
export function errorDocument(thrown: unknown): { status: number; document: ErrorDocument } {
  const error = asCloudError(thrown)
  const problems = error instanceof RequestInvalid ? { problems: error.problems } : {}
  return {
    status: CLOUD_ERRORS[error.code][0],
    document: { error: { code: error.code, message: error.message, ...problems } },
  }
}

function asCloudError(thrown: unknown): CloudError {
  if (thrown instanceof CloudError) return thrown
  const { code, statusCode, message } = Object(thrown) as { code?: unknown; statusCode?: unknown; message?: unknown }
  const foreign = typeof code === 'string' ? FOREIGN[code] : undefined
  if (foreign) return new CloudError(foreign, String(message), thrown)
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new RequestInvalid([{ path: 'body', message: String(message) }])
  }
  return new CloudError('internal', 'The server failed; its log has the cause', thrown)
}

/** Answers every error as JSON and logs those that are our own fault: the route, never the body or a cookie. */
export function answerErrors(app: Web, logger: Logger): void {
  app.setErrorHandler(async (thrown, request, reply) => {
    const { status, document } = errorDocument(thrown)
    if (status >= 500) {
      logger.error({ err: thrown, method: request.method, route: request.routeOptions.url }, 'request failed')
    }
    return reply.code(status).send(document)
  })
}
