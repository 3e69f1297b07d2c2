/**
 * A SeedLink 3 server: the other side of the wire, written from the protocol's document. Stations with rings of packets,
 * any number of clients, multi- and uni-station mode, DATA and FETCH, selectors, INFO, BATCH, and every fault that a
 * server may have. Shares nothing with the client but the miniSEED codec.
 * @see SeisComP documentation, application seedlink; FDSN SeedLink, protocol
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { ClientSession } from './client-session.ts'
import { noFaults, type SeedLinkFaults } from './faults.ts'
import { PacketRing } from './ring.ts'

export interface SeedLinkServerOptions {
  /** First line of `HELLO`; a ring server adds its capabilities behind `::`. */
  readonly greeting?: string
  readonly organization?: string
  /** Packets that a station keeps; 10 000 by default. */
  readonly ringPackets?: number
  /** Number of a station's first packet; 0 by default. */
  readonly firstSequence?: number
  /** A port with a single station that does not know `STATION`. */
  readonly uniStation?: boolean
  /** 0: any free one. */
  readonly port?: number
  /** Uniform in [0, 1); for faults. */
  readonly random?: () => number
}

export class SeedLinkServer implements AsyncDisposable {
  readonly faults: SeedLinkFaults = noFaults()
  readonly options: Required<SeedLinkServerOptions>
  readonly #rings = new Map<string, PacketRing>()
  readonly #sessions = new Set<ClientSession>()
  readonly #server: Server
  /** Every command line that came. */
  readonly heard: string[] = []
  connections = 0

  private constructor(options: SeedLinkServerOptions) {
    this.options = {
      greeting: 'SeedLink v3.3 (2022.070)',
      organization: 'a hillside',
      ringPackets: 10_000,
      firstSequence: 0,
      uniStation: false,
      port: 0,
      random: Math.random,
      ...options,
    }
    this.#server = createServer((socket) => this.#accept(socket))
  }

  static async listen(options: SeedLinkServerOptions = {}): Promise<SeedLinkServer> {
    const server = new SeedLinkServer(options)
    server.#server.listen(server.options.port, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get rings(): readonly PacketRing[] {
    return [...this.#rings.values()]
  }

  ring(network: string, station: string): PacketRing | undefined {
    return this.#rings.get(`${network}.${station}`)
  }

  /** Makes a station known before its first packet. */
  addStation(network: string, station: string): PacketRing {
    const { ringPackets, firstSequence } = this.options
    const ring = new PacketRing(network, station, ringPackets, firstSequence)
    this.#rings.set(`${network}.${station}`, ring)
    return ring
  }

  /** Takes a miniSEED record in, and sends it to whoever wants it. Its own header says whose it is. */
  offer(record: Uint8Array): void {
    const text = (at: number, length: number) => String.fromCharCode(...record.subarray(at, at + length)).trim()
    const network = text(18, 2)
    const station = text(8, 5)
    const ring = this.ring(network, station) ?? this.addStation(network, station)
    ring.add(record)
    this.wake()
  }

  /** Sends what waits; to be called after faults were taken back. */
  wake(): void {
    for (const session of this.#sessions) session.flush()
  }

  /** Breaks every connection. */
  drop(): void {
    for (const session of this.#sessions) session.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(socket: Socket): void {
    this.connections += 1
    socket.on('error', () => socket.destroy())
    if (this.faults.refuseConnections) {
      socket.destroy()
      return
    }
    const session = new ClientSession(this, socket)
    this.#sessions.add(session)
    socket.once('close', () => {
      this.#sessions.delete(session)
      session.destroy()
    })
  }
}
