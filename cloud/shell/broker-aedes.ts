import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { type BrokerIdentity, mayPublish, maySubscribe, mayWill } from '@minewarden/protocol/acl.ts'
import { Aedes, type AedesPublishPacket, type Client } from 'aedes'
import { MAX_PACKET_BYTES, MAX_UNAUTHENTICATED_PACKET_BYTES, MqttFrameGuard } from '../core/mqtt-frame-guard.ts'
import type { Logger } from '../core/ports.ts'
import { SparingLog } from '../core/sparing-log.ts'
import { CloudError } from '../errors.ts'

/** Who may connect: user name and client id are the gateway's id. */
export interface BrokerAccount {
  readonly identity: BrokerIdentity
  /** SHA-256, hexadecimal, of a generated password: of so high an entropy that no slow hash is needed. */
  readonly passwordSha256: string
}

export interface BrokerOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly tls: { readonly key: string; readonly cert: string } | null
  /** By client id. */
  readonly accounts: ReadonlyMap<string, BrokerAccount>
}

/** Whoever connects beyond this is turned away: about 40 kB of memory each. */
const MAX_CONNECTIONS = 5_000
/** A peer that has not sent its CONNECT by then is cut off. */
const CONNECT_TIMEOUT_MS = 10_000
/** Waiting for one client's socket beyond this, and its QoS 0 traffic is dropped. */
const MAX_BACKLOG_BYTES = 256 * 1024
/**
 * Node reports a socket as full (and Aedes then makes the publisher wait) only at this; the backlog above stays below it,
 * so that a frozen subscriber stops nobody.
 */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024
/** A client that has taken nothing of its backlog for so long is cut off. */
const FROZEN_AFTER_MS = 30_000
const SWEEP_EACH_MS = 5_000
const TLS = { minVersion: 'TLSv1.2', handshakeTimeout: CONNECT_TIMEOUT_MS } as const
/** A refusal of one sort is logged at most this often. */
const WARN_EACH_MS = 1_000
/** Topics that were found allowed for one client. */
const MAX_ALLOWED_TOPICS = 300
const RETURN_NOT_AUTHORISED = 5

export interface BrokerCounts {
  refusedConnections: number
  refusedPublishes: number
  refusedSubscriptions: number
  oversizedPackets: number
  droppedForSlow: number
  frozenClients: number
}

type Peer = Client & { readonly conn: Socket }
type Receive = (topic: string, payload: Uint8Array) => void

/**
 * The embedded MQTT 3.1.1 broker. Every hook answers at once, so what one client sends is dealt with in the order in which
 * it came. What clients publish goes to `receive` first, in process, and then to whoever subscribed.
 */
export class AedesBroker {
  readonly counts: BrokerCounts = {
    refusedConnections: 0,
    refusedPublishes: 0,
    refusedSubscriptions: 0,
    oversizedPackets: 0,
    droppedForSlow: 0,
    frozenClients: 0,
  }
  readonly #options: BrokerOptions
  readonly #logger: Logger
  readonly #peers = new Map<Client, PeerState>()
  /** Bounded by the number of connections. */
  readonly #sockets = new Set<Socket>()
  /** Topics of the wills of those that are about to connect: the hook that can refuse politely is not told of them. */
  readonly #wills = new WeakMap<Client, string>()
  readonly #log: SparingLog
  #aedes: Aedes | null = null
  #server: Server | null = null
  #sweep: NodeJS.Timeout | null = null
  #receive: Receive = () => {}

  constructor(options: BrokerOptions, deps: { readonly logger: Logger }) {
    this.#options = options
    this.#logger = deps.logger.child({ part: 'broker' })
    this.#log = new SparingLog(this.#logger, WARN_EACH_MS)
  }

