/** A panel as data: everything that a person needs to read it stands in it, or the compiler complains. */
import type { Colour, Threshold } from './colours.ts'
import type { Query } from './query.ts'
import type { Text } from './text.ts'

export type PanelKind = 'stat' | 'timeseries' | 'table' | 'geomap' | 'bargauge' | 'state-timeline'

export interface Panel {
  readonly kind: PanelKind
  readonly title: Text
  /** What it shows, and what to do about it. */
  readonly what: Text
  /** Of Grafana's list, or `suffix: …`. */
  readonly unit: string
  readonly queries: readonly Query[]
  /** What stands where there is nothing: why that can be, not only that it is so. */
  readonly noData: Text
  readonly thresholds: readonly Threshold[]
  /** Of 24 columns. */
  readonly width: number
  /** Of 30 pixels each. */
  readonly height: number
  readonly values?: 'states' | 'flags' | 'clock'
  /** By a column's English name. */
  readonly colours?: { readonly [column: string]: Colour }
  readonly stacked?: boolean
  /** Fixed ends of the scale. */
  readonly range?: readonly [number, number]
}

type Given = Omit<Panel, 'kind' | 'width' | 'height'> & Partial<Pick<Panel, 'width' | 'height'>>

/** One number. */
export const figure = (given: Given): Panel => ({ kind: 'stat', width: 3, height: 4, ...given })
/** Lines over time. */
export const lines = (given: Given): Panel => ({ kind: 'timeseries', width: 12, height: 8, ...given })
export const table = (given: Given): Panel => ({ kind: 'table', width: 24, height: 9, ...given })
/** Sites on a map, by `latitude` and `longitude`. */
export const map = (given: Given): Panel => ({ kind: 'geomap', width: 14, height: 14, ...given })
/** Numbers side by side. */
export const bars = (given: Given): Panel => ({ kind: 'bargauge', width: 12, height: 10, ...given })
/** What was so from when to when. */
export const stretches = (given: Given): Panel => ({ kind: 'state-timeline', width: 12, height: 7, ...given })
