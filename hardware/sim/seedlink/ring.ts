/** Packets of one station as a server keeps them: the newest so many, each with its number. */
export interface RingPacket {
  readonly sequence: number
  readonly record: Uint8Array
  /** `EHZ`, and `00` or blanks. */
  readonly channel: string
  readonly location: string
}

const NUMBERS = 0x1000000

/** A station's ring: numbers are consecutive and wrap; the oldest packet goes when it is full. */
export class PacketRing {
  readonly network: string
  readonly station: string
  readonly #ceiling: number
  readonly #packets: RingPacket[] = []
  #next: number

  constructor(network: string, station: string, ceiling: number, firstSequence: number) {
    this.network = network
    this.station = station
    this.#ceiling = ceiling
    this.#next = firstSequence
  }

  get packets(): readonly RingPacket[] {
    return this.#packets
  }

  /** The number of the packet that will come next. */
  get next(): number {
    return this.#next
  }

  add(record: Uint8Array): RingPacket {
    const text = (at: number, length: number) => String.fromCharCode(...record.subarray(at, at + length)).trim()
    const packet = { sequence: this.#next, record, channel: text(15, 3), location: text(13, 2) }
    this.#next = (this.#next + 1) % NUMBERS
    this.#packets.push(packet)
    if (this.#packets.length > this.#ceiling) this.#packets.shift()
    return packet
  }

  /** Forgets all but the newest `keep`. */
  forget(keep: number): void {
    this.#packets.splice(0, Math.max(0, this.#packets.length - keep))
  }

  /** As after a loss of the server's own state: the same packets under numbers from `first` on. */
  renumber(first: number): void {
    const kept = this.#packets.splice(0)
    this.#next = first
    for (const { record } of kept) this.add(record)
  }

  /**
   * Where a reader begins who asks for `sequence`: that packet, else the oldest (SeisComP with `seq_gap_limit` at its
   * largest). @returns an index into {@link packets}
   */
  from(sequence: number): number {
    if (sequence === this.#next) return this.#packets.length
    const index = this.#packets.findIndex((packet) => packet.sequence === sequence)
    return Math.max(0, index)
  }
}
