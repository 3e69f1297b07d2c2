/** MQTT 3.1.1 over TCP or TLS. The only file that knows the MQTT library. */
import { readFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type ISubscriptionMap, MqttClient } from 'mqtt'
import type { Connection, ConnectionEvents, Publication, Uplink } from '../core/ports.ts'
import { EdgeError } from '../errors.ts'

/** A server that has not accepted a connection by then is given up for this attempt. */
const CONNECT_TIMEOUT_MS = 30_000
/** How long a clean DISCONNECT may take before the socket is cut. */
const CLOSE_TIMEOUT_MS = 1_000

export interface TlsFiles {
  readonly caFile: string | null
  readonly certFile: string | null
  readonly keyFile: string | null
}

export interface UplinkOptions {
  /** `mqtt://host:port` or `mqtts://host:port`, at least one. */
  readonly servers: readonly string[]
  readonly clientId: string
  readonly username: string
  /** A file that holds nothing but the password; read anew at each attempt, so that a renewed one is picked up. */
  readonly passwordFile: string | null
  readonly tls: TlsFiles
  readonly keepaliveS: number
}

export function createMqttUplink(options: UplinkOptions): Uplink {
  return {
    servers: options.servers.length,
    open: (server, will, events) => new MqttConnection(options, options.servers[server] as string, will, events),
  }
}

class MqttConnection implements Connection {
  readonly #events: ConnectionEvents
  readonly #socket: Socket
  #client: MqttClient | null = null
  #over = false

  constructor(options: UplinkOptions, url: string, will: Publication | null, events: ConnectionEvents) {
    this.#events = events
    this.#socket = openSocket(new URL(url), options.tls)
    this.#socket.setNoDelay(true)
    this.#socket.setTimeout(CONNECT_TIMEOUT_MS, () => this.#lose('no answer'))
    this.#socket.on('error', (error) => this.#lose(describe(error)))
    this.#socket.on('close', () => this.#lose('connection closed'))
    // The CONNECT, and with it the session's bdSeq, is only written to a stream that is really there.
    this.#socket.once(url.startsWith('mqtts:') ? 'secureConnect' : 'connect', () => this.#trySpeaking(options, will))
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  async subscribe(filters: readonly { readonly topic: string; readonly qos: 0 | 1 }[]): Promise<void> {
    const map: ISubscriptionMap = Object.fromEntries(filters.map(({ topic, qos }) => [topic, { qos }]))
    const granted = (await this.#client?.subscribeAsync(map)) ?? []
    const refused = granted.find(({ qos }) => Number(qos) >= 128)
    if (refused) throw new EdgeError('uplink-refused', `server refused the subscription to ${refused.topic}`)
  }

  async publish({ topic, payload, qos }: Publication): Promise<void> {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
    await this.#client?.publishAsync(topic, bytes, { qos, retain: false })
  }

  async close(): Promise<void> {
    if (this.#over) return
    this.#over = true
    const client = this.#client
    if (client?.connected) await settled(client.endAsync(false), CLOSE_TIMEOUT_MS)
    client?.end(true)
    this.#socket.destroy()
  }

  #trySpeaking(options: UplinkOptions, will: Publication | null): void {
    try {
      if (!this.#over) this.#speak(options, will)
    } catch (error) {
      this.#lose(describe(error as Error))
    }
  }

  #speak(options: UplinkOptions, will: Publication | null): void {
    this.#socket.setTimeout(0)
    const client = new MqttClient(() => this.#socket, {
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      // Listeners come first: the constructor would send the CONNECT before any could be added.
      manualConnect: true,
      clientId: options.clientId,
      username: options.username,
      ...(options.passwordFile === null ? {} : { password: readPassword(options.passwordFile) }),
      keepalive: options.keepaliveS,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      queueQoSZero: false,
      resubscribe: false,
      ...(will && { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: will.qos, retain: false } }),
    })
    this.#client = client
    client.on('packetsend', (packet) => {
      if (packet.cmd === 'connect') this.#events.connectSent()
    })
    client.on('connect', () => this.#events.connected())
    client.on('message', (topic, payload) => this.#over || this.#events.message(topic, payload))
    client.on('error', (error) => this.#lose(describe(error)))
    client.on('close', () => this.#lose('connection closed'))
    this.#socket.on('drain', () => this.#events.drained())
    client.connect()
  }

  #lose(reason: string): void {
    if (this.#over) return
    this.#over = true
    this.#client?.end(true)
    this.#socket.destroy()
    this.#events.lost(reason)
  }
}

function openSocket(url: URL, tls: TlsFiles): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol === 'mqtt:') return connectTcp({ host, port: Number(url.port || 1883) })
  const read = (file: string | null) => (file === null ? undefined : readFileSync(file))
  return connectTls({
    host,
    port: Number(url.port || 8883),
    ...(/^[\d.:]+$/.test(host) ? {} : { servername: host }),
    ca: read(tls.caFile),
    cert: read(tls.certFile),
    key: read(tls.keyFile),
    minVersion: 'TLSv1.2',
  })
}

const readPassword = (file: string): string => readFileSync(file, 'utf8').trimEnd()

/** Error of a socket or of the library in one line; neither puts credentials into its messages. */
const describe = (error: Error): string => {
  const code = (error as NodeJS.ErrnoException).code
  return error.message || (code === undefined ? error.name : String(code))
}

async function settled(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  await Promise.race([work.then(ignore, ignore), late])
  clearTimeout(timer)
}
const ignore = () => undefined
