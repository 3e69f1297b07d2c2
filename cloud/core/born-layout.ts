import { check, describeProblems, ProtocolError } from '@minewarden/protocol/errors.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { createLayout, decodeRow, type RowLayout } from '@minewarden/protocol/row.ts'
import { BDSEQ_METRIC, type DeclaredMetric, readDeclaration } from '@minewarden/protocol/sparkplug/birth.ts'
import { decodePayload, peekPayload } from '@minewarden/protocol/sparkplug/decode.ts'
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
  /** When each of them was measured, UTC milliseconds by the gateway's clock. */
  readonly times: ReadonlyMap<string, number>
}

export interface NodeBirth extends Birth {
  readonly bdSeq: number
  readonly epoch: string
  /** Sequences below are settled. */
  readonly oldest: number
}

const refused = (what: string) => new ProtocolError('payload-malformed', what)

/** A birth that declares more is refused: some 500 metrics, where a geophone of three channels has about 70. */
const MAX_LAYOUT_CHARS = 65_536
/** Layouts at hand at most; emptied when full. */
const MAX_LAYOUTS_AT_HAND = 1_000

/** Layouts by what was declared: gateways of one make share theirs, and a rebirth finds it again. */
export class LayoutShelf {
  readonly #layouts = new Map<string, BornLayout>()

  get(text: string, make: () => RowLayout): BornLayout {
    const known = this.#layouts.get(text)
    if (known) return known
    if (this.#layouts.size >= MAX_LAYOUTS_AT_HAND) this.#layouts.clear()
    const born = { layout: make(), stored: { text } }
    this.#layouts.set(text, born)
    return born
  }
}

/** @throws ProtocolError `payload-malformed`, naming the metric */
export function readNodeBirth(bytes: Uint8Array, shelf: LayoutShelf): NodeBirth {
  const birth = readBirth(bytes, null, shelf)
  const epoch = check(Acknowledgement.shape.epoch, birth.states.get(SPOOL_METRICS.epoch))
  if (!epoch.ok) throw refused(`${SPOOL_METRICS.epoch}: ${describeProblems(epoch.problems)}`)
  const oldest = integer(birth.states, SPOOL_METRICS.oldest)
  return { ...birth, epoch: epoch.value, oldest, bdSeq: integer(birth.states, BDSEQ_METRIC) }
}

/** @throws ProtocolError `payload-malformed`, naming the metric */
export function readSensorBirth(bytes: Uint8Array, device: string, shelf: LayoutShelf): Birth {
  const sensor = SensorId.safeParse(device)
  if (!sensor.success) throw refused(sensor.error.issues.map(({ message }) => message).join('; '))
  return readBirth(bytes, sensor.data, shelf)
}

/** The bdSeq of an NDEATH; `null` when there is none. @throws ProtocolError `payload-malformed` */
export function readNodeDeath(bytes: Uint8Array): number | null {
  const value = decodePayload(bytes).metrics.find(({ name }) => name === BDSEQ_METRIC)?.value
  return typeof value === 'number' ? value : null
}

/** Makes the function that reads payloads which the journal kept. It throws ProtocolError when they are not what was kept. */
export function createStoredDecoder(): (layout: StoredLayout, payload: Uint8Array) => Reading {
  const shelf = new LayoutShelf()
  return ({ text }, payload) => decodeRow(shelf.get(text, () => layoutOf(text)).layout, payload).reading
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

function readBirth(bytes: Uint8Array, sensor: SensorId | null, shelf: LayoutShelf): Birth {
  const payload = decodePayload(bytes)
  const declared = payload.metrics.map((metric, i) => {
    const declaration = readDeclaration(metric)
    if (!declaration) throw refused(`metric ${metric.name ?? i}: a birth states name and datatype`)
    return declaration
  })
  return {
    ...checkEnvelope(payload),
    born: shelf.get(layoutText(sensor, declared), () => createLayout(declared, sensor)),
    states: new Map(payload.metrics.map((metric) => [metric.name ?? '', metric.value])),
    times: new Map(payload.metrics.map((metric) => [metric.name ?? '', metric.timestamp ?? payload.timestamp ?? 0])),
  }
}

function layoutText(sensor: SensorId | null, declared: readonly DeclaredMetric[]): string {
  const text = JSON.stringify({ sensor, declared })
  if (text.length > MAX_LAYOUT_CHARS) throw refused(`a birth of ${declared.length} metrics: too much to remember`)
  return text
}

/** Sequence number and time of a payload. @throws ProtocolError `payload-malformed` */
export const readEnvelope = (bytes: Uint8Array): Envelope => checkEnvelope(peekPayload(bytes))

interface Envelope {
  /** 0..255 */
  readonly seq: number
  /** UTC milliseconds. */
  readonly timestamp: number
}

function checkEnvelope({ seq, timestamp }: Pick<Payload, 'seq' | 'timestamp'>): Envelope {
  if (seq === undefined || seq > 255) throw refused(`seq: ${seq} is not 0 to 255`)
  if (timestamp === undefined) throw refused('timestamp: missing')
  return { seq, timestamp }
}

function integer(states: Birth['states'], name: string): number {
  const value = states.get(name)
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw refused(`${name}: ${value === undefined ? 'missing' : `${value} is no count`}`)
}
