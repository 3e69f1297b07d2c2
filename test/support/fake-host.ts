/** A Sparkplug host in a few lines, on a broker in the test's own process: what a gateway sees of the fleet manager. */
import { type AddressInfo, createServer, type Socket } from 'node:net'
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
import mqtt from 'mqtt'

export interface Heard {
  readonly topic: string
  readonly type: string
  readonly device: string | null
  readonly bytes: Uint8Array
  readonly qos: number
  readonly retain: boolean
}
export interface FakeHostOptions {
  readonly group: string
  readonly node: string
  readonly hostId?: string
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
  readonly #link: HostLink
  readonly #group: string
  readonly #node: string
  readonly #hostId: string
  #due: NodeJS.Timeout | null = null

  private constructor(link: HostLink, { group, node, hostId = 'minewarden' }: FakeHostOptions) {
    this.#link = link
    this.#group = group
    this.#node = node
    this.#hostId = hostId
    link.hear((message) => this.#hear(message))
  }

  /** With a broker of its own, in this process. */
  static async listen(options: FakeHostOptions & { port?: number }): Promise<FakeHost> {
    return new FakeHost(await brokerLink(options.port ?? 0), options)
  }

  /** As a client of another broker. */
  static async join(url: string, options: FakeHostOptions & { username: string; password: string }): Promise<FakeHost> {
    return new FakeHost(await clientLink(url, options.username, options.password), options)
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`
  }

  get port(): number {
    return this.#link.port()
  }

  /** Clients that are connected to the host's own broker. */
  get connectedClients(): number {
    return this.#link.connectedClients()
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

  /** Bytes as they are, to the gateway's command topic. */
  commandBytes(payload: Uint8Array): void {
    this.#publish(nodeTopic('NCMD', this.#group, this.#node), payload, false)
  }

  /** Cuts every connection without a word. */
  cut(): void {
    this.#link.cut()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#due) clearTimeout(this.#due)
    await this.#link.close()
  }

  #publish(topic: string, payload: Uint8Array, retain: boolean): void {
    this.#link.publish(topic, payload, retain)
  }

  #hear({ topic, payload: bytes, qos, retain }: LinkMessage): void {
    const parsed = parseTopic(topic)
    // A client of another broker hears its own words too.
    if (parsed.kind === 'state' || parsed.type === 'NCMD') return
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

interface LinkMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: number
  readonly retain: boolean
}
interface HostLink {
  hear(listener: (message: LinkMessage) => void): void
  publish(topic: string, payload: Uint8Array, retain: boolean): void
  port(): number
  connectedClients(): number
  cut(): void
  close(): Promise<void>
}

async function brokerLink(port: number): Promise<HostLink> {
  const broker = await Aedes.createBroker()
  const server = createServer(broker.handle)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    hear: (listener) =>
      void broker.on('publish', (packet, client) => {
        if (!client || !packet.topic.startsWith('spBv1.0/')) return
        listener({ ...packet, payload: packet.payload as Uint8Array })
      }),
    publish: (topic, payload, retain) =>
      broker.publish(
        { cmd: 'publish', topic, payload: Buffer.from(payload), qos: retain ? 1 : 0, retain, dup: false },
        () => undefined,
      ),
    port: () => (server.address() as AddressInfo).port,
    connectedClients: () => broker.connectedClients,
    cut,
    async close() {
      cut()
      await new Promise<void>((resolve) => broker.close(() => resolve()))
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function clientLink(url: string, username: string, password: string): Promise<HostLink> {
  const client = await mqtt.connectAsync(url, { username, password, clean: true, protocolVersion: 4 })
  await client.subscribeAsync('spBv1.0/#', { qos: 1 })
  return {
    hear: (listener) => void client.on('message', (topic, payload, packet) => listener({ ...packet, topic, payload })),
    publish: (topic, payload, retain) =>
      void client.publish(topic, Buffer.from(payload), { qos: retain ? 1 : 0, retain }),
    port: () => Number(new URL(url).port),
    connectedClients: () => 0,
    cut: () => undefined,
    close: () => client.endAsync(true),
  }
}