  /** Opens the broker without listening yet, so that STATE stands before the first gateway comes. */
  async open(receive: Receive): Promise<void> {
    this.#receive = receive
    this.#aedes = await Aedes.createBroker({
      // Unlimited: with a limit, deliveries that wait for one frozen subscriber would use it up for everybody.
      concurrency: 0,
      drainTimeout: CONNECT_TIMEOUT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      maxClientsIdLength: 64,
      authenticate: (client, user, password, done) => this.#authenticate(client as Peer, user, password, done),
      authorizePublish: (client, packet, done) => this.#authorisePublish(client, packet, done),
      authorizeSubscribe: (client, subscription, done) =>
        done(null, this.#maySubscribe(client, subscription.topic) ? subscription : null),
      authorizeForward: (client, packet) => this.#forward(client as Peer, packet),
      preConnect: (client, packet, done) => {
        if (packet.will) this.#wills.set(client, packet.will.topic)
        done(null, true)
      },
    })
    this.#aedes.on('clientDisconnect', (client) => this.#peers.delete(client))
    this.#aedes.on('clientError', (client, error) =>
      this.#logger.debug({ client: client.id, err: error }, 'client error'),
    )
    this.#aedes.on('connectionError', (_, error) => this.#logger.debug({ err: error }, 'connection error'))
  }

  /** Starts to take connections. @returns the port @throws CloudError `port-busy`, `broker-unavailable` */
  async listen(): Promise<number> {
    const { host, port, tls } = this.#options
    const options = { noDelay: true, keepAlive: true, highWaterMark: SOCKET_BUFFER_BYTES }
    const accept = (socket: Socket) => this.#accept(socket)
    const server: Server = tls
      ? createTlsServer({ ...options, key: tls.key, cert: tls.cert, ...TLS }, accept)
      : createServer(options, accept)
    server.maxConnections = MAX_CONNECTIONS
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(listenError(error, host, port)))
      server.listen(port, host, resolve)
    })
    this.#server = server
    this.#sweep = setInterval(() => this.#dropFrozen(), SWEEP_EACH_MS).unref()
    const address = server.address()
    return typeof address === 'object' && address ? address.port : port
  }

  /** Publishes on behalf of the fleet manager. */
  publish(topic: string, payload: Uint8Array, { qos, retain }: { qos: 0 | 1; retain: boolean }): Promise<void> {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
    const packet = { cmd: 'publish', topic, payload: bytes, qos, retain, dup: false } as const
    return new Promise((resolve) => {
      if (!this.#aedes || this.#aedes.closed) return resolve()
      this.#aedes.publish(packet, () => resolve())
    })
  }

  async close(): Promise<void> {
    if (this.#sweep) clearInterval(this.#sweep)
    const closed = new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()))
    await new Promise<void>((resolve) => (this.#aedes ? this.#aedes.close(resolve) : resolve()))
    // Those that never came as far as being clients.
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #accept(socket: Socket): void {
    const guard = new MqttFrameGuard()
    const read = socket.read.bind(socket)
    socket.read = (size?: number) => {
      const chunk = read(size)
      const known = client !== undefined && this.#peers.has(client)
      if (chunk === null || guard.allows(chunk, known ? MAX_PACKET_BYTES : MAX_UNAUTHENTICATED_PACKET_BYTES))
        return chunk
      this.counts.oversizedPackets++
      socket.destroy()
      return null
    }
    const client: Client | undefined = this.#aedes?.handle(socket)
  }

  #authenticate(
    client: Peer,
    user: string | undefined,
    password: Readonly<Buffer> | undefined,
    done: Parameters<Aedes['authenticate']>[3],
  ): void {
    const account = this.#options.accounts.get(client.id)
    const problem = this.#problemOf(client, account, user, password)
    if (!account || problem !== null) {
      this.counts.refusedConnections++
      this.#warn({ client: client.id.slice(0, 64), problem }, 'refused a connection')
      done(Object.assign(new Error('not authorised'), { returnCode: RETURN_NOT_AUTHORISED }), false)
      return
    }
    this.#peers.set(client, new PeerState(account.identity))
    done(null, true)
  }

  #problemOf(
    client: Peer,
    account: BrokerAccount | undefined,
    user: string | undefined,
    password: Readonly<Buffer> | undefined,
  ): string | null {
    if (!account) return 'unknown client id'
    if (user !== client.id) return 'user name and client id differ'
    if (!matches(account, password)) return 'wrong password'
    const will = this.#wills.get(client)
    return will === undefined || mayWill(account.identity, will) ? null : 'a will that it may not leave'
  }

  #authorisePublish(
    client: Client | null,
    packet: { readonly topic: string; readonly payload: string | Buffer },
    done: (error?: Error | null) => void,
  ): void {
    const peer = client ? this.#peers.get(client) : undefined
    if (!peer?.mayPublish(packet.topic)) {
      this.counts.refusedPublishes++
      this.#warn({ client: client?.id, topic: packet.topic.slice(0, 200) }, 'refused a publish')
      done(new Error('not allowed'))
      return
    }
    this.#receive(packet.topic, typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload)
    done(null)
  }

  #maySubscribe(client: Client, filter: string): boolean {
    const peer = this.#peers.get(client)
    if (peer && maySubscribe(peer.identity, filter)) return true
    this.counts.refusedSubscriptions++
    this.#warn({ client: client.id, filter: filter.slice(0, 200) }, 'refused a subscription')
    return false
  }

  #forward(client: Peer, packet: AedesPublishPacket): AedesPublishPacket | null {
    const peer = this.#peers.get(client)
    if (!peer) return null
    if (peer.hasRoom(client.conn, packet.payload.length + packet.topic.length)) return packet
    this.counts.droppedForSlow++
    return null
  }

  #warn(fields: object, message: string): void {
    this.#log.warn(message, performance.now(), { ...fields, counts: this.counts }, message)
  }

  #dropFrozen(): void {
    for (const [client, peer] of this.#peers) {
      const { conn } = client as Peer
      if (!peer.isFrozen(conn, performance.now())) continue
      this.counts.frozenClients++
      this.#logger.warn({ client: client.id }, 'cut off a client that takes nothing')
      conn.destroy()
    }
  }
}

