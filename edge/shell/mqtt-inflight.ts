/** Numbered packets that wait for the server's answer: their numbers, their ceiling, their time-out. */
import { EdgeError } from '../errors.ts'

/** SUBSCRIBEs and QoS 1 PUBLISHes that may wait at once. A gateway has two or three; beyond it is refused. */
export const MAX_IN_FLIGHT = 64
const MAX_ID = 65_535

interface Waiting {
  readonly kind: 'puback' | 'suback'
  readonly sentMs: number
  resolve(granted: readonly number[]): void
  reject(error: Error): void
}

/** Pure but for its promises: time is an argument, in milliseconds of any monotonic clock. */
export class MqttInFlight {
  readonly #waiting = new Map<number, Waiting>()
  #last = 0

  get size(): number {
    return this.#waiting.size
  }

  /** When the oldest of them was sent; `null`: none waits. */
  get oldestMs(): number | null {
    // A map keeps the order of insertion.
    for (const { sentMs } of this.#waiting.values()) return sentMs
    return null
  }

  /**
   * A number that is free, and the answer to come (the QoS granted to each filter; empty for a PUBACK).
   * @throws EdgeError `uplink-lost` when too many wait
   */
  begin(kind: Waiting['kind'], nowMs: number): { id: number; answer: Promise<readonly number[]> } {
    if (this.#waiting.size >= MAX_IN_FLIGHT) {
      throw new EdgeError('uplink-lost', `${MAX_IN_FLIGHT} messages wait for the server's confirmation`)
    }
    do this.#last = (this.#last % MAX_ID) + 1
    while (this.#waiting.has(this.#last))
    const id = this.#last
    const { promise, resolve, reject } = Promise.withResolvers<readonly number[]>()
    this.#waiting.set(id, { kind, sentMs: nowMs, resolve, reject })
    return { id, answer: promise }
  }

  /** False: nobody asked. A server may confirm twice; that harms nobody. */
  end(kind: Waiting['kind'], id: number, granted: readonly number[] = []): boolean {
    const waiting = this.#waiting.get(id)
    if (waiting?.kind !== kind) return false
    this.#waiting.delete(id)
    waiting.resolve(granted)
    return true
  }

  /** The connection is gone: nothing of it will be answered. */
  abandon(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new EdgeError('uplink-lost', reason))
    this.#waiting.clear()
  }
}
