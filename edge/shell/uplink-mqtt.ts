/**
 * MQTT 3.1.1 over TCP or TLS: one connection an attempt, clean session, QoS 0 and 1. A client of our own, because the
 * library of the Node world costs a gateway 20 MB; what is hard to get right, the packets, is a library's.
 */
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Connection, ConnectionEvents, Publication, Uplink } from '../core/ports.ts'
import { EdgeError } from '../errors.ts'
import {
  encodeConnect,
  encodeDisconnect,
  encodePing,
  encodePuback,
  encodePublish,
  encodeSubscribe,
  type Filter,
  MqttDecoder,
  type ServerPacket,
} from './mqtt-codec.ts'
import { MqttInFlight } from './mqtt-inflight.ts'
import { DEAD_AFTER, stepKeepalive } from './mqtt-keepalive.ts'
import { openEvent, openSocket, type TlsFiles } from './mqtt-socket.ts'

/** A server that has not accepted a connection by then is given up for this attempt. */
const CONNECT_TIMEOUT_MS = 30_000
/** A server that confirms neither a PUBLISH nor a SUBSCRIBE by then does not work, though it may answer pings. */
const CONFIRM_TIMEOUT_MS = 20_000
/** How long a clean DISCONNECT may take before the socket is cut. */
const CLOSE_TIMEOUT_MS = 1_000
/** A server that lets this much wait does not read: the connection is given up, for births cannot be held back. */
export const MAX_OUTGOING_BYTES = 8_388_608
/** Confirmations are looked for at least this often while some are due. */
const LOOK_EACH_MS = 1_000

export interface UplinkOptions {
  /** `mqtt://host:port` or `mqtts://host:port`, at least one. */
  readonly servers: readonly string[]
  readonly clientId: string
  readonly username: string
  /** A file that holds nothing but the password; read anew at each attempt, so that a renewed one is picked up. */
  readonly passwordFile: string | null
  readonly tls: TlsFiles
  readonly keepaliveS: number
  /** How long a confirmation may take; for tests. */
  readonly confirmTimeoutMs?: number
}

export function createMqttUplink(options: UplinkOptions): Uplink {
  return {
    servers: options.servers.length,
    open: (server, will, events) => new MqttConnection(options, options.servers[server] as string, will, events),
  }
}

/** @see MQTT 3.1.1, table 3.1 */
const REFUSALS = [
  '',
  'unacceptable protocol version',
  'client identifier rejected',
  'server unavailable',
  'bad user name or password',
  'not authorized',
] as const

class MqttConnection implements Connection {
  readonly #options: UplinkOptions
  readonly #events: ConnectionEvents
  readonly #socket: Socket
  readonly #decoder = new MqttDecoder()
  readonly #inFlight = new MqttInFlight()
  #phase: 'connecting' | 'greeting' | 'open' | 'over' = 'connecting'
  #timer: NodeJS.Timeout | undefined
  #heardMs = performance.now()
  #sentMs = 0
  #askedMs = 0

