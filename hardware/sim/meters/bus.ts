/**
 * A simulated RS-485 bus: bytes take their time, whoever hears a frame may answer, and two that speak at once destroy
 * each other's words. Faults of the wire are here, faults of a meter are the meter's own.
 */
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { ChunkQueue } from '../../line/chunk-queue.ts'
import type { ByteLine } from '../../line/contract.ts'
import { bytesMs } from '../../meter-bus/line-speed.ts'

/** What a device on the bus says to what it heard, and how long after. */
export interface Reply {
  readonly bytes: Uint8Array
  readonly delayMs: Millis
}
export interface BusDevice {
  /** Everything that a master said, as it was said. @param now monotonic time of the end of it */
  hear(bytes: Uint8Array, now: Millis): readonly Reply[]
}

export interface SimulatedBusOptions {
  readonly clock: Clock
  readonly baudRate: number
  readonly devices: readonly BusDevice[]
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** Bytes that arrive together: a USB converter's portion. */
const PORTION_BYTES = 16

export class SimulatedBus implements ByteLine {
  readonly name = 'simulated bus'
  readonly #options: SimulatedBusOptions
  readonly #queue = new ChunkQueue()
  /** The converter hears itself. */
  echoes = false
  /** Share of the bytes of which one bit is turned on their way to the master. */
  flips = 0
  /** Share of the portions in which one bit rises and the same bit of another byte falls: a sum does not see it. */
  twins = 0
  /** Bytes that the master said, in all. */
  saidBytes = 0
  #speaking = 0
  #collided = 0

  constructor(options: SimulatedBusOptions) {
    this.#options = options
  }

  read = () => this.#queue.read()

  async write(bytes: Uint8Array): Promise<void> {
    this.saidBytes += bytes.length
    void this.#deliver(bytes)
  }

  async close(): Promise<void> {
    this.#queue.end()
  }

  /** Bytes from nowhere. */
  disturb(bytes: Uint8Array): void {
    void this.#say(bytes, 0)
  }

  async #deliver(bytes: Uint8Array): Promise<void> {
    const { clock, baudRate, devices } = this.#options
    const collidedBefore = this.#collided
    if (this.#speaking > 0) this.#collided++
    if (this.echoes) void this.#say(bytes, 0)
    await clock.sleep(bytesMs(bytes.length, baudRate))
    const heard = this.#collided === collidedBefore || this.echoes ? bytes : bytes.map((byte) => byte ^ 0x10)
    for (const device of devices) {
      for (const reply of device.hear(heard, clock.monotonic())) void this.#say(reply.bytes, reply.delayMs)
    }
  }

  async #say(bytes: Uint8Array, delayMs: Millis): Promise<void> {
    const { clock, baudRate } = this.#options
    if (delayMs > 0) await clock.sleep(delayMs)
    if (this.#speaking++ > 0) this.#collided++
    for (let at = 0; at < bytes.length; at += PORTION_BYTES) {
      const portion = bytes.slice(at, at + PORTION_BYTES)
      await clock.sleep(bytesMs(portion.length, baudRate))
      const isAlone = this.#speaking === 1
      const arrived = portion.map((byte) => (isAlone ? this.#damaged(byte) : byte ^ this.#bit()))
      if (this.#options.random() < this.twins) this.#twist(arrived)
      this.#queue.push({ bytes: arrived, at: clock.monotonic() })
    }
    this.#speaking--
  }

  #twist(bytes: Uint8Array): void {
    const bit = this.#bit()
    const places = Array.from(bytes.keys())
    const start = Math.floor(this.#options.random() * places.length)
    const turned = [...places.slice(start), ...places.slice(0, start)]
    const falls = turned.find((i) => (bytes[i]! & bit) !== 0)
    const rises = turned.find((i) => (bytes[i]! & bit) === 0)
    if (falls === undefined || rises === undefined) return
    bytes[falls]! ^= bit
    bytes[rises]! ^= bit
  }

  #damaged(byte: number): number {
    return this.#options.random() < this.flips ? byte ^ this.#bit() : byte
  }

  #bit(): number {
    return 1 << Math.floor(this.#options.random() * 8)
  }
}
