/**
 * Points as lines of text, as InfluxDB 1.x to 3.x and VictoriaMetrics take them. Every text is bounded and escaped: what a
 * gateway or a person wrote can end neither its tag nor its line.
 * @see https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/
 */
import type { HistoryPoint } from './measurement.ts'

/** Of a tag's value, in characters; ids have 64 at most. */
const MAX_TAG_CHARS = 128
/** Of a text field, in characters; InfluxDB takes 64 KB. */
const MAX_TEXT_CHARS = 4_096

/** What a lone surrogate would be on the wire; and InfluxDB has no way to write a line break in a tag. */
const UNWRITABLE = /[\p{Cc}\p{Cs}\\]/gu

/** A tag's value; a backslash, which would escape what follows it, becomes `_` like every control character. */
export const escapeTag = (value: string): string =>
  value.slice(0, MAX_TAG_CHARS).replace(UNWRITABLE, '_').replace(/[,= ]/g, '\\$&')

/** Names are our own: of letters, digits, underscores, and the hyphens of states. */
const escapeName = (name: string): string => name.replace(/[^A-Za-z0-9_-]/g, '_')

export const escapeText = (value: string): string =>
  `"${value
    .slice(0, MAX_TEXT_CHARS)
    .replace(/\p{Cs}/gu, '?')
    .replace(/["\\]/g, '\\$&')}"`

/** A field's value; `null` for one that cannot be written: unknown, infinite, or no number at all. */
export function fieldText(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null
  if (typeof value === 'boolean') return value ? '1' : '0'
  return typeof value === 'string' ? escapeText(value) : null
}

/** Whole microseconds. */
export const timeText = (atMs: number): string => String(Math.round(atMs * 1000))

/** `measurement,tag=value,…` */
export function seriesText(measurement: string, tags: HistoryPoint['tags']): string {
  let series = escapeName(measurement)
  // An empty value is no tag.
  for (const [name, value] of Object.entries(tags)) if (value) series += `,${escapeName(name)}=${escapeTag(value)}`
  return series
}

/** One line, without its end; `null` for a point without a single value, which cannot be written. */
export function lineOf({ measurement, atMs, tags, fields }: HistoryPoint): string | null {
  let values = ''
  for (const [name, value] of Object.entries(fields)) {
    const written = fieldText(value)
    if (written !== null) values += `${values === '' ? '' : ','}${escapeName(name)}=${written}`
  }
  return values === '' ? null : `${seriesText(measurement, tags)} ${values} ${timeText(atMs)}`
}
