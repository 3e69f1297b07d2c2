/** How the rows of one device lie on the wire, read off its birth. */
import { ProtocolError } from './errors.ts'
import type { SensorId } from './ids.ts'
import { type FieldType, parseMetricName, READING_KINDS, type ReadingKind } from './reading.ts'
import { DATATYPE_OF_FIELD, type DeclaredMetric } from './sparkplug/birth.ts'
import { FIELD_BOOLEAN, FIELD_BYTES, FIELD_DOUBLE, FIELD_INT, FIELD_LONG, FIELD_STRING } from './sparkplug/fast.ts'
import { DataType } from './sparkplug/payload.ts'
import { SPOOL_METRICS } from './spool.ts'

/** What a metric of a row is for. */
export type Role = 'sequence' | 'clock' | 'clockError' | 'field' | 'other'
/** What a field of a row can hold; `null` is unknown. */
export type FieldValue = number | string | boolean | Uint8Array | null

/** One metric of a row. */
export interface Slot {
  readonly name: string
  readonly alias: number
  readonly datatype: number
  readonly role: Role
  /** Which field of a frame carries it. */
  readonly carrier: number
  readonly group: Group | null
  readonly field: string
}

/** A reading kind on one channel. */
export interface Group {
  readonly kind: ReadingKind
  readonly channel: string | null
  readonly slots: Slot[]
  /** Every field unknown, in the order of {@link READING_KINDS}. */
  readonly blank: { readonly [field: string]: null }
}

/** How the rows of one device (or gateway) are laid out on the wire. To store it, keep `sensor` and `declared`. */
export interface RowLayout {
  readonly sensor: SensorId | null
  readonly declared: readonly DeclaredMetric[]
  readonly slots: ReadonlyMap<number, Slot>
  readonly groups: ReadonlyMap<string, Group>
  readonly sequence: Slot
  readonly clock: Slot
  /** `null`: of a gateway that does not tell it. */
  readonly clockError: Slot | null
}

const CARRIER_OF: { readonly [datatype: number]: number } = {
  [DataType.Double]: FIELD_DOUBLE,
  [DataType.String]: FIELD_STRING,
  [DataType.Boolean]: FIELD_BOOLEAN,
  [DataType.Bytes]: FIELD_BYTES,
  [DataType.Int64]: FIELD_LONG,
  [DataType.UInt8]: FIELD_INT,
}

/** A payload that is no row, in words that name the metric. */
export const refused = (what: string) => new ProtocolError('payload-malformed', what)
export const groupKey = (kind: ReadingKind, channel: string | null) => `${kind}/${channel ?? ''}`

/**
 * Lays out the rows of a device from its birth. Metrics that are no field of a reading known here (a newer gateway's)
 * are allowed and passed over.
 * @throws ProtocolError `payload-malformed`, naming the metric: a datatype that is not the field's, an alias used twice,
 * `Spool/Sequence` or `Spool/Clock` missing
 */
export function createLayout(declared: readonly DeclaredMetric[], sensor: SensorId | null): RowLayout {
  const slots = new Map<number, Slot>()
  const groups = new Map<string, Group>()
  for (const metric of declared) {
    if (metric.alias === null) continue
    const slot = createSlot(metric, metric.alias, groups)
    if (slots.has(slot.alias)) throw refused(`${metric.name}: alias ${slot.alias} is ${slots.get(slot.alias)?.name}'s`)
    slots.set(slot.alias, slot)
    slot.group?.slots.push(slot)
  }
  const all = [...slots.values()]
  const sequence = all.find((slot) => slot.role === 'sequence')
  const clock = all.find((slot) => slot.role === 'clock')
  if (!sequence) throw refused(`no ${SPOOL_METRICS.sequence} declared`)
  if (!clock) throw refused(`no ${SPOOL_METRICS.clock} declared`)
  const clockError = all.find((slot) => slot.role === 'clockError') ?? null
  return { sensor, declared, slots, groups, sequence, clock, clockError }
}

function createSlot({ name, datatype }: DeclaredMetric, alias: number, groups: Map<string, Group>): Slot {
  const parsed = parseMetricName(name)
  const fields = parsed && fieldsOf(parsed.kind)
  const expected = fields ? DATATYPE_OF_FIELD[fields[parsed.field]!.type] : SPOOL_DATATYPES[name]
  if (expected !== undefined && expected !== datatype) throw refused(`${name}: datatype ${datatype}, not ${expected}`)
  const role = parsed ? 'field' : (SPOOL_ROLES[name] ?? 'other')
  const group = parsed && groupOf(groups, parsed.kind, parsed.channel)
  return { name, alias, datatype, role, carrier: CARRIER_OF[datatype] ?? -1, group, field: parsed?.field ?? '' }
}

const SPOOL_DATATYPES: { readonly [name: string]: number } = {
  [SPOOL_METRICS.sequence]: DataType.Int64,
  [SPOOL_METRICS.clock]: DataType.UInt8,
  [SPOOL_METRICS.clockError]: DataType.Double,
}
const SPOOL_ROLES: { readonly [name: string]: Role } = {
  [SPOOL_METRICS.sequence]: 'sequence',
  [SPOOL_METRICS.clock]: 'clock',
  [SPOOL_METRICS.clockError]: 'clockError',
}

const fieldsOf = (kind: ReadingKind): { readonly [name: string]: { readonly type: FieldType } } =>
  READING_KINDS[kind].fields

function groupOf(groups: Map<string, Group>, kind: ReadingKind, channel: string | null): Group {
  const key = groupKey(kind, channel)
  const known = groups.get(key)
  if (known) return known
  const blank = Object.fromEntries(Object.keys(fieldsOf(kind)).map((field) => [field, null]))
  const group: Group = { kind, channel, slots: [], blank }
  groups.set(key, group)
  return group
}
