import type { z } from 'zod'

/**
 * Who may call an address. `anyone`: no session. `reader`: no session where reading is public. `person`: signed in.
 * `officer`: signed in with a role that acts; the request comes from our own pages or names our origin. `supplier`: the
 * body is signed.
 */
export type Caller = 'anyone' | 'reader' | 'person' | 'officer' | 'supplier'

/** One kind of successful answer: JSON by its schema, or another media type, or nothing. */
export interface Answer {
  readonly what: string
  readonly schema?: z.ZodType
  /** Other than JSON. */
  readonly media?: string
}

/** What one address takes and gives. Errors are the same everywhere (`docs/errors.md`). */
export interface Operation {
  readonly summary: string
  readonly who: Caller
  readonly query?: z.ZodType
  /** JSON, unless `bodyMedia` says otherwise. */
  readonly body?: z.ZodType
  readonly bodyMedia?: string
  readonly answers: { readonly [status: number]: Answer }
}

/** By method and address as the routes are registered: `GET /api/v1/sites/:site`. */
export type Operations = { readonly [address: string]: Operation }
