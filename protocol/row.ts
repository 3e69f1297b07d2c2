/**
 * Spool rows as DATA payloads: one reading of one sensor (or of the gateway), by alias, with the spool's sequence.
 * A row is complete: what it does not carry is unknown (`null`), never "as before".
 */
import { InvariantError, ProtocolError } from './errors.ts'
import type { Reading } from './reading.ts'
import { type FieldValue, type Group, groupKey, type RowLayout, refused, type Slot } from './row-layout.ts'
import { decodePayload } from './sparkplug/decode.ts'
import {
  createFrame,
  decodeFast,
  FIELD_BOOLEAN,
  FIELD_BYTES,
  FIELD_DOUBLE,
  FIELD_INT,
  FIELD_LONG,
  FIELD_MASK,
  FIELD_STRING,
  FLAG_HISTORICAL,
  FLAG_NULL,
  FLAG_TIMED,
  type Frame,
} from './sparkplug/fast.ts'
import type { MetricValue } from './sparkplug/payload.ts'
import { decodeText, WIRE_BYTES } from './sparkplug/wire.ts'
import { WireWriter } from './sparkplug/wire-writer.ts'
import { SPOOL_METRICS } from './spool.ts'
import { CLOCK_QUALITIES, type ClockQuality, instant, type Millis, UNKNOWN_ERROR_MS } from './time.ts'

export { createLayout, type RowLayout } from './row-layout.ts'

/** One row of the spool on its way. */
export interface Row {
  readonly sequence: number
  /** Sent late: it must not move what is shown as now. */
  readonly historical: boolean
  readonly reading: Reading
}

/** What the session adds when a row is sent. */
export interface RowEnvelope {
  /** UTC milliseconds. */
  readonly sentAt: number
  /** 0..255 */
  readonly seq: number
}

/** Scratch space: both directions run to their end without a pause, so one of each serves every layout. */
const writer = new WireWriter(4096)
const frame = createFrame(256)

/**
 * Encodes a row: alias, time and value of each field, without names and datatypes. `measuredAt` goes out rounded up to
 * the millisecond: never earlier than the last sample. The bound of its error is left out where it is not known. A number that is not finite is unknown.
 * @throws InvariantError when the birth did not declare the reading's kind
 */
export function encodeRow(
  layout: RowLayout,
  { sequence, reading, historical }: Row,
  envelope: RowEnvelope,
): Uint8Array {
  const group = layout.groups.get(groupKey(reading.kind, reading.channel))
  if (!group || reading.sensor !== layout.sensor)
    throw new InvariantError(
      `no birth of ${layout.sensor} declares ${reading.kind} ${reading.channel} of ${reading.sensor}`,
    )
  const at = Math.ceil(reading.measuredAt)
  const fields = reading.fields as { readonly [field: string]: FieldValue | undefined }
  writer.at = 0
  writer.uint64(1, envelope.sentAt)
  writeMetric(layout.sequence, at, historical, sequence)
  writeMetric(layout.clock, at, historical, CLOCK_QUALITIES.indexOf(reading.clock))
  const { clockErrorMs } = reading
  if (layout.clockError !== null && clockErrorMs !== undefined && clockErrorMs < UNKNOWN_ERROR_MS) {
    writeMetric(layout.clockError, at, historical, clockErrorMs)
  }
  for (const slot of group.slots) writeMetric(slot, at, historical, fields[slot.field] ?? null)
  writer.uint64(3, envelope.seq)
  return writer.finish()
}

function writeMetric(slot: Slot, at: number, historical: boolean, value: FieldValue): void {
  writer.tag(2, WIRE_BYTES)
  const start = writer.begin()
  writer.uint64(2, slot.alias)
  writer.uint64(3, at)
  if (historical) writer.boolean(5, true)
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) writer.boolean(7, true)
  else writeValue(slot, value)
  writer.end(start)
}

function writeValue(slot: Slot, value: Exclude<FieldValue, null>): void {
  const { carrier } = slot
  if (typeof value === 'number' && carrier === FIELD_DOUBLE) writer.double(13, value)
  else if (typeof value === 'number' && carrier === FIELD_LONG) writer.uint64(11, value)
  else if (typeof value === 'number' && carrier === FIELD_INT) writer.uint32(10, value)
  else if (typeof value === 'string' && carrier === FIELD_STRING) writer.text(15, value)
  else if (typeof value === 'boolean' && carrier === FIELD_BOOLEAN) writer.boolean(14, value)
  else if (value instanceof Uint8Array && carrier === FIELD_BYTES) writer.blob(16, value)
  else throw new InvariantError(`${slot.name}: a ${typeof value} where datatype ${slot.datatype} is declared`)
}

/**
 * Decodes a row.
 * @throws ProtocolError `payload-unknown-alias`; `payload-malformed`, naming the metric that is missing, twice there, of
 * the wrong type, of another kind or of another time than the rest
 */
export function decodeRow(layout: RowLayout, bytes: Uint8Array): Row {
  const assembly = new Assembly(layout)
  if (decodeFast(bytes, frame)) addFrame(assembly, frame, bytes)
  else addPayload(assembly, bytes)
  return assembly.finish()
}

/** Writers differ in which of the two integer fields they use. */
const fits = (field: number, carrier: number): boolean =>
  field === carrier || (field <= FIELD_LONG && carrier <= FIELD_LONG && field >= FIELD_INT && carrier >= FIELD_INT)

