import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import type { DatacastPacket } from './packet.ts'

/**
 * One channel's packets in, its samples out in order, each once. The packets carry no number: what is lost, doubled or
 * overtaken is seen by their times. The stamps are the instrument's wall clock and jump about by milliseconds, so the
 * time of a sample is counted on from the ones before, and follows the stamps slowly.
 * What it cannot see: a packet lost while the instrument's clock was set back by as much.
 */
export type StreamItem =
  | { readonly kind: 'samples'; readonly startAt: Instant; readonly rateHz: number; readonly samples: Int32Array }
  | { readonly kind: 'lost'; readonly samples: number; readonly ms: Millis }
  | { readonly kind: 'dropped'; readonly samples: number }
  /** The instrument's clock was set: what follows is stamped by the new one. */
  | { readonly kind: 'set'; readonly byMs: Millis }

/** Rates that instruments have; what is measured is taken for the nearest. */
const RATES_HZ = [20, 25, 40, 50, 80, 100, 125, 200, 250, 400, 500]
const RATE_TOLERANCE = 0.02
/** Packets that are looked at before the rate is known: a quarter of a second each. */
const LEARNING_PACKETS = 6
/** Packets that may wait for one that they overtook. */
const MAX_HELD = 4
/** The part of a stamp's deviation that the time line follows with each packet. */
const FOLLOW = 1 / 32
/** So many packets in a row that deviate by more than half a sample, or are old: the clock was set. */
const SET_AFTER = 8

export class PacketStream {
  #rateHz: number | null
  readonly #learning: DatacastPacket[] = []
  /** Sorted by time. */
  readonly #held: DatacastPacket[] = []
  /** Where the next sample is expected. */
  #expectedMs: number | null = null
  #deviating = 0
  #old = 0

  /** @param rateHz `null`: to be found out */
  constructor(rateHz: number | null) {
    this.#rateHz = rateHz
  }

  /** `null` while it is not known. */
  get rateHz(): number | null {
    return this.#rateHz
  }

  accept(packet: DatacastPacket): StreamItem[] {
    if (this.#rateHz === null) return this.#learn(packet)
    return this.#place(packet, this.#rateHz)
  }

  #learn(packet: DatacastPacket): StreamItem[] {
    this.#learning.push(packet)
    if (this.#learning.length < LEARNING_PACKETS) return []
    const packets = this.#learning.splice(0).sort((a, b) => a.startMs - b.startMs)
    this.#rateHz = rateOf(packets)
    // Without a rate no sample has a time: they are lost, and it is tried again.
    if (this.#rateHz === null) return packets.map(({ samples }) => ({ kind: 'dropped', samples: samples.length }))
    return packets.flatMap((each) => this.#place(each, this.#rateHz!))
  }

  #place(packet: DatacastPacket, rateHz: number): StreamItem[] {
    const lengthMs = (packet.samples.length * 1000) / rateHz
    const expected = this.#expectedMs ?? packet.startMs
    if (packet.startMs < expected - lengthMs / 2) return this.#late(packet, rateHz)
    if (packet.startMs > expected + lengthMs / 2) return this.#early(packet, rateHz)
    return [...this.#send(packet, rateHz), ...this.#release(rateHz)]
  }

  #late(packet: DatacastPacket, rateHz: number): StreamItem[] {
    this.#old += 1
    if (this.#old < SET_AFTER) return [{ kind: 'dropped', samples: packet.samples.length }]
    const byMs = packet.startMs - this.#expectedMs!
    this.#expectedMs = packet.startMs
    this.#held.length = 0
    return [{ kind: 'set', byMs }, ...this.#send(packet, rateHz)]
  }

  /** Holds a packet that came before its turn; too many of them, and the missing one is lost. */
  #early(packet: DatacastPacket, rateHz: number): StreamItem[] {
    if (this.#held.some(({ startMs }) => startMs === packet.startMs)) {
      return [{ kind: 'dropped', samples: packet.samples.length }]
    }
    this.#held.push(packet)
    this.#held.sort((a, b) => a.startMs - b.startMs)
    if (this.#held.length < MAX_HELD) return []
    return this.#skip(rateHz)
  }

  #skip(rateHz: number): StreamItem[] {
    const ms = this.#held[0]!.startMs - this.#expectedMs!
    this.#expectedMs = this.#held[0]!.startMs
    return [{ kind: 'lost', samples: Math.round((ms * rateHz) / 1000), ms }, ...this.#release(rateHz)]
  }

  /** Sends what was held and is next by now. */
  #release(rateHz: number): StreamItem[] {
    const items: StreamItem[] = []
    for (let next = this.#held[0]; next; next = this.#held[0]) {
      const halfMs = (next.samples.length * 500) / rateHz
      if (next.startMs > this.#expectedMs! + halfMs) break
      this.#held.shift()
      items.push(...this.#place(next, rateHz))
    }
    return items
  }

  #send({ startMs, samples }: DatacastPacket, rateHz: number): StreamItem[] {
    this.#old = 0
    const items: StreamItem[] = []
    const deviationMs = startMs - (this.#expectedMs ?? startMs)
    this.#deviating = Math.abs(deviationMs) > 500 / rateHz ? this.#deviating + 1 : 0
    let at = (this.#expectedMs ?? startMs) + Math.max(-500 / rateHz, Math.min(500 / rateHz, deviationMs)) * FOLLOW
    if (this.#deviating >= SET_AFTER) {
      items.push({ kind: 'set', byMs: deviationMs })
      this.#deviating = 0
      at = startMs
    }
    this.#expectedMs = at + (samples.length * 1000) / rateHz
    items.push({ kind: 'samples', startAt: instant(at), rateHz, samples })
    return items
  }
}

/** The rate of packets in order of time, of which some may be missing; `null` when they fit none. */
function rateOf(packets: readonly DatacastPacket[]): number | null {
  const rates = packets.slice(1).flatMap(({ startMs }, i) => {
    const before = packets[i]!
    return startMs > before.startMs ? [(before.samples.length * 1000) / (startMs - before.startMs)] : []
  })
  rates.sort((a, b) => a - b)
  const median = rates[Math.floor(rates.length / 2)]
  if (median === undefined) return null
  return RATES_HZ.find((rate) => Math.abs(rate - median) <= rate * RATE_TOLERANCE) ?? null
}
