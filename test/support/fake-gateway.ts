import { EventEmitter, once } from 'node:events'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { createLayout, encodeRow, type RowLayout } from '@minewarden/protocol/row.ts'
import {
  assignAliases,
  BDSEQ_METRIC,
  birthMetric,
  type DeclaredMetric,
  declareGateway,
  declareSensor,
  REBIRTH_METRIC,
} from '@minewarden/protocol/sparkplug/birth.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { DataType, type MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'
import {
  Acknowledgement,
  RangeSet,
  SPOOL_METRICS,
  WAVEFORM_REQUEST_METRIC,
  type WaveformRequest,
} from '@minewarden/protocol/spool.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { deviceTopic, nodeTopic } from '@minewarden/protocol/topics.ts'
import mqtt, { type MqttClient } from 'mqtt'

export interface FakeGatewayOptions {
  readonly id: string
  readonly group: string
  readonly password: string
  readonly epoch: string
  readonly url?: string
}

export const METER = 'meter-1' as SensorId
const GEOPHONE = 'geophone-1' as SensorId

/** A power reading with a number to know it by. */
export const powerReading = (activePowerW: number, measuredAt: Instant = instant(Date.now())): Reading => ({
  kind: 'power',
  sensor: METER,
  channel: null,
  measuredAt,
  clock: 'ntp',
  fields: {
    activePowerW,
    reactivePowerVar: null,
    voltageAV: 230,
    voltageBV: 231,
    voltageCV: 229,
    currentAA: 1,
    currentBA: 1,
    currentCA: 1,
    activeEnergyWh: 1000,
    simulated: true,
  },
})

/** The gateway's side of the wire without a gateway: births, rows, and what the host answers. No spool, no retries. */
export class FakeGateway extends EventEmitter {
  readonly options: FakeGatewayOptions
  readonly acknowledged = new RangeSet()
  readonly rejected = new RangeSet()
  readonly acknowledgements: Acknowledgement[] = []
  rebirthRequests = 0
  readonly waveformRequests: WaveformRequest[] = []
  /** Answers rebirth requests by itself. */
  obedient = true
  oldest = 1
  seq = 0
  bdSeq = 0
  client!: MqttClient
  readonly #node: DeclaredMetric[]
  readonly #meter: DeclaredMetric[]
  readonly #geophone: DeclaredMetric[]
  readonly layouts: { readonly node: RowLayout; readonly meter: RowLayout }

  constructor(options: FakeGatewayOptions) {
    super()
    this.options = options
    const node = assignAliases(declareGateway(), 1)
    const meter = assignAliases(declareSensor('power-meter', []), node.next)
    const geophone = assignAliases(declareSensor('geophone', ['HHZ']), meter.next)
    this.#node = node.declared
    this.#meter = meter.declared
    this.#geophone = geophone.declared
    this.layouts = { node: createLayout(this.#node, null), meter: createLayout(this.#meter, METER) }
  }

  /** @param port of a broker on this machine */
  async connect(port: number, changes: mqtt.IClientOptions = {}): Promise<void> {
    const { id, group, password, url } = this.options
    this.client = mqtt.connect(url ?? `mqtt://127.0.0.1:${port}`, {
      clientId: id,
      username: id,
      password,
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      will: { topic: nodeTopic('NDEATH', group, id), payload: this.#death(), qos: 1, retain: false },
      ...changes,
    })
    this.client.on('message', (topic, payload) => this.#command(topic, payload))
    this.client.on('error', () => {})
    await once(this.client as unknown as EventEmitter, 'connect')
    await this.client.subscribeAsync(nodeTopic('NCMD', group, id), { qos: 1 })
  }

  async birth(): Promise<void> {
    this.seq = 0
    const values: Record<string, MetricValue> = {
      [BDSEQ_METRIC]: this.bdSeq,
      [REBIRTH_METRIC]: false,
      [SPOOL_METRICS.epoch]: this.options.epoch,
      [SPOOL_METRICS.oldest]: this.oldest,
    }
    this.send(nodeTopic('NBIRTH', this.options.group, this.options.id), this.#birth(this.#node, values))
    this.send(this.#deviceTopic('DBIRTH', METER), this.#birth(this.#meter, { 'Sensor/State': 'ok' }))
    this.send(this.#deviceTopic('DBIRTH', GEOPHONE), this.#birth(this.#geophone, {}))
  }

  row(sequence: number, reading: Reading, historical = false): Uint8Array {
    const envelope = { sentAt: Date.now(), seq: this.#next() }
    return encodeRow(this.layouts.meter, { sequence, historical, reading }, envelope)
  }

  sendRow(sequence: number, reading: Reading = powerReading(sequence), historical = false): void {
    this.send(this.#deviceTopic('DDATA', METER), this.row(sequence, reading, historical))
  }

  sendDeviceDeath(timestamp: number): void {
    this.send(this.#deviceTopic('DDEATH', METER), encodePayload({ timestamp, metrics: [], seq: this.#next() }))
  }

  /** A DDATA payload of the caller's making. */
  sendRaw(payload: Uint8Array): void {
    this.send(this.#deviceTopic('DDATA', METER), payload)
  }

  send(topic: string, payload: Uint8Array): void {
    this.client.publish(topic, Buffer.from(payload), { qos: 0, retain: false })
  }

  /** Waits until the condition holds after an acknowledgement (or at once). */
  async until(condition: () => boolean, deadlineMs = 8_000): Promise<void> {
    const signal = AbortSignal.timeout(deadlineMs)
    while (!condition()) await once(this, 'command', { signal })
  }

  async untilAcknowledged(sequence: number): Promise<void> {
    await this.until(() => this.acknowledged.has(sequence))
  }

  async close(): Promise<void> {
    await this.client.endAsync(true)
  }

  #next(): number {
    return this.seq++ % 256
  }

  #deviceTopic(type: 'DBIRTH' | 'DDATA' | 'DDEATH', sensor: string): string {
    return deviceTopic(type, this.options.group, this.options.id, sensor)
  }

  #birth(declared: readonly DeclaredMetric[], values: Record<string, MetricValue>): Uint8Array {
    const timestamp = Date.now()
    const metrics = declared.map((each) => birthMetric(each, values[each.name] ?? null, timestamp))
    return encodePayload({ timestamp, metrics, seq: this.#next() })
  }

  #death(): Buffer {
    const metric = { name: BDSEQ_METRIC, datatype: DataType.Int64, timestamp: Date.now(), value: this.bdSeq }
    return Buffer.from(encodePayload({ timestamp: Date.now(), metrics: [metric] }))
  }

  #command(topic: string, bytes: Uint8Array): void {
    if (!topic.includes('/NCMD/')) return
    for (const { name: given, alias, value } of decodePayload(bytes).metrics) {
      const name = given ?? this.#node.find((metric) => metric.alias === alias)?.name
      if (name === REBIRTH_METRIC && value === true) {
        this.rebirthRequests++
        if (this.obedient) void this.birth()
      }
      if (name === WAVEFORM_REQUEST_METRIC) this.waveformRequests.push(JSON.parse(String(value)))
      if (name === SPOOL_METRICS.acknowledged) this.#acknowledge(Acknowledgement.parse(JSON.parse(String(value))))
    }
    this.emit('command')
  }

  #acknowledge(acknowledgement: Acknowledgement): void {
    this.acknowledgements.push(acknowledgement)
    if (acknowledgement.epoch !== this.options.epoch) return
    for (const [from, to] of acknowledgement.ranges) this.acknowledged.add(from, to)
    for (const [from, to] of acknowledgement.rejected) this.rejected.add(from, to)
  }
}