/** What is remembered of a connected client. */
class PeerState {
  readonly identity: BrokerIdentity
  readonly #allowed = new Set<string>()
  /** Granted in this turn of the event loop and not yet written. */
  #granted = 0
  #written = 0
  #stuckSince: number | null = null

  constructor(identity: BrokerIdentity) {
    this.identity = identity
  }

  mayPublish(topic: string): boolean {
    if (this.#allowed.has(topic)) return true
    if (!mayPublish(this.identity, topic)) return false
    if (this.#allowed.size >= MAX_ALLOWED_TOPICS) this.#allowed.clear()
    this.#allowed.add(topic)
    return true
  }

  hasRoom(socket: Socket, bytes: number): boolean {
    if (socket.writableLength + this.#granted + bytes > MAX_BACKLOG_BYTES) return false
    // Aedes writes in the next turn: the first grant of a turn sees to it that the sum is forgotten after that.
    if (this.#granted === 0) setImmediate(() => setImmediate(() => (this.#granted = 0)))
    this.#granted += bytes
    return true
  }

  isFrozen(socket: Socket, now: number): boolean {
    const taken = socket.bytesWritten - socket.writableLength
    if (socket.writableLength === 0 || taken !== this.#written) {
      this.#written = taken
      this.#stuckSince = null
      return false
    }
    this.#stuckSince ??= now
    return now - this.#stuckSince >= FROZEN_AFTER_MS
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

const matches = ({ passwordSha256 }: BrokerAccount, password: Readonly<Buffer> | undefined): boolean =>
  password !== undefined && timingSafeEqual(sha256(password), Buffer.from(passwordSha256, 'hex'))

const listenError = (error: NodeJS.ErrnoException, host: string, port: number): CloudError =>
  error.code === 'EADDRINUSE'
    ? new CloudError('port-busy', `MQTT ${host}:${port}: another program listens there`, error)
    : new CloudError('broker-unavailable', `MQTT ${host}:${port}: ${error.message}`, error)
