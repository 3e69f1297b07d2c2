import { check, describeProblems, ProtocolError } from '@minewarden/protocol/errors.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { createLayout, decodeRow, type RowLayout } from '@minewarden/protocol/row.ts'
import { BDSEQ_METRIC, type DeclaredMetric, readDeclaration } from '@minewarden/protocol/sparkplug/birth.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import type { Metric, Payload } from '@minewarden/protocol/sparkplug/payload.ts'
import { Acknowledgement, SPOOL_METRICS } from '@minewarden/protocol/spool.ts'
import type { StoredLayout } from './journal-port.ts'

/** A layout that rows are decoded with now, and what the journal keeps of it. */
export interface BornLayout {
  readonly layout: RowLayout
  readonly stored: StoredLayout
}

/** What a birth certificate says that the ingest needs. */
export interface Birth {
  readonly seq: number
  readonly timestamp: number
  readonly born: BornLayout
  /** Last known states by metric name, for showing; never readings. */
  readonly states: ReadonlyMap<string, Metric['value']>
}

export interface NodeBirth extends Birth {
  readonly bdSeq: number
  readonly epoch: string
  /** Sequences below are settled. */
  readonly oldest: number
}

const refused = (what: string) => new ProtocolError('payload-malformed', what)

/** @throws ProtocolError `payload-malformed`, naming the metric */
export function readNodeBirth(bytes: Uint8Array): NodeBirth {
  const birth = readBirth(bytes, null)
  const epoch = check(Acknowledgement.shape.epoch, birth.states.get(SPOOL_METRICS.epoch))
  if (!epoch.ok) throw refused(`${SPOOL_METRICS.epoch}: ${describeProblems(epoch.problems)}`)
  const oldest = integer(birth.states, SPOOL_METRICS.oldest)
  return { ...birth, epoch: epoch.value, oldest, bdSeq: integer(birth.states, BDSEQ_METRIC) }
}

/** @throws ProtocolError `payload-malformed`, naming the metric */
export function readSensorBirth(bytes: Uint8Array, device: string): Birth {
  const sensor = SensorId.safeParse(device)
  if (!sensor.success) throw refused(sensor.error.issues.map(({ message }) => message).join('; '))
  return readBirth(bytes, sensor.data)
}

/** The bdSeq of an NDEATH; `null` when there is none. @throws ProtocolError `payload-malformed` */
export function readNodeDeath(bytes: Uint8Array): number | null {
  const value = decodePayload(bytes).metrics.find(({ name }) => name === BDSEQ_METRIC)?.value
  return typeof value === 'number' ? value : null
}

/** Layouts read back lately that are kept at hand; emptied when full. */
const MAX_LAYOUTS_AT_HAND = 1_000

/** Makes the function that reads payloads which the journal kept. It throws ProtocolError when they are not what was kept. */
export function createStoredDecoder(): (layout: StoredLayout, payload: Uint8Array) => Reading {
  const atHand = new Map<string, RowLayout>()
  return ({ text }, payload) => {
    let layout = atHand.get(text)
    if (!layout) {
      if (atHand.size >= MAX_LAYOUTS_AT_HAND) atHand.clear()
      layout = layoutOf(text)
      atHand.set(text, layout)
    }
    return decodeRow(layout, payload).reading
  }
}

function layoutOf(text: string): RowLayout {
  const { sensor, declared } = JSON.parse(text) as { sensor: SensorId | null; declared: DeclaredMetric[] }
  return createLayout(declared, sensor)
}

/** The spool sequence of a DATA payload that is no good otherwise; `null` when not even that can be read. */
export function salvageSequence({ layout }: BornLayout, bytes: Uint8Array): number | null {
  try {
    const { alias, datatype } = layout.sequence
    const { metrics } = decodePayload(bytes, (metric) => (metric.alias === alias ? datatype : undefined))
    const value = metrics.find((metric) => metric.alias === alias)?.value
    return typeof value === 'number' && value >= 1 ? value : null
  } catch {
    return null
  }
}

function readBirth(bytes: Uint8Array, sensor: SensorId | null): Birth {
  const payload = decodePayload(bytes)
  const declared = payload.metrics.map((metric, i) => {
    const declaration = readDeclaration(metric)
    if (!declaration) throw refused(`metric ${metric.name ?? i}: a birth states name and datatype`)
    return declaration
  })
  return {
    ...envelope(payload),
    born: { layout: createLayout(declared, sensor), stored: { text: JSON.stringify({ sensor, declared }) } },
    states: new Map(payload.metrics.map((metric) => [metric.name ?? '', metric.value])),
  }
}

function envelope({ seq, timestamp }: Payload): { seq: number; timestamp: number } {
  if (seq === undefined || seq > 255) throw refused(`seq: ${seq} is not 0 to 255`)
  if (timestamp === undefined) throw refused('timestamp: missing')
  return { seq, timestamp }
}

function integer(states: Birth['states'], name: string): number {
  const value = states.get(name)
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw refused(`${name}: ${value === undefined ? 'missing' : `${value} is no count`}`)
}
