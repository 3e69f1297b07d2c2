import type { HistoryField } from './field.ts'
import type { RetentionPolicy } from './retention.ts'
import type { TagName } from './tags.ts'

/** One kind of point: what it is of, when it is written, what tells its series apart, and what it says. */
export interface Measurement {
  readonly what: string
  /** When a point is written. */
  readonly when: string
  readonly policy: Exclude<RetentionPolicy, 'tenMinutes'>
  readonly tags: readonly TagName[]
  readonly fields: { readonly [name: string]: HistoryField }
}

type FieldValue<F extends HistoryField> = F['type'] extends 'number'
  ? number
  : F['type'] extends 'flag'
    ? boolean
    : string
/** Values of a measurement's fields, each of them given; `null` is left out. */
export type FieldValues<M extends Measurement> = {
  readonly [F in keyof M['fields']]: FieldValue<M['fields'][F]> | null
}
export type TagValues<M extends Measurement> = { readonly [T in M['tags'][number]]: string | null }

/** A point on its way to the history, whatever engine keeps it. */
export interface HistoryPoint {
  readonly measurement: string
  /** Milliseconds UTC; kept to the microsecond. */
  readonly atMs: number
  readonly tags: { readonly [name: string]: string | null }
  readonly fields: { readonly [name: string]: number | boolean | string | null }
}
