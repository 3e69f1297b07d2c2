/**
 * What births declare: each sensor's and the gateway's metrics, read off {@link READING_KINDS}, so that nothing is
 * measured that no birth declares. Pure data; the sessions assign aliases and fill in values.
 */
import { type CommandedOutput, OUTPUT_COMMANDS } from '../device-command.ts'
import type { SensorKind } from '../ids.ts'
import { PICTURE_REQUEST_METRIC } from '../picture.ts'
import {
  type FieldType,
  KINDS_OF_GATEWAY,
  KINDS_OF_SENSOR,
  metricName,
  READING_KINDS,
  type ReadingKind,
} from '../reading.ts'
import { RELEARN_METRIC } from '../scene.ts'
import { SPOOL_METRICS, WAVEFORM_REQUEST_METRIC } from '../spool.ts'
import { DataType, type Metric, type MetricValue, type PropertySet } from './payload.ts'

/** Names that the specification itself gives. @see Eclipse Sparkplug 3.0, sections 6.4.19 to 6.4.25 */
export const BDSEQ_METRIC = 'bdSeq'
export const REBIRTH_METRIC = 'Node Control/Rebirth'
/** Property key of a metric's unit, as Ignition and others read it. */
export const UNIT_PROPERTY = 'engUnit'
/** Property key that says a command may write the metric. */
export const WRITABLE_PROPERTY = 'writable'

/** One metric of a birth, before it has an alias and a value. Plain JSON. */
export interface MetricDeclaration {
  readonly name: string
  readonly datatype: DataType
  /** Unit, empty for none. */
  readonly unit: string
  /** A command may set it. */
  readonly writable: boolean
  /** False for the one name that must go without: `Node Control/Rebirth`. */
  readonly aliased: boolean
}

/** A declaration with its alias; `null` for one that must go without. Plain JSON. */
export interface DeclaredMetric extends MetricDeclaration {
  readonly alias: number | null
}

/** How a field travels. */
export const DATATYPE_OF_FIELD: { readonly [T in FieldType]: DataType } = {
  number: DataType.Double,
  text: DataType.String,
  flag: DataType.Boolean,
  bytes: DataType.Bytes,
}

const plain = (name: string, datatype: DataType): MetricDeclaration => ({
  name,
  datatype,
  unit: '',
  writable: false,
  aliased: true,
})

/** Stand on rows, of a device as of the gateway itself; the bound of the clock's error only where it is known. */
const ROW_KEYS: readonly MetricDeclaration[] = [
  plain(SPOOL_METRICS.sequence, DataType.Int64),
  plain(SPOOL_METRICS.clock, DataType.UInt8),
  { ...plain(SPOOL_METRICS.clockError, DataType.Double), unit: 'ms' },
]

function declareKind(kind: ReadingKind, channel: string | null): MetricDeclaration[] {
  const fields: { readonly [name: string]: { readonly type: FieldType; readonly unit: string } } =
    READING_KINDS[kind].fields
  return Object.entries(fields).map(([field, { type, unit }]) => ({
    ...plain(metricName(kind, channel, field), DATATYPE_OF_FIELD[type]),
    unit,
  }))
}

const PICTURE_COMMANDS = [PICTURE_REQUEST_METRIC, RELEARN_METRIC]

/**
 * The metrics of a sensor's DBIRTH.
 * @param channels SEED codes, for the kinds that are measured per channel
 * @param commands outputs that a DCMD may switch
 * @param givesPictures a DCMD may ask for a picture, and for its scene to be learnt anew
 */
export function declareSensor(
  kind: SensorKind,
  channels: readonly string[],
  commands: readonly CommandedOutput[] = [],
  givesPictures = false,
): MetricDeclaration[] {
  const kinds: readonly ReadingKind[] = KINDS_OF_SENSOR[kind]
  return [
    ...ROW_KEYS,
    ...kinds.flatMap((each) =>
      READING_KINDS[each].perChannel
        ? channels.flatMap((channel) => declareKind(each, channel))
        : declareKind(each, null),
    ),
    ...commands.map((output) => ({
      ...plain(OUTPUT_COMMANDS[output], DataType.Double),
      unit: 's',
      writable: true,
    })),
    ...(givesPictures ? PICTURE_COMMANDS : []).map((name) => ({ ...plain(name, DataType.String), writable: true })),
  ]
}

/** The metrics that rows of these kinds need, whatever sensor they are of: for a backlog older than the configuration. */
export function declareRows(rows: readonly { readonly kind: ReadingKind; readonly channel: string | null }[]) {
  return [...ROW_KEYS, ...rows.flatMap(({ kind, channel }) => declareKind(kind, channel))]
}

/** What a gateway tells of itself in its NBIRTH; `null`: not told. Evidence says what measured it. */
export const IDENTITY_METRICS = { software: 'Properties/Software', configSha256: 'Properties/Configuration' } as const

/** The metrics of a gateway's NBIRTH: what the specification asks, the spool's bookkeeping, and its own rows. */
export function declareGateway(): MetricDeclaration[] {
  return [
    plain(BDSEQ_METRIC, DataType.Int64),
    { ...plain(REBIRTH_METRIC, DataType.Boolean), aliased: false, writable: true },
    plain(SPOOL_METRICS.epoch, DataType.String),
    plain(SPOOL_METRICS.oldest, DataType.Int64),
    { ...plain(SPOOL_METRICS.acknowledged, DataType.String), writable: true },
    { ...plain(WAVEFORM_REQUEST_METRIC, DataType.String), writable: true },
    ...Object.values(IDENTITY_METRICS).map((name) => plain(name, DataType.String)),
    ...ROW_KEYS,
    ...KINDS_OF_GATEWAY.flatMap((kind) => declareKind(kind, null)),
  ]
}

/** Numbers the declarations from `first` on. Aliases are unique in a gateway and all its devices: go on from `next`. */
export function assignAliases(
  declarations: readonly MetricDeclaration[],
  first: number,
): { declared: DeclaredMetric[]; next: number } {
  let next = first
  const declared = declarations.map((each) => ({ ...each, alias: each.aliased ? next++ : null }))
  return { declared, next }
}

/** One metric of a birth: name, alias, datatype, unit, and the state last known (`null`: none yet). */
export function birthMetric(declared: DeclaredMetric, value: MetricValue | null, timestamp: number): Metric {
  const { name, alias, datatype, unit, writable } = declared
  const properties: PropertySet = {
    ...(unit === '' ? {} : { [UNIT_PROPERTY]: { type: DataType.String, value: unit } }),
    ...(writable ? { [WRITABLE_PROPERTY]: { type: DataType.Boolean, value: true } } : {}),
  }
  return {
    name,
    ...(alias === null ? {} : { alias }),
    timestamp,
    datatype,
    ...(unit !== '' || writable ? { properties } : {}),
    value,
  }
}

/** Reads a declaration back from a birth's metric; `null` when it lacks name or datatype, as a birth's must not. */
export function readDeclaration(metric: Metric): DeclaredMetric | null {
  if (metric.name === undefined || metric.datatype === undefined) return null
  const unit = metric.properties?.[UNIT_PROPERTY]?.value
  return {
    name: metric.name,
    datatype: metric.datatype as DataType,
    unit: typeof unit === 'string' ? unit : '',
    writable: metric.properties?.[WRITABLE_PROPERTY]?.value === true,
    aliased: metric.alias !== undefined,
    alias: metric.alias ?? null,
  }
}
