/**
 * Bytes and MQTT 3.1.1 packets, one direction each: what a client says, and what a server may say to it. The only file
 * that knows mqtt-packet. Every byte that is read may come from an attacker: what it makes wait is bounded, and a packet
 * that no server may send is an error like a malformed one.
 * @see MQTT Version 3.1.1, OASIS Standard, 29 October 2014
 */
import { generate, type Packet, parser, writeToStream } from 'mqtt-packet'
import type { Publication } from '../core/ports.ts'

/** A packet from the server that is larger than this ends the connection: commands and states are far smaller. */
export const MAX_INCOMING_BYTES = 1_048_576

export interface Greeting {
  readonly clientId: string
  readonly username: string
  readonly password: string | null
  readonly keepaliveS: number
  readonly will: Publication | null
}

export interface Filter {
  readonly topic: string
  readonly qos: 0 | 1
}

/** What a server may say to a client that asks for QoS 0 and 1 with a clean session. */
export type ServerPacket =
  | { readonly kind: 'connack'; readonly code: number }
  | { readonly kind: 'publish'; readonly topic: string; readonly payload: Uint8Array; readonly id: number | null }
  | { readonly kind: 'puback'; readonly id: number }
  | { readonly kind: 'suback'; readonly id: number; readonly granted: readonly number[] }
  | { readonly kind: 'pingresp' }

/** What the bytes gave; after an `error` nothing more may be pushed. */
export interface Decoded {
  readonly packets: readonly ServerPacket[]
  readonly error: string | null
}
// A table of 65536 buffers, made at the first packet: 6 MB for what two shifts do.
;(writeToStream as unknown as { cacheNumbers: boolean }).cacheNumbers = false

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export function encodeConnect({ clientId, username, password, keepaliveS, will }: Greeting): Uint8Array {
  return generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId,
    // Whole seconds; a server allows half as much again.
    keepalive: Math.ceil(keepaliveS),
    username,
    ...(password !== null && { password: Buffer.from(password) }),
    ...(will && { will: { topic: will.topic, payload: asBuffer(will.payload), qos: will.qos, retain: false } }),
  })
}

/** @param id 1 to 65535 for QoS 1, `null` for QoS 0 */
export function encodePublish({ topic, payload, qos }: Publication, id: number | null): Uint8Array {
  const packet = { cmd: 'publish', topic, payload: asBuffer(payload), qos, retain: false, dup: false } as const
  return generate(id === null ? packet : { ...packet, messageId: id })
}

export const encodePuback = (id: number): Uint8Array => generate({ cmd: 'puback', messageId: id })

export const encodeSubscribe = (filters: readonly Filter[], id: number): Uint8Array =>
  generate({ cmd: 'subscribe', messageId: id, subscriptions: [...filters] })

export const encodePing = (): Uint8Array => generate({ cmd: 'pingreq' })
export const encodeDisconnect = (): Uint8Array => generate({ cmd: 'disconnect' })

/** Cuts a server's bytes, in chunks of any size, into packets. Never throws. */
export class MqttDecoder {
  readonly #parser = parser({ protocolVersion: 4 })
  #packets: ServerPacket[] = []
  #error: string | null = null

  constructor() {
    this.#parser.on('packet', (packet: Packet) => this.#take(packet))
    this.#parser.on('error', (error: Error) => this.#fail(error.message))
  }

  push(chunk: Uint8Array): Decoded {
    if (this.#error === null) this.#parse(chunk)
    const packets = this.#packets
    this.#packets = []
    return { packets, error: this.#error }
  }

  #parse(chunk: Uint8Array): void {
    try {
      const waiting = this.#parser.parse(asBuffer(chunk))
      if (waiting > MAX_INCOMING_BYTES) this.#fail(`a packet of more than ${MAX_INCOMING_BYTES} bytes`)
    } catch (error) {
      // A length inside of a packet that leads out of it.
      this.#fail((error as Error).message)
    }
  }

  #take(packet: Packet): void {
    if (this.#error !== null) return
    const taken = accept(packet)
    if (typeof taken === 'string') this.#fail(taken)
    else this.#packets.push(taken)
  }

  #fail(reason: string): void {
    this.#error ??= `malformed MQTT packet: ${reason}`
  }
}

/** The packet in our words, or why a server may not send it. */
function accept(packet: Packet): ServerPacket | string {
  switch (packet.cmd) {
    case 'connack':
      return isByte(packet.returnCode) ? { kind: 'connack', code: packet.returnCode } : 'CONNACK without a code'
    case 'publish':
      return acceptPublish(packet)
    case 'puback':
      return isId(packet.messageId) ? { kind: 'puback', id: packet.messageId } : 'PUBACK without a number'
    case 'suback':
      return isId(packet.messageId)
        ? { kind: 'suback', id: packet.messageId, granted: packet.granted.map(Number) }
        : 'SUBACK without a number'
    case 'pingresp':
      return { kind: 'pingresp' }
    default:
      return `${packet.cmd} is not for a client`
  }
}

function acceptPublish(packet: Packet & { cmd: 'publish' }): ServerPacket | string {
  const { qos, topic, messageId } = packet
  if (qos === 2) return 'PUBLISH at QoS 2 was not asked for'
  if (typeof topic !== 'string' || topic === '' || /[+#\0]/.test(topic)) return 'PUBLISH to no topic'
  if (qos === 1 && !isId(messageId)) return 'PUBLISH at QoS 1 without a number'
  const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
  return { kind: 'publish', topic, payload, id: qos === 1 ? (messageId as number) : null }
}

const isByte = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 255
const isId = (value: unknown): value is number => typeof value === 'number' && value >= 1 && value <= 65_535
