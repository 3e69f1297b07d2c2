import type { Millis } from '@minewarden/protocol/time.ts'
import type { Chip } from './chip.ts'
import { BITS_PER_CHARACTER, type Received, receiveAt } from './wrong-baud.ts'

/** The serial line between the chip and its computer, in simulated time. */
export interface Serial {
  /**
   * Puts bytes on the line behind those that still wait, at the line's speed.
   * @throws RangeError beyond {@link MAX_WAITING_BYTES}
   */
  send(bytes: Uint8Array): void
  /** Bytes that wait to be put on the line. */
  readonly waiting: number
  /** Takes back what waits: the cable is out. */
  drop(): void
  /** Told of each byte when its last bit has passed. Returns how to stop that. */
  onByte(listener: (byte: number, atMs: Millis) => void): () => void
  /** The computer's speed, bits a second; `null`: whatever the chip is set to. A wrong one garbles both ways. */
  setBaud(baud: number | null): void
}

export const MAX_WAITING_BYTES = 65_536
/** Receivers sample in the middle of a bit: half a bit off after ten is a twentieth; both sides share it. */
const BAUD_TOLERANCE = 0.04

export interface SerialDeps {
  schedule(cycles: number, callback: () => void): () => void
  cycle(): number
  msOf(cycle: number): Millis
  readonly crystalHz: number
  /** `null` while it is in reset. */
  chip(): Chip | null
}

/** `transmit`: the chip begins a character that lasts so many cycles. */
export function createSerial(deps: SerialDeps): Serial & { transmit(byte: number, cycles: number): void } {
  const listeners = new Set<(byte: number, atMs: Millis) => void>()
  let queue: number[] = []
  let busy = false
  let baud: number | null = null

  const carry = (byte: number, sentBaud: number, readBaud: number): Received[] =>
    Math.abs(sentBaud / readBaud - 1) <= BAUD_TOLERANCE
      ? [{ byte, frameError: false }]
      : receiveAt(byte, sentBaud, readBaud)
  const next = () => {
    const byte = queue.shift()
    busy = byte !== undefined
    if (byte === undefined) return
    const sentBaud = baud ?? deps.chip()?.baud ?? 57_600
    deps.schedule((deps.crystalHz * BITS_PER_CHARACTER) / sentBaud, () => {
      const chip = deps.chip()
      if (chip)
        for (const received of carry(byte, sentBaud, baud === null ? sentBaud : chip.baud)) chip.receive(received)
      next()
    })
  }
  return {
    send(bytes) {
      if (queue.length + bytes.length > MAX_WAITING_BYTES) throw new RangeError('more bytes wait than a line holds')
      for (const byte of bytes) queue.push(byte)
      if (!busy) next()
    },
    get waiting() {
      return queue.length
    },
    drop() {
      queue = []
    },
    onByte(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    setBaud(value) {
      baud = value
    },
    transmit(byte, cycles) {
      const sentBaud = (deps.crystalHz * BITS_PER_CHARACTER) / cycles
      deps.schedule(cycles, () => {
        const atMs = deps.msOf(deps.cycle())
        for (const received of carry(byte, sentBaud, baud ?? sentBaud))
          for (const listener of listeners) listener(received.byte, atMs)
      })
    },
  }
}
