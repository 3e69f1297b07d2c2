import type { Socket } from 'node:net'
import type { SeedLinkFaults } from './faults.ts'
import { infoDocument, infoPackets } from './info-document.ts'
import type { PacketRing, RingPacket } from './ring.ts'
import { parseSelector, type Selector, selects } from './selector.ts'

/** What a session needs of its server. */
export interface SessionHost {
  readonly faults: SeedLinkFaults
  readonly options: {
    readonly greeting: string
    readonly organization: string
    readonly uniStation: boolean
    readonly random: () => number
  }
  readonly rings: readonly PacketRing[]
  readonly heard: string[]
  ring(network: string, station: string): PacketRing | undefined
}

/** One station that a client asked for, and the next packet to send it. */
interface Subscription {
  readonly ring: PacketRing
  readonly selectors: Selector[]
  /** `null`: DATA or FETCH has not come yet. */
  next: number | null
  dialUp: boolean
}

const MAX_COMMAND = 256
const MAX_HEARD = 100_000
const NOISE_MS = 20

/** One client of the server, from HELLO to the end of its connection. */
export class ClientSession {
  readonly #host: SessionHost
  readonly #socket: Socket
  readonly #subscriptions: Subscription[] = []
  #text = ''
  #batch = false
  #sending = false
  #noise: NodeJS.Timeout | null = null

  constructor(host: SessionHost, socket: Socket) {
    this.#host = host
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text) => this.#hear(String(text)))
    if (host.options.uniStation && host.rings[0]) this.#subscribe(host.rings[0])
  }

  destroy(): void {
    if (this.#noise) clearInterval(this.#noise)
    this.#noise = null
    this.#socket.destroy()
  }

  /** Sends what the client's stations have and it has not. */
  flush(): void {
    const { faults } = this.#host
    if (this.#text.length > 0 && !faults.hang) this.#hear('')
    if (!this.#sending || faults.hang || this.#socket.destroyed) return
    if (faults.endlessNoise) {
      this.#makeNoise()
      return
    }
    if (this.#noise) clearInterval(this.#noise)
    this.#noise = null
    for (const each of this.#subscriptions) this.#flushStation(each)
    if (this.#subscriptions.some(({ dialUp }) => dialUp)) this.#socket.write('END')
  }

  #flushStation(subscription: Subscription): void {
    const { ring, selectors } = subscription
    if (subscription.next === null || this.#host.faults.silentStations.has(`${ring.network}.${ring.station}`)) return
    for (let i = ring.from(subscription.next); i < ring.packets.length; i++) {
      const packet = ring.packets[i]!
      if (selects(selectors, packet.location, packet.channel)) this.#send(packet)
    }
    subscription.next = ring.next
  }

  #send(packet: RingPacket): void {
    const { faults, options } = this.#host
    const bytes = new Uint8Array(8 + packet.record.length)
    bytes.set(new TextEncoder().encode(`SL${packet.sequence.toString(16).toUpperCase().padStart(6, '0')}`))
    bytes.set(packet.record, 8)
    const place = (length: number) => Math.floor(options.random() * length)
    if (options.random() < faults.noiseChance) {
      this.#socket.write(Uint8Array.from({ length: 1 + place(700) }, () => place(256)))
    }
    if (options.random() < faults.garbleChance) bytes[place(bytes.length)]! ^= 1 << place(8)
    this.#socket.write(options.random() < faults.halfChance ? bytes.subarray(0, 1 + place(bytes.length - 1)) : bytes)
  }

  #makeNoise(): void {
    this.#noise ??= setInterval(() => {
      if (!this.#host.faults.endlessNoise || this.#socket.writableLength > 65_536) return
      this.#socket.write(Uint8Array.from({ length: 512 }, () => Math.floor(this.#host.options.random() * 256)))
    }, NOISE_MS)
  }

  #hear(text: string): void {
    this.#text += text
    if (this.#host.faults.hang) return
    for (let end = this.#text.indexOf('\r'); end >= 0; end = this.#text.indexOf('\r')) {
      const line = this.#text.slice(0, end).trim()
      this.#text = this.#text.slice(end + 1).replace(/^\n/, '')
      if (this.#host.heard.length < MAX_HEARD) this.#host.heard.push(line)
      this.#command(line)
    }
    if (this.#text.length > MAX_COMMAND) this.destroy()
  }

  #command(line: string): void {
    const [verb = '', ...words] = line.split(/\s+/)
    const { options } = this.#host
    switch (verb.toUpperCase()) {
      case 'HELLO':
        this.#socket.write(`${options.greeting}\r\n${options.organization}\r\n`)
        break
      case 'BATCH':
        this.#batch = options.greeting.includes('BATCH')
        this.#socket.write(this.#batch ? 'OK\r\n' : 'ERROR\r\n')
        break
      case 'STATION':
        this.#answer(this.#station(words))
        break
      case 'SELECT':
        this.#answer(this.#select(words))
        break
      case 'DATA':
      case 'FETCH':
        this.#data(words, verb.toUpperCase() === 'FETCH')
        break
      case 'END':
        this.#sending = true
        this.flush()
        break
      case 'INFO':
        this.#info(words[0] ?? '')
        break
      case 'BYE':
        this.destroy()
        break
      default:
        this.#answer(false)
    }
  }

  #answer(yes: boolean): void {
    if (!this.#batch) this.#socket.write(yes ? 'OK\r\n' : 'ERROR\r\n')
  }

  #station([station = '', network = '']: readonly string[]): boolean {
    const ring = this.#host.ring(network, station)
    const { options, faults } = this.#host
    if (options.uniStation || !ring || faults.refuseStations.has(`${network}.${station}`)) return false
    this.#subscribe(ring)
    return true
  }

  #subscribe(ring: PacketRing): void {
    this.#subscriptions.push({ ring, selectors: [], next: null, dialUp: false })
  }

  #select([pattern]: readonly string[]): boolean {
    const current = this.#subscriptions.at(-1)
    if (!current || this.#host.faults.refuseSelect) return false
    const selector = pattern === undefined ? null : parseSelector(pattern)
    if (pattern === undefined) current.selectors.length = 0
    else if (selector) current.selectors.push(selector)
    return pattern === undefined || selector !== null
  }

  #data([sequence]: readonly string[], dialUp: boolean): void {
    const current = this.#subscriptions.at(-1)
    const wrong = sequence !== undefined && (!/^[0-9A-Fa-f]{1,6}$/.test(sequence) || this.#host.faults.refuseSequence)
    if (!current || wrong) {
      this.#answer(false)
      return
    }
    const oldest = current.ring.packets[0]?.sequence ?? current.ring.next
    const first = dialUp ? oldest : current.ring.next
    current.next = sequence === undefined ? first : Number.parseInt(sequence, 16)
    current.dialUp = dialUp
    if (this.#host.options.uniStation) {
      this.#sending = true
      this.flush()
    } else this.#answer(true)
  }

  #info(level: string): void {
    const { options, rings, faults } = this.#host
    const software = options.greeting.split('::')[0]!.trim()
    const document = infoDocument(level.toUpperCase(), { software, organization: options.organization }, rings)
    const refused = document === null || faults.refuseInfo
    for (const packet of infoPackets(refused ? '' : document, refused ? 'ERR' : 'INF')) this.#socket.write(packet)
  }
}
