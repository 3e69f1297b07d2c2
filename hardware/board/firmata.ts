/** The Firmata protocol, by firmata-io, which is imported here alone. @see https://github.com/firmata/protocol, 2.5 */
import firmataIo from 'firmata-io'
import type { LineTransport } from './transport.ts'

/** StandardFirmata's longest message is the capabilities of a big board's 70 pins. */
const LONGEST_MESSAGE_BYTES = 2_048
/** Versions are asked for by the conversation, which knows when its line is new. */
const NEVER_MS = 2 ** 31 - 1

const START_SYSEX = 0xf0
const END_SYSEX = 0xf7
const REPORT_VERSION = 0xf9
const QUERY_FIRMWARE = 0x79
const PIN_STATE_QUERY = 0x6d

/** A pin as an input: whether the board's own pull-up is on. */
export interface InputPin {
  readonly pin: number
  readonly pullUp: boolean
}

/**
 * firmata-io as it must be for switches that share a port with outputs: it sends all eight pins of a port at once, an input's with
 * the level that was read last, which StandardFirmata takes as the order to switch that pin's pull-up. A closed contact
 * (low) would lose its pull-up with the next siren, and a cut cable would not be seen.
 */
export class BoardIo extends firmataIo.Firmata {
  readonly #transport: LineTransport
  readonly #inputs: readonly InputPin[]
  readonly #pullUps: ReadonlyMap<number, number>
  readonly #others: ReadonlyMap<number, number>
  readonly #heard = new Map<string, number>()

  constructor(transport: LineTransport, inputs: readonly InputPin[]) {
    super(transport, { reportVersionTimeout: NEVER_MS })
    clearTimeout(this.reportVersionTimeoutId)
    this.#transport = transport
    this.#inputs = inputs
    this.#pullUps = portMasks(inputs.filter(({ pullUp }) => pullUp))
    this.#others = portMasks(inputs.filter(({ pullUp }) => !pullUp))
  }

  override writeDigitalPort(port: number): void {
    const levels = this.ports[port] ?? 0
    this.ports[port] = (levels | (this.#pullUps.get(port) ?? 0)) & ~(this.#others.get(port) ?? 0)
    super.writeDigitalPort(port)
  }

  /** Counts every message that firmata-io makes an event of; one listener each, for good. */
  count(...events: readonly string[]): void {
    for (const event of events) this.on(event, () => this.#heard.set(event, this.heard(event) + 1))
  }

  /** How many of these came since `beginAnew`. */
  heard(event: string): number {
    return this.#heard.get(event) ?? 0
  }

  /** Forgets half a message and what was heard, as for a line that has just been opened. */
  beginAnew(): void {
    this.buffer.length = 0
    this.versionReceived = false
    this.ports.fill(0)
    this.#heard.clear()
  }

  /** firmata-io's own questions leave a listener behind for each that is never answered; these do not. */
  askWhoItIs(): void {
    this.#transport.write(Uint8Array.of(REPORT_VERSION, START_SYSEX, QUERY_FIRMWARE, END_SYSEX))
  }

  askPinState(pin: number): void {
    this.#transport.write(Uint8Array.of(START_SYSEX, PIN_STATE_QUERY, pin, END_SYSEX))
  }

  /** Makes the inputs inputs, with their pull-ups, and has them reported. */
  claimInputs(): void {
    for (const { pin, pullUp } of this.#inputs) {
      this.pinMode(pin, this.MODES.INPUT)
      if (pullUp) this.digitalWrite(pin, 1)
      this.reportDigitalPin(pin, 1)
    }
  }

  /** Bytes that never become a message must not pile up. */
  get isFlooded(): boolean {
    return this.buffer.length > LONGEST_MESSAGE_BYTES
  }
}

/** By port, its pins as bits. */
function portMasks(pins: readonly InputPin[]): ReadonlyMap<number, number> {
  const masks = new Map<number, number>()
  for (const { pin } of pins) masks.set(pin >> 3, (masks.get(pin >> 3) ?? 0) | (1 << (pin & 7)))
  return masks
}
