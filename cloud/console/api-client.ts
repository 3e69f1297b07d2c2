import type { z } from 'zod'
import type { ErrorDocument } from '../http/error-reply.ts'
import type { OPERATIONS } from '../http/openapi/operations.ts'

/**
 * Calls of the API, typed by its description: an address, a parameter, a body or an answer that is not in
 * docs/openapi.json does not compile. The description itself stays on the server.
 */
type Described = typeof OPERATIONS
/** Addresses that answer with JSON, or with nothing. */
export type Address = keyof Described

type NamesIn<A> = A extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer More}`
    ? Name | NamesIn<`/${More}`>
    : Rest
  : never
type Loose<T> = T extends readonly (infer Each)[]
  ? readonly Loose<Each>[]
  : string extends keyof T
    ? unknown
    : T extends object
      ? { readonly [K in keyof T]: Loose<T[K]> }
      : T

type PathOf<A> = [NamesIn<A>] extends [never]
  ? unknown
  : { readonly path: Readonly<Record<NamesIn<A>, string | number>> }
type QueryOf<O> = O extends { readonly query: infer Q extends z.ZodType }
  ? { readonly query: { readonly [K in keyof z.input<Q>]: string | number } }
  : unknown
type BodyOf<O> = O extends { readonly body: infer B extends z.ZodType } ? { readonly body: Loose<z.input<B>> } : unknown
type Asked<A extends Address> = PathOf<A> & QueryOf<Described[A]> & BodyOf<Described[A]>

/** What an address takes in its body. */
export type BodyFor<A extends Address> = Asked<A> extends { readonly body: infer B } ? B : never

type AnswersOf<O> = O extends { readonly answers: infer Answers } ? Answers[keyof Answers] : never
/** What an address answers with. */
export type AnswerOf<A extends Address> =
  AnswersOf<Described[A]> extends { readonly schema: infer S extends z.ZodType } ? z.output<S> : undefined

/** An answer that is not a success; `code` is one of the server's codes, or `unreachable`. */
export class ApiError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Longer than any answer takes. */
const TIMEOUT_MS = 20_000

/** Calls one address of the API. @throws ApiError */
export async function request<A extends Address>(
  address: A,
  ...[asked]: unknown extends Asked<A> ? [] : [asked: Asked<A>]
): Promise<AnswerOf<A>> {
  const { path = {}, query, body } = (asked ?? {}) as Untyped
  const [method, template] = address.split(' ') as ['GET' | 'POST', string]
  const filled = template.replaceAll(/:(\w+)/g, (_whole, name: string) => encodeURIComponent(path[name] ?? ''))
  const search = query ? `?${new URLSearchParams(present(query))}` : ''
  // A request that changes something always has a body: a form of another page could send none of JSON.
  return await call<AnswerOf<A>>(method, `${filled}${search}`, method === 'POST' ? (body ?? {}) : undefined)
}

interface Untyped {
  readonly path?: Readonly<Record<string, string | number>>
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: object
}

const present = (query: Readonly<Record<string, string | number | undefined>>): [string, string][] =>
  Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))

/** Calls an address by hand. @throws ApiError */
export async function call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
  const init: RequestInit = { method, credentials: 'same-origin', signal: AbortSignal.timeout(TIMEOUT_MS) }
  if (body !== undefined) {
    init.headers = { 'content-type': 'application/json' }
    init.body = JSON.stringify(body)
  }
  const response = await fetch(path, init).catch((cause: unknown) => {
    throw new ApiError('unreachable', String(cause))
  })
  if (response.status === 204) return undefined as T
  const answer: unknown = await response.json().catch(() => null)
  if (response.ok) return answer as T
  const error = (answer as ErrorDocument | null)?.error
  throw new ApiError(error?.code ?? 'internal', error?.message ?? `HTTP ${response.status}`)
}
