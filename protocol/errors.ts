import type { z } from 'zod'

/**
 * An error that a caller can switch on. `code` is one of a package's closed list (its `errors.ts`), `message` names
 * what is wrong, `cause` keeps what a library threw.
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code
  constructor(code: Code, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CodedError'
    this.code = code
  }
}

/** Our own bug: never caught, ends the process. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** Codes of this package, each with what it means; `docs/errors.md` lists exactly these. */
export const PROTOCOL_ERRORS = {
  'payload-malformed': 'Bytes that are not a Sparkplug B payload',
  'payload-unknown-alias': 'A metric alias that no birth declared',
  'topic-malformed': 'An MQTT topic that is not of the Sparkplug namespace',
  'document-invalid': 'A JSON document that does not fit its schema',
  'signature-invalid': 'A JWS whose signature, key or header does not verify',
} as const
export type ProtocolErrorCode = keyof typeof PROTOCOL_ERRORS

export class ProtocolError extends CodedError<ProtocolErrorCode> {
  override readonly name = 'ProtocolError'
}

/** One problem of an input: where it is (`sites.0.gateways.1.id`, empty for the whole) and what is wrong with it. */
export interface Problem {
  readonly path: string
  readonly message: string
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Checks an input against a schema, collecting every problem instead of throwing at the first. */
export function check<T>(schema: z.ZodType<T>, input: unknown): Checked<T> {
  const result = schema.safeParse(input)
  if (result.success) return { ok: true, value: result.data }
  return {
    ok: false,
    problems: result.error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message })),
  }
}

/** Problems as one readable line: `sites.0.id: expected string; end: not a time`. */
export const describeProblems = (problems: readonly Problem[]): string =>
  problems.map((p) => (p.path ? `${p.path}: ${p.message}` : p.message)).join('; ')
