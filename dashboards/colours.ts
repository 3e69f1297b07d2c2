/**
 * A colour means the same on every dashboard, and the same as on the product's own pages; these shades are readable on
 * Grafana's dark and light grounds alike. Phases follow GB/T 6995: A yellow, B green, C red.
 */
export const COLOURS = {
  calm: '#2f9e7d',
  watch: '#3b82d0',
  warning: '#d9912b',
  danger: '#d93a32',
  /** Over, away or not known: nothing to act on by itself. */
  over: '#8a9692',
  phaseA: '#e0b400',
  phaseB: '#2fa35b',
  phaseC: '#d64a3a',
  /** Quantities without a judgement. */
  plain: '#9aa5b1',
} as const
export type Colour = keyof typeof COLOURS

/** From `from` upward the colour holds; `null`: from the bottom. */
export interface Threshold {
  readonly from: number | null
  readonly colour: Colour
}

/** Nothing to judge: one colour for every value. */
export const NEUTRAL: readonly Threshold[] = [{ from: null, colour: 'plain' }]

/** The more, the worse. */
export const worseFrom = (warning: number, danger?: number): readonly Threshold[] => [
  { from: null, colour: 'calm' },
  { from: warning, colour: 'warning' },
  ...(danger === undefined ? [] : [{ from: danger, colour: 'danger' } as const]),
]

/** The less, the worse. */
export const worseBelow = (warning: number, danger: number): readonly Threshold[] => [
  { from: null, colour: 'danger' },
  { from: danger, colour: 'warning' },
  { from: warning, colour: 'calm' },
]

/** The position of a site's state: sealed, watch, suspected, reopened. */
export const BY_STATE: readonly Threshold[] = [
  { from: null, colour: 'calm' },
  { from: 1, colour: 'watch' },
  { from: 2, colour: 'warning' },
  { from: 3, colour: 'danger' },
]
