import type { Panel } from './panel.ts'
import type { Query, Scope } from './query.ts'
import type { Text } from './text.ts'

/** Facts marked on every panel over time. `text` is the column that is read. */
export interface Marks {
  readonly name: Text
  readonly query: Query
}

/** A dashboard: one question, and the panels that answer it. */
export interface Board {
  /** Of its file and its address: `/d/mw-ID-zh`. */
  readonly id: string
  readonly title: Text
  readonly question: Text
  readonly variables: readonly Scope[]
  /** These take one value, not several. */
  readonly single?: readonly Scope[]
  /** How far back it looks when it is opened, such as `6h`. */
  readonly back: string
  /** Of the product, for more than Grafana can show: a path, with variables. */
  readonly page: string
  readonly marks?: readonly Marks[]
  readonly panels: readonly Panel[]
}
