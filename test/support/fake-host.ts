/** A Sparkplug host in a few lines, on a broker in the test's own process: what a gateway sees of the fleet manager. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { createLayout, decodeRow, type RowLayout } from '@minewarden/protocol/row.ts'
import { readDeclaration } from '@minewarden/protocol/sparkplug/birth.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { DataType, type Payload } from '@minewarden/protocol/sparkplug/payload.ts'
import { encodeState } from '@minewarden/protocol/sparkplug/state.ts'
import { MAX_RANGES, RangeSet, SPOOL_METRICS } from '@minewarden/protocol/spool.ts'
import { nodeTopic, parseTopic, stateTopic } from '@minewarden/protocol/topics.ts'
import { Aedes } from 'aedes'

export interface Heard {
  readonly topic: string
  readonly type: string
  readonly device: string | null
  readonly bytes: Uint8Array
  readonly qos: number
  readonly retain: boolean
}
export interface TakenRow {
  readonly epoch: string
  readonly sequence: number
  readonly historical: boolean
  readonly reading: Reading
}

export class FakeHost {
  readonly heard: Heard[] = []
  /** Rows in order of arrival, duplicates included. */
  readonly arrived: TakenRow[] = []
  /** Rows as committed, by epoch and sequence. */
  readonly rows = new Map<string, TakenRow>()
  readonly ranges = new Map<string, RangeSet>()
  /** What was granted with the last acknowledgement. */
  window = 500
  /** False: takes rows without acknowledging. */
  acknowledges = true
  /** Rows for which it is true never reach the host. */
  loses: (sequence: number) => boolean = () => false
  epoch = ''
  #layouts = new Map<string | null, RowLayout>()
  readonly #broker: Aedes
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #group: string
  readonly #node: string
  readonly #hostId: string
  #due: NodeJS.Timeout | null = null

  private constructor(broker: Aedes, server: Server, group: string, node: string, hostId: string) {
    this.#broker = broker
    this.#server = server
    this.#group = group
    this.#node = node
    this.#hostId = hostId
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    broker.on('publish', (packet, client) => {
      if (!client || !packet.topic.startsWith('spBv1.0/')) return
      this.#hear(packet.topic, packet.payload as Uint8Array, packet.qos, packet.retain)
    })
  }

  static async listen(options: { group: string; node: string; hostId?: string; port?: number }): Promise<FakeHost> {
    const broker = await Aedes.createBroker()
    const server = createServer(broker.handle)
    await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
    return new FakeHost(broker, server, options.group, options.node, options.hostId ?? 'minewarden')
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get broker(): Aedes {
    return this.#broker
  }

  say(online: boolean, timestamp = Date.now()): void {
    this.#publish(stateTopic(this.#hostId), encodeState({ online, timestamp }), true)
  }

  /** NCMD with one metric, by name. */
  command(name: string, datatype: DataType, value: string | boolean): void {
    const payload = encodePayload({
      timestamp: Date.now(),
      metrics: [{ name, datatype, timestamp: Date.now(), value }],
    })
    this.#publish(nodeTopic('NCMD', this.#group, this.#node), payload, false)
  }

  acknowledge(): void {
    const ranges = this.ranges.get(this.epoch)
    if (!ranges) return
    const value = {
      epoch: this.epoch,
      ranges: ranges.toArray().slice(0, MAX_RANGES),
      rejected: [],
      window: this.window,
    }
    this.command(SPOOL_METRICS.acknowledged, DataType.String, JSON.stringify(value))
  }

  /** Cuts every connection without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#due) clearTimeout(this.#due)
    this.cut()
    await new Promise<void>((resolve) => this.#broker.close(() => resolve()))
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #publish(topic: string, payload: Uint8Array, retain: boolean): void {
    this.#broker.publish(
      { cmd: 'publish', topic, payload: Buffer.from(payload), qos: retain ? 1 : 0, retain, dup: false },
      () => undefined,
    )
  }

  #hear(topic: string, bytes: Uint8Array, qos: number, retain: boolean): void {
    const parsed = parseTopic(topic)
    if (parsed.kind === 'state') return
    const device = parsed.kind === 'device' ? parsed.device : null
    this.heard.push({ topic, type: parsed.type, device, bytes, qos, retain })
    if (parsed.type === 'NBIRTH') this.#born(decodePayload(bytes))
    if (parsed.type === 'NBIRTH' || parsed.type === 'DBIRTH') this.#layout(device, decodePayload(bytes))
    if (parsed.type === 'NDATA' || parsed.type === 'DDATA') this.#take(device, bytes)
  }

  #born(payload: Payload): void {
    const value = (name: string) => payload.metrics.find((metric) => metric.name === name)?.value
    this.epoch = String(value(SPOOL_METRICS.epoch))
    const oldest = Number(value(SPOOL_METRICS.oldest))
    const ranges = this.ranges.get(this.epoch) ?? new RangeSet()
    if (oldest > 1) ranges.add(1, oldest - 1)
    this.ranges.set(this.epoch, ranges)
    this.#later()
  }

  #layout(device: string | null, payload: Payload): void {
    const declared = payload.metrics.map(readDeclaration).filter((metric) => metric !== null)
    this.#layouts.set(device, createLayout(declared, device as never))
  }

  #take(device: string | null, bytes: Uint8Array): void {
    const layout = this.#layouts.get(device)
    if (!layout) throw new Error(`data of ${device} before its birth`)
    const row = { ...decodeRow(layout, bytes), epoch: this.epoch }
    if (this.loses(row.sequence)) return
    this.arrived.push(row)
    const ranges = this.ranges.get(this.epoch)
    if (!ranges?.has(row.sequence)) {
      if (ranges && ranges.size >= MAX_RANGES && ranges.wouldOpen(row.sequence)) return
      ranges?.add(row.sequence)
      this.rows.set(`${row.epoch} ${row.sequence}`, row)
    }
    this.#later()
  }

  #later(): void {
    if (!this.acknowledges) return
    this.#due ??= setTimeout(() => {
      this.#due = null
      this.acknowledge()
    }, 20)
  }
}
