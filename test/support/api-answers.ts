import type { Operation, Operations } from '../../cloud/http/openapi/operation.ts'
import { OPERATIONS } from '../../cloud/http/openapi/operations.ts'

/** What a server answered, as far as it is held against the description of the API. */
export interface AnswerSeen {
  readonly method: string
  readonly url: string
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** The described operation that a request is of; `null`: none is. */
export function operationOf(method: string, url: string): { address: string; operation: Operation } | null {
  const path = url.split('?')[0] ?? ''
  const matching = Object.entries(OPERATIONS as Operations).filter(([address]) => {
    const [verb, template = ''] = address.split(' ')
    return verb === method && new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`).test(path)
  })
  // What is written out goes before what stands for a name, as in the router.
  const [found] = matching.sort(([a], [b]) => a.split(':').length - b.split(':').length)
  return found ? { address: found[0], operation: found[1] } : null
}

/** Why an answer is not the one that the API's description promises; `null` when it is. Errors are looked at elsewhere. */
export function answerProblem({ method, url, status, contentType, body }: AnswerSeen): string | null {
  if (status >= 300) return null
  const found = operationOf(method, url)
  if (!found) return `${method} ${url} is not described`
  const answer = found.operation.answers[status]
  if (!answer) return `${found.address}: status ${status} is not described`
  if (answer.media && contentType.startsWith(answer.media)) return null
  if (!answer.schema) return body === '' ? null : `${found.address}: an answer of ${contentType} is not described`
  const checked = answer.schema.safeParse(JSON.parse(body))
  return checked.success ? null : `${found.address}: ${JSON.stringify(checked.error.issues.slice(0, 3))}`
}