function addFrame(assembly: Assembly, { count, aliases, timestamps, flags, values, starts }: Frame, bytes: Uint8Array) {
  for (let i = 0; i < count; i++) {
    const slot = assembly.slotOf(aliases[i]!)
    const flag = flags[i]!
    const timestamp = (flag & FLAG_TIMED) === 0 ? undefined : timestamps[i]!
    const field = flag & FIELD_MASK
    let value: FieldValue
    if ((flag & FLAG_NULL) !== 0) value = null
    else if (slot.role === 'other') value = null
    else if (!fits(field, slot.carrier)) throw refused(`${slot.name}: not a value of datatype ${slot.datatype}`)
    else if (field === FIELD_STRING) value = decodeText(bytes, starts[i]!, starts[i]! + values[i]!)
    else if (field === FIELD_BYTES) value = new Uint8Array(bytes.subarray(starts[i]!, starts[i]! + values[i]!))
    else value = field === FIELD_BOOLEAN ? values[i] === 1 : values[i]!
    assembly.add(slot, timestamp, (flag & FLAG_HISTORICAL) !== 0, value)
  }
}

function addPayload(assembly: Assembly, bytes: Uint8Array): void {
  const { slots } = assembly.layout
  const datatypeOf = ({ alias }: { alias?: number }) => (alias === undefined ? undefined : slots.get(alias)?.datatype)
  const payload = decodePayload(bytes, datatypeOf, (alias) => slots.get(alias)?.name)
  for (const { name, alias, datatype, timestamp, isHistorical, value } of payload.metrics) {
    if (alias === undefined) throw refused(`${name ?? 'a metric'}: rows go by alias`)
    const slot = assembly.slotOf(alias)
    if (datatype !== undefined && datatype !== slot.datatype)
      throw refused(`${slot.name}: datatype ${datatype}, born as ${slot.datatype}`)
    if (value === undefined && slot.role !== 'other') throw refused(`${slot.name}: no value`)
    assembly.add(slot, timestamp, isHistorical === true, slot.role === 'other' ? null : plainValue(slot, value ?? null))
  }
}

/** Narrows what the general decoder read under the declared datatype to what a row may hold. */
function plainValue(slot: Slot, value: MetricValue | null): FieldValue {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) {
    if (typeof value !== 'bigint') return value
  }
  throw refused(`${slot.name}: a value that no row can hold`)
}

/** A row in the making: holds every metric to the first one's time and mark, and every field to the first one's group. */
class Assembly {
  readonly layout: RowLayout
  #timestamp: number | undefined
  #historical = false
  #sequence = 0
  #clock: ClockQuality | null = null
  #clockErrorMs: Millis | null = null
  #group: Group | null = null
  #fields: { [field: string]: FieldValue } = {}
  readonly #seen = new Set<Slot>()

  constructor(layout: RowLayout) {
    this.layout = layout
  }

  slotOf(alias: number): Slot {
    const slot = this.layout.slots.get(alias)
    if (!slot) throw new ProtocolError('payload-unknown-alias', `alias ${alias} was declared by no birth`)
    return slot
  }

  add(slot: Slot, timestamp: number | undefined, historical: boolean, value: FieldValue): void {
    if (timestamp === undefined) throw refused(`${slot.name}: no timestamp`)
    if (this.#seen.has(slot)) throw refused(`${slot.name}: twice in a row`)
    this.#seen.add(slot)
    if (this.#timestamp === undefined) {
      this.#timestamp = timestamp
      this.#historical = historical
    } else if (this.#timestamp !== timestamp || this.#historical !== historical)
      throw refused(`${slot.name}: measured at another time than the rest of its row`)
    if (slot.role === 'field') this.#addField(slot, value)
    else if (slot.role === 'sequence') this.#addSequence(slot, value)
    else if (slot.role === 'clock') this.#addClock(slot, value)
    else if (slot.role === 'clockError') this.#addClockError(slot, value)
  }

  #addField(slot: Slot, value: FieldValue): void {
    if (this.#group === null) {
      this.#group = slot.group!
      this.#fields = { ...this.#group.blank }
    } else if (this.#group !== slot.group)
      throw refused(`${slot.name}: of another kind or channel than ${this.#group.slots[0]?.name}`)
    this.#fields[slot.field] = typeof value === 'number' && !Number.isFinite(value) ? null : value
  }

  #addSequence(slot: Slot, value: FieldValue): void {
    if (typeof value !== 'number' || value < 1) throw refused(`${slot.name}: ${value} is no sequence`)
    this.#sequence = value
  }

  #addClock(slot: Slot, value: FieldValue): void {
    this.#clock = CLOCK_QUALITIES[value as number] ?? null
    if (this.#clock === null) throw refused(`${slot.name}: ${value} is no clock quality`)
  }

  #addClockError(slot: Slot, value: FieldValue): void {
    if (value === null) return
    if (typeof value !== 'number' || !(value >= 0)) throw refused(`${slot.name}: ${value} is no bound`)
    if (value < UNKNOWN_ERROR_MS) this.#clockErrorMs = value
  }

  finish(): Row {
    const group = this.#group
    if (this.#sequence === 0) throw refused(`${SPOOL_METRICS.sequence}: missing`)
    if (this.#clock === null) throw refused(`${SPOOL_METRICS.clock}: missing`)
    if (group === null) throw refused('a row without a field of any reading')
    const reading = {
      kind: group.kind,
      sensor: this.layout.sensor,
      channel: group.channel,
      measuredAt: instant(this.#timestamp!),
      clock: this.#clock,
      ...(this.#clockErrorMs === null ? {} : { clockErrorMs: this.#clockErrorMs }),
      fields: this.#fields,
    } as unknown as Reading
    return { sequence: this.#sequence, historical: this.#historical, reading }
  }
}
