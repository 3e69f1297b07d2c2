import { check, describeProblems, type Problem } from '@minewarden/protocol/errors.ts'
import type { z } from 'zod'
import { CloudError } from '../errors.ts'

/** A request that does not fit its schema, with every problem found. */
export class RequestInvalid extends CloudError {
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super('request-invalid', describeProblems(problems))
    this.problems = problems
  }
}

/** Where in a request an input stands; the first part of a problem's path. */
export type RequestPart = 'path' | 'query' | 'body'

/**
 * Reads one part of a request.
 * @throws RequestInvalid naming each field as `query.from`, `body.token`
 */
export function read<T>(schema: z.ZodType<T>, part: RequestPart, input: unknown): T {
  const checked = check(schema, input)
  if (checked.ok) return checked.value
  throw new RequestInvalid(checked.problems.map((p) => ({ ...p, path: p.path ? `${part}.${p.path}` : part })))
}
