/**
 * A Raspberry Shake that sends its datacast: packets of a quarter of a second over UDP, with what happens to them on the
 * way. Written from the format's description; shares nothing with the driver.
 * @see Raspberry Shake manual, "Data Producer UDP Port Output"
 */
import { createSocket, type Socket } from 'node:dgram'

export interface ShakeFaults {
  /** Chances for each packet. */
  loseChance: number
  doubleChance: number
  /** It waits until the next one has gone. */
  overtakenChance: number
  garbleChance: number
  /** Stamps jump about by at most so much. */
  jitterMs: number
}

export class SimulatedShake implements AsyncDisposable {
  readonly faults: ShakeFaults = { loseChance: 0, doubleChance: 0, overtakenChance: 0, garbleChance: 0, jitterMs: 0 }
  readonly #socket: Socket
  readonly #port: number
  readonly #random: () => number
  #late: Uint8Array | null = null
  /** Texts of the packets that were lost. */
  readonly lost: string[] = []

  constructor(port: number, random: () => number = Math.random, from?: Socket) {
    this.#socket = from ?? createSocket('udp4')
    this.#port = port
    this.#random = random
  }

  /** Sends one packet; resolves when it has left. */
  async cast(channel: string, startMs: number, samples: readonly number[]): Promise<void> {
    const { faults } = this
    const stamp = startMs + (this.#random() * 2 - 1) * faults.jitterMs
    const text = `{'${channel}', ${(stamp / 1000).toFixed(3)}, ${samples.join(', ')}}`
    const bytes = new TextEncoder().encode(text)
    if (this.#random() < faults.loseChance) {
      this.lost.push(text)
      return
    }
    if (this.#random() < faults.garbleChance) bytes[Math.floor(this.#random() * bytes.length)]! ^= 0x55
    if (this.#random() < faults.overtakenChance && !this.#late) {
      this.#late = bytes
      return
    }
    await this.send(bytes)
    if (this.#random() < faults.doubleChance) await this.send(bytes)
    if (this.#late) await this.send(this.#late)
    this.#late = null
  }

  /** Any bytes, as a datagram. */
  send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(bytes, this.#port, '127.0.0.1', (error) => (error ? reject(error) : resolve()))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }
}
