/**
 * Readings in the spool's compact form. Words that repeat (kind, sensor, channel, field names) stand once in a layout;
 * a row holds the layout's number and the values. Because a layout keeps the field names of the version that wrote it,
 * a spool outlives a change of `READING_KINDS`: a field that is gone is dropped, a new one is `null`.
 */
import { InvariantError } from '@minewarden/protocol/errors.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { isReadingKind, READING_KINDS, type Reading } from '@minewarden/protocol/reading.ts'
import { CLOCK_QUALITIES, instant } from '@minewarden/protocol/time.ts'
import type { RowSource } from './ports.ts'

/** What all rows of one layout share. */
export interface Layout {
  readonly kind: string
  readonly sensor: string | null
  readonly channel: string | null
  readonly fields: readonly string[]
}

/** The layout of a reading as this version writes it. */
export const layoutOf = (reading: Reading): Layout => ({
  kind: reading.kind,
  sensor: reading.sensor,
  channel: reading.channel,
  fields: LAYOUT_FIELDS[reading.kind],
})

/** Two readings share a layout when they share this. */
export const layoutKey = ({ kind, sensor, channel }: Reading): string => `${kind} ${sensor ?? ''} ${channel ?? ''}`

const FIELDS = Object.fromEntries(
  Object.entries(READING_KINDS).map(([kind, spec]) => [kind, Object.keys(spec.fields)]),
) as unknown as { readonly [K in Reading['kind']]: readonly string[] }

/**
 * Stands for the bound of the clock's error in layouts that have it, after the fields: a version that does not know it
 * drops it like a field that is gone.
 */
const CLOCK_ERROR = '@clockErrorMs'
const LAYOUT_FIELDS = Object.fromEntries(
  Object.entries(FIELDS).map(([kind, fields]) => [kind, [...fields, CLOCK_ERROR]]),
) as unknown as { readonly [K in Reading['kind']]: readonly string[] }

/** Whether this version writes its rows in this layout. */
export const isCurrent = ({ kind, fields }: Layout): boolean =>
  isReadingKind(kind) && LAYOUT_FIELDS[kind].join() === fields.join()

const Tag = { Null: 0, Double: 1, False: 2, True: 3, Text: 4, Bytes: 5, Integer: 6 } as const
const HEAD_BYTES = 9
const MAX_INT32 = 0x7fffffff

const encoder = new TextEncoder()
const decoder = new TextDecoder()
type Value = number | string | boolean | Uint8Array | null

/** Clock quality (1 byte), time of measurement (8), then each field and the clock's error as a tag and its value. */
export function encodeBody(reading: Reading): Uint8Array {
  const fields = reading.fields as { readonly [name: string]: Value }
  const values: Exclude<Value, string>[] = FIELDS[reading.kind].map((name) => {
    const value = fields[name] ?? null
    return typeof value === 'string' ? encoder.encode(value) : value
  })
  values.push(reading.clockErrorMs ?? null)
  const texts = FIELDS[reading.kind].map((name) => typeof fields[name] === 'string')
  const out = new Uint8Array(HEAD_BYTES + values.reduce<number>((sum, value) => sum + sizeOf(value), 0))
  const view = new DataView(out.buffer)
  out[0] = CLOCK_QUALITIES.indexOf(reading.clock)
  view.setFloat64(1, reading.measuredAt)
  let at = HEAD_BYTES
  values.forEach((value, i) => {
    at = put(out, view, at, value, texts[i] === true)
  })
  return out
}

const isSmallInteger = (value: number): boolean =>
  Number.isInteger(value) && Math.abs(value) <= MAX_INT32 && !Object.is(value, -0)

function sizeOf(value: Exclude<Value, string>): number {
  if (typeof value === 'number') return isSmallInteger(value) ? 5 : 9
  return value instanceof Uint8Array ? 5 + value.length : 1
}

function put(out: Uint8Array, view: DataView, at: number, value: Exclude<Value, string>, isText: boolean): number {
  if (value === null || typeof value === 'boolean') {
    out[at] = value === null ? Tag.Null : value ? Tag.True : Tag.False
    return at + 1
  }
  if (typeof value === 'number') {
    const small = isSmallInteger(value)
    out[at] = small ? Tag.Integer : Tag.Double
    if (small) view.setInt32(at + 1, value)
    else view.setFloat64(at + 1, value)
    return at + (small ? 5 : 9)
  }
  out[at] = isText ? Tag.Text : Tag.Bytes
  view.setUint32(at + 1, value.length)
  out.set(value, at + 5)
  return at + 5 + value.length
}

/** What rows of a layout are of; `null` when that makes no sense to this version. */
export function sourceOf({ kind, sensor, channel }: Layout): RowSource | null {
  if (!isReadingKind(kind) || READING_KINDS[kind].perChannel !== (channel !== null)) return null
  const known = sensor === null ? null : SensorId.safeParse(sensor).data
  return known === undefined ? null : { kind, sensor: known, channel }
}

/** The reverse of {@link encodeBody}; `null` when layout or bytes make no sense to this version. */
export function decodeRow(layout: Layout, body: Uint8Array): Reading | null {
  const source = sourceOf(layout)
  if (source === null || body.length < HEAD_BYTES) return null
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const clock = CLOCK_QUALITIES[body[0] as number]
  if (clock === undefined) return null
  const fields: { [name: string]: Value } = Object.fromEntries(FIELDS[source.kind].map((name) => [name, null]))
  let at = HEAD_BYTES
  let clockErrorMs: Value = null
  for (const name of layout.fields) {
    const taken = take(body, view, at)
    if (!taken) return null
    if (name === CLOCK_ERROR) clockErrorMs = taken.value
    else if (Object.hasOwn(fields, name)) fields[name] = taken.value
    at = taken.next
  }
  const measuredAt = instant(view.getFloat64(1))
  const timing = typeof clockErrorMs === 'number' ? { clock, clockErrorMs } : { clock }
  return { ...source, measuredAt, ...timing, fields } as Reading
}

function take(body: Uint8Array, view: DataView, at: number): { value: Value; next: number } | null {
  const room = body.length - at
  if (room < 1) return null
  switch (body[at]) {
    case Tag.Null:
      return { value: null, next: at + 1 }
    case Tag.False:
      return { value: false, next: at + 1 }
    case Tag.True:
      return { value: true, next: at + 1 }
    case Tag.Integer:
      return room < 5 ? null : { value: view.getInt32(at + 1), next: at + 5 }
    case Tag.Double:
      return room < 9 ? null : { value: view.getFloat64(at + 1), next: at + 9 }
    case Tag.Text:
    case Tag.Bytes:
      return takeRun(body, view, at)
    default:
      return null
  }
}

function takeRun(body: Uint8Array, view: DataView, at: number): { value: Value; next: number } | null {
  if (body.length - at < 5) return null
  const next = at + 5 + view.getUint32(at + 1)
  if (next > body.length) return null
  const run = body.slice(at + 5, next)
  return { value: body[at] === Tag.Text ? decoder.decode(run) : run, next }
}

/** A layout as the spool's table keeps it. */
export const layoutToJson = (layout: Layout): string => JSON.stringify(layout)

/** The reverse of {@link layoutToJson}. @throws InvariantError when the text is none of ours */
export function layoutFromJson(text: string): Layout {
  const layout = JSON.parse(text) as Layout
  if (typeof layout.kind !== 'string' || !Array.isArray(layout.fields)) throw new InvariantError(`no layout: ${text}`)
  return layout
}
