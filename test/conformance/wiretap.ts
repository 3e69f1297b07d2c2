/** A TCP proxy before an MQTT 3.1.1 server that writes down, in order, what both sides say. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Message, Packet } from './trace.ts'

const CONNECT = 1
const PUBLISH = 3
const SUBSCRIBE = 8
const DISCONNECT = 14

/** Reads a packet's fields in order. @see MQTT 3.1.1, section 1.5 */
class Fields {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.#at++]!
  }

  word(): number {
    this.#at += 2
    return this.#bytes.readUInt16BE(this.#at - 2)
  }

  chunk(length = this.word()): Buffer {
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  rest(): Buffer {
    return this.chunk(this.#bytes.length - this.#at)
  }
}

interface Frame {
  readonly type: number
  readonly flags: number
  readonly body: Buffer
}

/** Cuts a stream into packets. */
class Frames {
  #waiting: Buffer = Buffer.alloc(0)

  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = []
    this.#waiting = Buffer.concat([this.#waiting, chunk])
    for (;;) {
      const bytes = this.#waiting
      let length = 0
      let at = 1
      for (let shift = 0; ; shift += 7) {
        if (at >= bytes.length) return frames
        const byte = bytes[at++]!
        length |= (byte & 0x7f) << shift
        if (byte < 0x80) break
      }
      if (bytes.length < at + length) return frames
      this.#waiting = bytes.subarray(at + length)
      frames.push({ type: bytes[0]! >> 4, flags: bytes[0]! & 0x0f, body: bytes.subarray(at, at + length) })
    }
  }
}

function readPublish(flags: number, body: Buffer): Message {
  const fields = new Fields(body)
  const topic = fields.chunk().toString()
  const qos = ((flags >> 1) & 3) as Message['qos']
  if (qos > 0) fields.word()
  return { topic, payload: Uint8Array.from(fields.rest()), qos, retain: (flags & 1) === 1 }
}

function readConnect(body: Buffer): Omit<Packet & { kind: 'connect' }, 'at'> {
  const fields = new Fields(body)
  fields.chunk()
  const version = fields.byte() as 4 | 5
  const flags = fields.byte()
  fields.word()
  const client = fields.chunk().toString()
  const clean = (flags & 2) !== 0
  if ((flags & 4) === 0) return { kind: 'connect', client, version, clean, will: null }
  const topic = fields.chunk().toString()
  const payload = Uint8Array.from(fields.chunk())
  const will = { topic, payload, qos: ((flags >> 3) & 3) as Message['qos'], retain: (flags & 0x20) !== 0 }
  return { kind: 'connect', client, version, clean, will }
}

function readSubscribe(body: Buffer): { topic: string; qos: Message['qos'] }[] {
  const fields = new Fields(body)
  fields.word()
  const filters: { topic: string; qos: Message['qos'] }[] = []
  while (!fields.done) filters.push({ topic: fields.chunk().toString(), qos: fields.byte() as Message['qos'] })
  return filters
}

export class Wiretap {
  readonly packets: Packet[]
  readonly #nth: number
  readonly #server: Server
  readonly #lines = new Map<Socket, string>()

  private constructor(port: number, { nth, packets }: { nth: number; packets: Packet[] }) {
    this.#nth = nth
    this.packets = packets
    this.#server = createServer((near) => this.#join(near, connect({ port, host: '127.0.0.1' })))
  }

  /** Listens on a free port for clients of the server on `port`; of several servers, `nth` in the same list of packets. */
  static async before(port: number, { nth = 0, packets = [] as Packet[] } = {}): Promise<Wiretap> {
    const tap = new Wiretap(port, { nth, packets })
    await new Promise<void>((resolve) => tap.#server.listen(0, '127.0.0.1', resolve))
    return tap
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Cuts the line of a client, as a dead link does. */
  cut(client: string): void {
    for (const [socket, name] of this.#lines) if (name === client) socket.destroy()
  }

  #join(near: Socket, far: Socket): void {
    const up = new Frames()
    const down = new Frames()
    let left = false
    this.#lines.set(near, '')
    near.on('data', (chunk: Buffer) => {
      for (const frame of up.push(chunk)) left = this.#fromClient(near, frame) || left
      far.write(chunk)
    })
    far.on('data', (chunk: Buffer) => {
      for (const { type, flags, body } of down.push(chunk)) {
        if (type === PUBLISH) this.#note(near, { kind: 'deliver', ...readPublish(flags, body) })
      }
      near.write(chunk)
    })
    near.on('close', () => {
      if (!left && this.#lines.get(near)) this.#note(near, { kind: 'close' })
      this.#lines.delete(near)
      far.destroy()
    })
    far.on('close', () => near.destroy())
    near.on('error', () => near.destroy())
    far.on('error', () => far.destroy())
  }

  /** Whether the client said that it leaves. */
  #fromClient(socket: Socket, { type, flags, body }: Frame): boolean {
    if (type === CONNECT) {
      const packet = readConnect(body)
      this.#lines.set(socket, packet.client)
      this.packets.push({ ...packet, at: Date.now(), server: this.#nth })
    } else if (type === PUBLISH) this.#note(socket, { kind: 'publish', ...readPublish(flags, body) })
    else if (type === SUBSCRIBE) this.#note(socket, { kind: 'subscribe', filters: readSubscribe(body) })
    else if (type === DISCONNECT) this.#note(socket, { kind: 'disconnect' })
    return type === DISCONNECT
  }

  #note(socket: Socket, what: object): void {
    const client = this.#lines.get(socket) ?? ''
    this.packets.push({ ...what, at: Date.now(), server: this.#nth, client } as Packet)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#lines.keys()) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}
