/**
 * How a quantity is kept. Flags are the numbers 0 and 1, so that they can be counted, averaged and compared; a field that
 * is `null` is left out of its point.
 */
export type HistoryFieldType = 'number' | 'flag' | 'text'

/** What remains of a field over one window of the downsampled tier. */
export const AGGREGATES = ['mean', 'min', 'max', 'sum', 'count', 'last'] as const
export type Aggregate = (typeof AGGREGATES)[number]

export interface HistoryField {
  readonly type: HistoryFieldType
  /** UCUM-like, as in `READING_KINDS`; empty for a plain number or text. */
  readonly unit: string
  /** One sentence; a reading's fields are explained where they are declared. */
  readonly what?: string
  readonly downsample: readonly Aggregate[]
}

/** The name of an aggregate in the downsampled tier, where measurements keep their names: `rmsMPerS_max`. */
export const aggregateName = (field: string, aggregate: Aggregate): string => `${field}_${aggregate}`

/** A level: its mean and its extremes remain. */
export const level = (unit: string, what: string) =>
  ({ type: 'number', unit, what, downsample: ['mean', 'min', 'max'] }) as const
/** A count that only grows until its owner begins anew. */
export const counter = (unit: string, what: string) => ({ type: 'number', unit, what, downsample: ['max'] }) as const
/** A number that a mean says nothing of: a place, a moment, an ordinal. */
export const number = (unit: string, what: string) => ({ type: 'number', unit, what, downsample: [] }) as const
export const flag = (what: string) => ({ type: 'flag', unit: '', what, downsample: [] }) as const
export const text = (what: string) => ({ type: 'text', unit: '', what, downsample: [] }) as const
