/**
 * The gateway's births and rows as payloads: which metrics there are, their aliases (fixed while the process lives), and
 * the last known values that a birth repeats. Birth values are states, not readings: they are never counted as rows.
 */
import type { CommandedOutput } from '@minewarden/protocol/device-command.ts'
import { InvariantError } from '@minewarden/protocol/errors.ts'
import type { SensorId, SensorKind } from '@minewarden/protocol/ids.ts'
import { metricName, READING_KINDS, type Reading } from '@minewarden/protocol/reading.ts'
import { createLayout, encodeRow, type RowLayout } from '@minewarden/protocol/row.ts'
import {
  assignAliases,
  BDSEQ_METRIC,
  birthMetric,
  type DeclaredMetric,
  declareGateway,
  declareRows,
  declareSensor,
  IDENTITY_METRICS,
  type MetricDeclaration,
  REBIRTH_METRIC,
} from '@minewarden/protocol/sparkplug/birth.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { DataType, type MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'
import { SPOOL_METRICS } from '@minewarden/protocol/spool.ts'
import { CLOCK_QUALITIES, type Instant, UNKNOWN_ERROR_MS } from '@minewarden/protocol/time.ts'
import type { ClockShift } from './clock/clock-shift.ts'
import type { RowSource, SpoolRow } from './ports.ts'

export interface SensorBirth {
  readonly id: SensorId
  readonly kind: SensorKind
  readonly channels: readonly string[]
  /** Outputs that a DCMD may switch; absent: none. */
  readonly commands?: readonly CommandedOutput[]
  /** A DCMD may ask it for a picture. */
  readonly givesPictures?: boolean
}

interface Device {
  readonly declared: readonly DeclaredMetric[]
  readonly layout: RowLayout
  readonly known: Map<string, { readonly value: MetricValue | null; readonly at: number }>
}

const knownError = ({ clockErrorMs }: Reading): number | null =>
  clockErrorMs === undefined || clockErrorMs >= UNKNOWN_ERROR_MS ? null : clockErrorMs

/** What the session and the spool know when the node is born. */
export interface NodeBirth {
  readonly bdSeq: number
  readonly seq: number
  readonly epoch: string
  readonly oldest: number
  readonly now: Instant
}

const isOf = (id: SensorId | null) => (source: RowSource) => source.sensor === id

export class Births {
  readonly #devices = new Map<string | null, Device>()

  /** Sensors that are no longer there but may have a backlog: born when a row of it is sent. */
  readonly former: readonly SensorId[]

  readonly #identity: { readonly [name: string]: MetricValue }

