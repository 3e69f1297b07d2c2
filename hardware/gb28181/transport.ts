/** SIP over UDP and TCP on one port: sockets in, messages out, with a ceiling on everything that others can fill. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, isIPv6, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Millis } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../errors.ts'
import { FloodGate } from './flood-gate.ts'
import type { Peer } from './peer.ts'
import { parseDatagram, type SipMessage, type SipParsed } from './sip/message.ts'
import { SipStream } from './sip/stream.ts'

export interface TransportDeps {
  readonly monotonic: () => Millis
  readonly receive: (message: SipMessage, peer: Peer) => void
}

/** Connections at once; a new one beyond is closed. A device needs one. */
export const CONNECTIONS_CEILING = 600
/** Longer than three keepalives of ten minutes nobody is silent on a connection. */
const IDLE_MS: Millis = 1_900_000
/** Who connects and says nothing sensible is let go. */
const FIRST_WORD_MS: Millis = 15_000
/** Bytes that a connection does not take: its other side has stopped reading, and is let go. */
const UNSENT_CEILING_BYTES = 262_144
/** Damaged messages on a connection before it is let go. */
const DAMAGED_CEILING = 64
const PORT_TRIES = 8
const PONG = Buffer.from('\r\n')

export interface TransportCounts {
  malformed: number
  flooded: number
  refusedConnections: number
}

/** An open port for SIP, for whoever speaks through it. */
export interface SipPort {
  readonly port: number
  readonly counts: TransportCounts
  /** What broke the port; `null`: nothing. */
  readonly failure: Error | null
  onFailure: (() => void) | null
  /** False when there is no way to the peer. What cannot be sent over UDP is lost, as UDP is. */
  send(peer: Peer, bytes: Uint8Array): boolean
  close(): Promise<void>
}
/** @throws HardwareError `line-busy`, `line-forbidden`, `line-unopened` */
export type OpenSipPort = (bind: string, port: number, deps: TransportDeps) => Promise<SipPort>

export class SipTransport implements SipPort {
  readonly counts: TransportCounts = { malformed: 0, flooded: 0, refusedConnections: 0 }
  readonly #deps: TransportDeps
  readonly #udp: UdpSocket
  readonly #tcp: Server
  readonly #localHost: string
  readonly #connections = new Map<number, Socket>()
  readonly #gate = new FloodGate()
  #lastConnection = 0
  failure: Error | null = null
  onFailure: (() => void) | null = null

  private constructor(deps: TransportDeps, udp: UdpSocket, tcp: Server, bind: string) {
    this.#deps = deps
    this.#udp = udp
    this.#tcp = tcp
    this.#localHost = ownAddress(bind)
    udp.on('message', (bytes, { address, port }) => this.#datagram(bytes, address, port))
    tcp.on('connection', (socket) => this.#connected(socket))
    udp.on('error', (error) => this.#failed(error))
    tcp.on('error', (error) => this.#failed(error))
  }

  /** Both on the same port. @throws HardwareError `line-busy`, `line-forbidden`, `line-unopened` */
  static async open(bind: string, port: number, deps: TransportDeps): Promise<SipTransport> {
    for (let tries = 1; ; tries++) {
      const tcp = createServer({ noDelay: true, keepAlive: true })
      const udp = createSocket(isIPv6(bind) ? 'udp6' : 'udp4')
      try {
        tcp.listen(port, bind)
        await once(tcp, 'listening')
        udp.bind(portOf(tcp), bind)
        await once(udp, 'listening')
        return new SipTransport(deps, udp, tcp, bind)
      } catch (error) {
        tcp.close()
        udp.close()
        // A free TCP port may be a taken UDP port.
        if (port !== 0 || tries >= PORT_TRIES) throw unopened(error as NodeJS.ErrnoException, bind, port)
      }
    }
  }

  get port(): number {
    return this.#udp.address().port
  }

  send(peer: Peer, bytes: Uint8Array): boolean {
    if (this.failure) return false
    if (peer.connection === null) {
      this.#udp.send(bytes, peer.port, peer.host, () => undefined)
      return true
    }
    const socket = this.#connections.get(peer.connection)
    if (!socket?.writable) return false
    socket.write(bytes)
    if (socket.writableLength > UNSENT_CEILING_BYTES) socket.destroy()
    return true
  }

  async close(): Promise<void> {
    this.failure ??= new HardwareError('line-lost', 'closed')
    for (const socket of this.#connections.values()) socket.destroy()
    const closed = new Promise<void>((resolve) => this.#tcp.close(() => resolve()))
    await new Promise<void>((resolve) => this.#udp.close(resolve))
    await closed
  }

  #datagram(bytes: Uint8Array, address: string, port: number): void {
    const host = plain(address)
    if (!this.#passes(host)) return
    const localPort = this.port
    this.#parsed(parseDatagram(bytes), {
      transport: 'UDP',
      host,
      port,
      localHost: this.#localHost,
      localPort,
      connection: null,
    })
  }

  #connected(socket: Socket): void {
    const { remoteAddress, remotePort, localAddress } = socket
    socket.on('error', () => socket.destroy())
    if (remoteAddress === undefined || remotePort === undefined || this.#connections.size >= CONNECTIONS_CEILING) {
      this.counts.refusedConnections += 1
      socket.destroy()
      return
    }
    const connection = ++this.#lastConnection
    this.#connections.set(connection, socket)
    socket.on('close', () => this.#connections.delete(connection))
    const host = plain(remoteAddress)
    const localHost = plain(localAddress ?? this.#localHost)
    const peer: Peer = { transport: 'TCP', host, port: remotePort, localHost, localPort: this.port, connection }
    const stream = new SipStream()
    let damaged = 0
    // Time by the wall and not by bytes: a trickle must not hold a connection.
    const patience = setTimeout(() => socket.destroy(), FIRST_WORD_MS)
    socket.on('close', () => clearTimeout(patience))
    socket.setTimeout(IDLE_MS, () => socket.destroy())
    socket.on('data', (bytes) => {
      if (!this.#passes(host)) {
        socket.destroy()
        return
      }
      for (const item of stream.accept(bytes)) {
        if (item.kind === 'message') clearTimeout(patience)
        else if (item.kind === 'bad' && ++damaged > DAMAGED_CEILING) socket.destroy()
        else if (item.kind === 'ping') socket.write(PONG)
        if (socket.destroyed) return
        this.#parsed(item, peer)
      }
    })
  }

  #parsed(parsed: SipParsed, peer: Peer): void {
    if (parsed.kind === 'message') this.#deps.receive(parsed.message, peer)
    else if (parsed.kind === 'bad') this.counts.malformed += 1
  }

  #passes(host: string): boolean {
    if (this.#gate.passes(host, this.#deps.monotonic())) return true
    this.counts.flooded += 1
    return false
  }

  #failed(error: Error): void {
    this.failure ??= error
    this.onFailure?.()
  }
}

const portOf = (server: Server): number => (server.address() as { port: number }).port

function unopened(error: NodeJS.ErrnoException, bind: string, port: number): HardwareError {
  const code = error.code === 'EADDRINUSE' ? 'line-busy' : error.code === 'EACCES' ? 'line-forbidden' : 'line-unopened'
  return new HardwareError(code, `SIP ${bind}:${port}: ${error.message}`, error)
}

/** An IPv4 address is the same behind an IPv6 socket. */
const plain = (address: string) => address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')

/** What stands in our own `Via`: cameras answer to where a request came from, and only show it. */
function ownAddress(bind: string): string {
  if (bind !== '0.0.0.0' && bind !== '::') return bind
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'
}
