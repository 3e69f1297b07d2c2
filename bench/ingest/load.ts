/**
 * The load, a process of its own: gateways as raw sockets. `load.ts {"mode","port","gateways","rows","window"}` encodes
 * everything, then sends, keeping at most the window in flight, and prints the seconds until all was acknowledged: by
 * the fleet manager's `Spool/Acknowledged` (mode `spool`), or by PUBACK (mode `qos1`).
 */
import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { assignAliases, declareGateway, REBIRTH_METRIC } from '@minewarden/protocol/sparkplug/birth.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { Acknowledgement, SPOOL_METRICS } from '@minewarden/protocol/spool.ts'
import { deviceTopic, nodeTopic } from '@minewarden/protocol/topics.ts'
import {
  CONNACK,
  connectPacket,
  createSplitter,
  PUBACK,
  PUBLISH,
  publishPacket,
  publishQos1Packet,
  subscribePacket,
} from './raw-mqtt.ts'
import { GROUP, gatewayId, jsonRow, METER, meterBirth, nodeBirth, row } from './rows.ts'

interface Task {
  readonly mode: 'spool' | 'qos1'
  /** Of the payloads; `json` is for peers. */
  readonly format: 'sparkplug' | 'json'
  readonly port: number
  readonly gateways: number
  /** Of each gateway. */
  readonly rows: number
  /** Of each gateway in mode `qos1`; in mode `spool` the host grants it. */
  readonly window: number
}

const task = JSON.parse(process.argv[2] ?? '{}') as Task
const START_MS = Date.now() - 3_600_000
/** Commands name a metric by the alias of its birth. */
const ACKNOWLEDGED = assignAliases(declareGateway(), 1).declared.find(
  ({ name }) => name === SPOOL_METRICS.acknowledged,
)?.alias

class Gateway {
  readonly id: string
  readonly #offsets: number[] = [0]
  readonly #bytes: Buffer
  readonly #done: () => void
  #socket!: Socket
  #sent = 0
  #acknowledged = 0
  #window = task.window

  constructor(nth: number, done: () => void) {
    this.id = gatewayId(nth)
    this.#done = done
    const topic = deviceTopic('DDATA', GROUP, this.id, METER)
    const packets: Buffer[] = []
    for (let sequence = 1; sequence <= task.rows; sequence++) {
      const payload = task.format === 'json' ? jsonRow(this.id, sequence, START_MS) : row(sequence, START_MS)
      packets.push(
        task.mode === 'spool' ? publishPacket(topic, payload) : publishQos1Packet(topic, payload, sequence - 1),
      )
      this.#offsets.push((this.#offsets.at(-1) ?? 0) + (packets.at(-1)?.length ?? 0))
    }
    this.#bytes = Buffer.concat(packets)
  }

  async connect(): Promise<void> {
    this.#socket = connect({ port: task.port, host: '127.0.0.1', noDelay: true })
    const ready = Promise.withResolvers<void>()
    this.#socket.on('error', ready.reject)
    this.#socket.on(
      'data',
      createSplitter((type, body) => {
        if (type === CONNACK) ready.resolve()
        else if (type === PUBACK) this.#take(this.#acknowledged + 1)
        else if (type === PUBLISH) this.#command(body)
      }),
    )
    this.#socket.on('drain', () => this.pump())
    this.#socket.write(connectPacket(this.id, task.mode === 'spool' ? `password-of-${this.id}` : null))
    await ready.promise
    if (task.mode === 'spool') this.#socket.write(subscribePacket(nodeTopic('NCMD', GROUP, this.id)))
  }

  begin(): void {
    if (task.mode === 'qos1') {
      this.pump()
      return
    }
    // Nothing is in flight until the host has granted a window in answer to the birth.
    this.#window = 0
    this.#socket.write(publishPacket(nodeTopic('NBIRTH', GROUP, this.id), nodeBirth(randomUUID())))
    this.#socket.write(publishPacket(deviceTopic('DBIRTH', GROUP, this.id, METER), meterBirth()))
  }

  pump(): void {
    const until = Math.min(task.rows, this.#acknowledged + this.#window)
    if (until <= this.#sent || this.#socket.writableNeedDrain) return
    this.#socket.write(this.#bytes.subarray(this.#offsets[this.#sent], this.#offsets[until]))
    this.#sent = until
  }

  end(): void {
    this.#socket.destroy()
  }

  #command(body: Buffer): void {
    const topicLength = body.readUInt16BE(0)
    for (const { name, alias, value } of decodePayload(body.subarray(2 + topicLength)).metrics) {
      // A host that starts asks the silent for their births; they come when the load begins.
      if (name === REBIRTH_METRIC && this.#sent === 0) continue
      if (alias !== ACKNOWLEDGED) throw new Error(`unexpected command ${name ?? alias}`)
      const { ranges, window, rejected } = Acknowledgement.parse(JSON.parse(String(value)))
      if (rejected.length > 0 || ranges.length > 1) throw new Error(`not in one piece: ${value}`)
      this.#window = window
      this.#take(ranges[0]?.[1] ?? 0)
    }
  }

  #take(acknowledged: number): void {
    this.#acknowledged = acknowledged
    if (acknowledged === task.rows) this.#done()
    this.pump()
  }
}

let open = task.gateways
const finished = Promise.withResolvers<void>()
const gateways = Array.from(
  { length: task.gateways },
  (_, nth) => new Gateway(nth, () => --open === 0 && finished.resolve()),
)
for (const gateway of gateways) await gateway.connect()
process.send?.('ready')
await new Promise((resolve) => process.once('message', resolve))
const started = performance.now()
for (const gateway of gateways) gateway.begin()
await finished.promise
process.send?.({ seconds: (performance.now() - started) / 1000 })
for (const gateway of gateways) gateway.end()
process.disconnect?.()
