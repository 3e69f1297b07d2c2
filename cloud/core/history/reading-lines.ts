/** Readings as lines of text: the way of every row, so each part of a line that does not change is made once. */
import { READING_KINDS } from '@minewarden/protocol/reading.ts'
import { CLOCK_QUALITIES } from '@minewarden/protocol/time.ts'
import type { JournalRow } from '../ports.ts'
import { CLOSED_TAGS } from './cardinality.ts'
import { fieldText, seriesText, timeText } from './line-protocol.ts'
import type { PlaceTags } from './places.ts'
import { CLOCK_FIELD, isKept, KEPT_KINDS, type KeptKind, tiedTime } from './reading-measurements.ts'
import { MEASUREMENTS } from './schema.ts'
import type { SeriesAdmission } from './series-admission.ts'

/** Why a reading is not written; each is counted. */
export type LineRefusal = 'unknown-gateway' | 'too-many-series' | 'too-old' | 'in-the-future'
export type ReadingLine =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly why: LineRefusal }

export interface LineLimits {
  /** What is older would be dropped at once. */
  readonly oldestMs: number
  /** A stamp beyond it would be every panel's newest value until then. */
  readonly newestMs: number
}

/** Beginnings of lines at hand at most; emptied when full. */
const MAX_AT_HAND = 100_000

type Fields = { readonly [name: string]: unknown }

export class ReadingLines {
  readonly #places: ReadonlyMap<string, PlaceTags>
  readonly #admission: SeriesAdmission
  readonly #series = new Map<string, string | LineRefusal>()

  constructor(deps: { readonly places: ReadonlyMap<string, PlaceTags>; readonly admission: SeriesAdmission }) {
    this.#places = deps.places
    this.#admission = deps.admission
  }

  /** @param without `measurement.field` that is left out */
  lineOf({ gateway, reading }: JournalRow, limits: LineLimits, without: ReadonlySet<string>): ReadingLine {
    const { kind, sensor, channel, measuredAt, clock } = reading
    if (!isKept(kind)) return NONE
    if (measuredAt < limits.oldestMs) return refused('too-old')
    if (measuredAt > limits.newestMs) return refused('in-the-future')
    const fields = reading.fields as Fields
    const variant = VARIANTS[kind]?.(fields) ?? ''
    const series = this.#seriesOf(`${gateway} ${sensor ?? ''} ${kind} ${channel ?? ''} ${variant}`, () =>
      this.#newSeries(kind, gateway, sensor, channel, variant),
    )
    if (isRefusal(series)) return refused(series)
    // The clock comes first: no reading is without it, and every other field follows a comma.
    let text = `${series} ${CLOCK_FIELD}=${CLOCK_QUALITIES.indexOf(clock)}`
    for (const [name, begin] of FIELDS[kind]) {
      const written = fieldText(fields[name])
      if (written !== null && (without.size === 0 || !without.has(fieldKey(kind, name)))) text += begin + written
    }
    return { kind: 'line', text: `${text} ${timeText(tiedTime(kind, measuredAt, fields))}` }
  }

  #seriesOf(key: string, make: () => string | LineRefusal): string | LineRefusal {
    const known = this.#series.get(key)
    if (known !== undefined) return known
    if (this.#series.size >= MAX_AT_HAND) this.#series.clear()
    const made = make()
    this.#series.set(key, made)
    return made
  }

  #newSeries(
    kind: KeptKind,
    gateway: string,
    sensor: string | null,
    channel: string | null,
    variant: string,
  ): string | LineRefusal {
    const place = this.#places.get(gateway)
    if (!place) return 'unknown-gateway'
    if (!this.#admission.admits(gateway, sensor, channel)) return 'too-many-series'
    const own: { readonly [tag: string]: string | null } = { ...place, gateway, sensor, channel }
    const tags = MEASUREMENTS[kind].tags.map((tag): [string, string | null] => [
      tag,
      tag in own ? (own[tag] ?? null) : variant,
    ])
    return seriesText(kind, Object.fromEntries(tags))
  }
}

/** How a field is called where one that no longer fits is left out. */
export const fieldKey = (measurement: string, field: string): string => `${measurement}.${field}`

const NONE = { kind: 'none' } as const
const refused = (why: LineRefusal): ReadingLine => ({ kind: 'refused', why })
/** A series has a comma: it has tags. */
const isRefusal = (series: string): series is LineRefusal => !series.includes(',')

/** Each field of a kind with what stands before its value. */
const FIELDS = Object.fromEntries(
  KEPT_KINDS.map((kind) => [
    kind,
    Object.keys(READING_KINDS[kind].fields).map((name): [string, string] => [name, `,${name}=`]),
  ]),
) as unknown as { readonly [K in KeptKind]: readonly (readonly [string, string])[] }

const oneOf = (values: readonly string[], value: unknown): string =>
  values.includes(String(value)) ? String(value) : 'other'

/** The tag that a kind has of its own. */
const VARIANTS: { readonly [K in KeptKind]?: (fields: Fields) => string } = {
  powerSummary: ({ periodS }) => oneOf(CLOSED_TAGS.period, periodS),
  voltageEvent: ({ phase }) => oneOf(CLOSED_TAGS.onPhase, phase),
}