  constructor(options: UplinkOptions, url: string, will: Publication | null, events: ConnectionEvents) {
    this.#options = options
    this.#events = events
    const server = new URL(url)
    this.#socket = openSocket(server, options.tls)
    this.#socket.setNoDelay(true)
    this.#socket.on('error', (error) => this.#lose(describe(error)))
    this.#socket.on('close', () => this.#lose('connection closed'))
    this.#socket.on('drain', () => this.#phase === 'open' && this.#events.drained())
    this.#socket.on('data', (chunk: Uint8Array) => this.#hear(chunk))
    // The CONNECT, and with it the session's bdSeq, is only written to a stream that is really there.
    this.#socket.once(openEvent(server), () => this.#greet(will))
    this.#timer = setTimeout(() => this.#lose('no answer'), CONNECT_TIMEOUT_MS)
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  async subscribe(filters: readonly Filter[]): Promise<void> {
    const { id, answer } = this.#begin('suback')
    this.#send(encodeSubscribe(filters, id))
    const granted = await answer
    // A server may grant less than what was asked for, as 3.1.1 lets it; only a refusal is one.
    const refused = filters.find((_, i) => (granted[i] ?? 128) >= 128)
    if (refused) throw new EdgeError('uplink-refused', `server refused the subscription to ${refused.topic}`)
  }

  async publish(publication: Publication): Promise<void> {
    if (publication.qos === 0) {
      this.#requireOpen()
      this.#send(encodePublish(publication, null))
      return
    }
    const { id, answer } = this.#begin('puback')
    this.#send(encodePublish(publication, id))
    await answer
  }

  async close(): Promise<void> {
    if (this.#phase === 'over') return
    const isOpen = this.#phase === 'open'
    this.#end('connection closed')
    if (isOpen) await finished(this.#socket, encodeDisconnect(), CLOSE_TIMEOUT_MS)
    this.#socket.destroy()
  }

  #requireOpen(): void {
    if (this.#phase !== 'open') throw new EdgeError('uplink-lost', 'there is no connection')
  }

  #begin(kind: 'puback' | 'suback') {
    this.#requireOpen()
    const begun = this.#inFlight.begin(kind, performance.now())
    if (this.#inFlight.size === 1) this.#watch()
    return begun
  }

  #greet(will: Publication | null): void {
    if (this.#phase !== 'connecting') return
    const { clientId, username, passwordFile, keepaliveS } = this.#options
    try {
      const password = passwordFile === null ? null : readPassword(passwordFile)
      const connect = encodeConnect({ clientId, username, password, keepaliveS, will })
      this.#phase = 'greeting'
      this.#send(connect)
    } catch (error) {
      this.#lose(describe(error as Error))
      return
    }
    this.#events.connectSent()
  }

  #send(bytes: Uint8Array): void {
    this.#socket.write(bytes)
    this.#sentMs = performance.now()
    if (this.#socket.writableLength > MAX_OUTGOING_BYTES) this.#lose('the server does not read what it is sent')
  }

  #hear(chunk: Uint8Array): void {
    this.#heardMs = performance.now()
    if (this.#phase === 'over') return
    const { packets, error } = this.#decoder.push(chunk)
    for (const packet of packets) this.#take(packet)
    if (error !== null) this.#lose(error)
  }

  #take(packet: ServerPacket): void {
    if (this.#phase === 'over') return
    if (this.#phase !== 'open') this.#welcome(packet)
    else if (packet.kind === 'publish') this.#message(packet)
    else if (packet.kind === 'puback') this.#inFlight.end('puback', packet.id)
    else if (packet.kind === 'suback') this.#inFlight.end('suback', packet.id, packet.granted)
    else if (packet.kind === 'connack') this.#lose('a second CONNACK')
  }

  #welcome(packet: ServerPacket): void {
    if (packet.kind !== 'connack' || this.#phase !== 'greeting') this.#lose(`${packet.kind} before CONNACK`)
    else if (packet.code !== 0) this.#lose(`connection refused: ${REFUSALS[packet.code] ?? `code ${packet.code}`}`)
    else {
      this.#phase = 'open'
      this.#watch()
      this.#events.connected()
    }
  }

  #message({ topic, payload, id }: ServerPacket & { kind: 'publish' }): void {
    this.#events.message(topic, payload)
    if (id !== null && this.#phase === 'open') this.#send(encodePuback(id))
  }

  /** Keep-alive and overdue confirmations; sets its own next time. */
  #watch(): void {
    if (this.#phase !== 'open') return
    clearTimeout(this.#timer)
    const now = performance.now()
    const { keepaliveS, confirmTimeoutMs = CONFIRM_TIMEOUT_MS } = this.#options
    const oldest = this.#inFlight.oldestMs
    if (oldest !== null && now - oldest >= confirmTimeoutMs) {
      this.#lose(`no confirmation within ${confirmTimeoutMs / 1000} s`)
      return
    }
    const state = { heardMs: this.#heardMs, sentMs: this.#sentMs, askedMs: this.#askedMs }
    const step = stepKeepalive(state, keepaliveS * 1000, now)
    if (step.kind === 'dead') {
      this.#lose(`not a word from the server for ${DEAD_AFTER * keepaliveS} s`)
      return
    }
    if (step.kind === 'ask') {
      this.#askedMs = now
      this.#send(encodePing())
      this.#watch()
      return
    }
    const dueMs = oldest === null ? Number.POSITIVE_INFINITY : Math.min(LOOK_EACH_MS, oldest + confirmTimeoutMs - now)
    const mostMs = Math.min(step.untilMs - now, dueMs)
    this.#timer = setTimeout(() => this.#watch(), Math.max(1, mostMs))
  }

  #end(reason: string): void {
    this.#phase = 'over'
    clearTimeout(this.#timer)
    this.#inFlight.abandon(reason)
  }

  #lose(reason: string): void {
    if (this.#phase === 'over') return
    this.#end(reason)
    this.#socket.destroy()
    this.#events.lost(reason)
  }
}

const readPassword = (file: string): string => readFileSync(file, 'utf8').trimEnd()

/** Error of a socket in one line; it holds no credentials. */
const describe = (error: Error): string => {
  const code = (error as NodeJS.ErrnoException).code
  return error.message || (code === undefined ? error.name : String(code))
}

/** Writes the last bytes and waits until the server has closed too, or long enough. */
async function finished(socket: Socket, last: Uint8Array, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  socket.once('close', () => resolve())
  socket.end(last)
  await promise
  clearTimeout(timer)
}