  /**
   * @param held what the backlog is of: sensor, kinds or channels may have been configured away since
   * @param identity what the gateway tells of itself; absent: nothing
   */
  constructor(
    sensors: readonly SensorBirth[],
    held: readonly RowSource[] = [],
    identity?: { readonly software: string; readonly configSha256: string },
  ) {
    this.#identity = identity
      ? { [IDENTITY_METRICS.software]: identity.software, [IDENTITY_METRICS.configSha256]: identity.configSha256 }
      : {}
    let first = 1
    const add = (id: SensorId | null, declarations: readonly MetricDeclaration[]) => {
      const all = [...declarations, ...declareRows(held.filter(isOf(id)))]
      const byName = new Map(all.map((each) => [each.name, each]))
      const { declared, next } = assignAliases([...byName.values()], first)
      first = next
      this.#devices.set(id, { declared, layout: createLayout(declared, id), known: new Map() })
    }
    add(null, declareGateway())
    for (const { id, kind, channels, commands, givesPictures } of sensors)
      add(id, declareSensor(kind, channels, commands, givesPictures))
    const gone = held.flatMap(({ sensor }) => (sensor === null || this.#devices.has(sensor) ? [] : [sensor]))
    this.former = [...new Set(gone)]
    for (const id of this.former) add(id, [])
  }

  /** Keeps what a later birth repeats: for each metric the newest value. Raw bytes are not kept. */
  note(reading: Reading): void {
    const known = this.#devices.get(reading.sensor)?.known
    if (!known || reading.kind === 'waveform' || reading.kind === 'picture') return
    const at = Math.ceil(reading.measuredAt)
    for (const field of Object.keys(READING_KINDS[reading.kind].fields)) {
      const value = (reading.fields as { readonly [field: string]: MetricValue | null })[field] ?? null
      known.set(metricName(reading.kind, reading.channel, field), { value, at })
    }
    known.set(SPOOL_METRICS.clock, { value: CLOCK_QUALITIES.indexOf(reading.clock), at })
    known.set(SPOOL_METRICS.clockError, { value: knownError(reading), at })
  }

  /** What was stamped before the time was known is moved, that births do not repeat it with the wrong time. */
  restamp(shift: ClockShift): void {
    for (const { known } of this.#devices.values()) {
      for (const [name, { value, at }] of known) {
        if (at >= shift.sinceMs && at <= shift.untilMs + 1) known.set(name, { value, at: Math.ceil(at + shift.byMs) })
      }
    }
  }

  /** Whether a row can be sent: its sensor, kind and channel are declared. */
  declares(reading: Reading): boolean {
    const field = Object.keys(READING_KINDS[reading.kind].fields)[0] as string
    const perChannel = READING_KINDS[reading.kind].perChannel
    if (perChannel !== (reading.channel !== null)) return false
    const name = metricName(reading.kind, reading.channel, field)
    return this.#devices.get(reading.sensor)?.declared.some((metric) => metric.name === name) ?? false
  }

  /** The name behind an alias of a sensor's metrics, or of the gateway's own (`null`). */
  nameOf(device: string | null, alias: number): string | undefined {
    return this.#devices.get(device)?.declared.find((metric) => metric.alias === alias)?.name
  }

  /** The will and the explicit NDEATH: exactly the metric bdSeq, no sequence number. */
  nodeDeath(bdSeq: number, now: Instant): Uint8Array {
    const metric = { name: BDSEQ_METRIC, timestamp: Math.floor(now), datatype: DataType.Int64, value: bdSeq }
    return encodePayload({ timestamp: Math.floor(now), metrics: [metric] })
  }

  nodeBirth({ bdSeq, seq, epoch, oldest, now }: NodeBirth): Uint8Array {
    return this.#birth(null, seq, now, {
      [BDSEQ_METRIC]: bdSeq,
      [REBIRTH_METRIC]: false,
      [SPOOL_METRICS.epoch]: epoch,
      [SPOOL_METRICS.oldest]: oldest,
      ...this.#identity,
    })
  }

  deviceBirth(sensor: string, seq: number, now: Instant): Uint8Array {
    return this.#birth(sensor, seq, now, {})
  }

  deviceDeath(seq: number, now: Instant): Uint8Array {
    return encodePayload({ timestamp: Math.floor(now), metrics: [], seq })
  }

  row({ sequence, reading }: SpoolRow, seq: number, historical: boolean, now: Instant): Uint8Array {
    const { layout } = this.#device(reading.sensor)
    return encodeRow(layout, { sequence, reading, historical }, { seq, sentAt: Math.floor(now) })
  }

  #birth(id: string | null, seq: number, now: Instant, state: { readonly [name: string]: MetricValue }): Uint8Array {
    const { declared, known } = this.#device(id)
    const timestamp = Math.floor(now)
    const metrics = declared.map((metric) => {
      const own = state[metric.name]
      if (own !== undefined) return birthMetric(metric, own, timestamp)
      const last = known.get(metric.name)
      return birthMetric(metric, last?.value ?? null, last?.at ?? timestamp)
    })
    // Metrics of a birth stand in the order of their time: operational-behavior-data-publish-nbirth-order.
    metrics.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0))
    return encodePayload({ timestamp, metrics, seq })
  }

  #device(id: string | null): Device {
    const device = this.#devices.get(id)
    if (!device) throw new InvariantError(`no sensor ${id}`)
    return device
  }
}
