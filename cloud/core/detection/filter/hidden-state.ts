/**
 * What a site may be doing, which nobody sees directly. `quiet`: sealed, nothing on. `lawful`: a caretaker, or a crew
 * under a permit. `outside`: a neighbour's machines, a quarry, traffic. `preparing`: people who open it, with no machine
 * yet. `grid`: mined on the site's own supply. `unmetered`: mined on a generator or on somebody else's supply.
 */
export const HIDDEN_STATES = ['quiet', 'lawful', 'outside', 'preparing', 'grid', 'unmetered'] as const
export type HiddenState = (typeof HIDDEN_STATES)[number]
export const STATES = HIDDEN_STATES.length

export const PREPARING = HIDDEN_STATES.indexOf('preparing')
export const GRID = HIDDEN_STATES.indexOf('grid')
export const UNMETERED = HIDDEN_STATES.indexOf('unmetered')

/** One number for each hidden state. */
export type ByState = { readonly [S in HiddenState]: number }

/** Local hours that differ in what is lawful: work by day, an evening's last work, the dead of night. */
export const HOUR_CLASSES = ['day', 'evening', 'night'] as const
export type HourClass = (typeof HOUR_CLASSES)[number]
/** Of a general area at an ordinary time, of a key area or in a key period, of both. */
export const RISKS = 3

/** What is known of a site's moment without any sensor. */
export interface Moment {
  readonly hours: HourClass
  /** A permit covers it. */
  readonly covered: boolean
  readonly risk: number
}

export const MOMENTS = HOUR_CLASSES.length * 2 * RISKS

/** Position of a moment in tables. */
export const momentIndex = ({ hours, covered, risk }: Moment): number =>
  (HOUR_CLASSES.indexOf(hours) * 2 + (covered ? 1 : 0)) * RISKS + Math.min(RISKS - 1, Math.max(0, risk))

export const momentAt = (index: number): Moment => ({
  hours: HOUR_CLASSES[Math.floor(index / (2 * RISKS))]!,
  covered: Math.floor(index / RISKS) % 2 === 1,
  risk: index % RISKS,
})

/** The same moment without its permit: what is believed when it begins is of before it. */
export const uncovered = (index: number): number => momentIndex({ ...momentAt(index), covered: false })
