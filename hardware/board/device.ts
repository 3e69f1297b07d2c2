/**
 * Conversations with a StandardFirmata board: greets it, claims its pins with every output off, then looks at them until the
 * board is lost. One object for all conversations of a driver.
 */
import { InvariantError } from '@minewarden/protocol/errors.ts'
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { ActuationResult, EnclosureReading } from '../contract.ts'
import { HardwareError } from '../errors.ts'
import type { ByteLine } from '../line/contract.ts'
import { Enclosure, type EnclosureState } from './enclosure.ts'
import { enclosureState } from './enclosure-state.ts'
import { BoardIo } from './firmata.ts'
import { type BoardParts, createParts } from './johnny-five.ts'
import type { BoardOptions } from './options.ts'
import { LineTransport } from './transport.ts'
import { channelOf, type OutputName, type Wiring, wiringOf } from './wiring.ts'

/** The board answered: nothing to tell. */
export interface Alive {
  readonly kind: 'alive'
}

const TICK_MS: Millis = 50
const SAMPLING_MS = 100
/** A board that restarts when its port is opened needs two seconds. */
const GREETING_LIMIT_MS: Millis = 5_000
const ASK_EACH_MS: Millis = 700
const CLAIM_LIMIT_MS: Millis = 3_000
const HEARTBEAT_MS: Millis = 1_000
const SILENCE_LIMIT_MS: Millis = 3_000
const CONFIRM_LIMIT_MS: Millis = 2_000
const FAREWELL_LIMIT_MS: Millis = 500

const VERSION = 'reportversion'
const FIRMWARE = 'queryfirmware'
const stateOf = (pin: number): string => `pin-state-${pin}`

export class FirmataDevice {
  readonly #options: BoardOptions
  readonly #wiring: Wiring
  readonly #clock: Timekeeper
  readonly #transport = new LineTransport()
  /** All digital pins that are wired. */
  readonly #pins: readonly number[]
  /** The first ones that were ready stay for good. */
  #io: BoardIo | null = null
  #parts: BoardParts | null = null
  /** Outputs that are to be on. */
  readonly #wanted = new Set<OutputName>()
  #isUp = false

  constructor(options: BoardOptions, clock: Timekeeper) {
    this.#options = options
    this.#clock = clock
    this.#wiring = wiringOf(options)
    this.#pins = [
      ...this.#wiring.contacts.map(({ pin }) => pin),
      ...this.#wiring.outputs.map(({ output }) => output.pin),
    ]
  }

  /** For `keepTalking`. Ends by a HardwareError, or when the signal aborts. */
  async *converse(line: ByteLine, signal: AbortSignal): AsyncGenerator<EnclosureReading | Alive, void, undefined> {
    this.#transport.attach(line)
    try {
      await this.#greet(signal)
      await this.#claim(signal)
      this.#isUp = true
      yield* this.#watch(signal)
    } finally {
      this.#isUp = false
      this.#transport.detach()
    }
  }

  /** Orders an output on or off and waits until the board says that it is. Never throws. */
  async set(name: OutputName, on: boolean, signal: AbortSignal): Promise<ActuationResult> {
    const pin = this.#options[name]?.pin
    if (pin === undefined) return { kind: 'refused', reason: `no ${name} is wired` }
    if (on) this.#wanted.add(name)
    else this.#wanted.delete(name)
    if (!this.#isUp) {
      this.#wanted.delete(name)
      return { kind: 'refused', reason: 'the board does not answer' }
    }
    try {
      this.#parts?.switchOutput(name, on)
      await this.#ask([pin], CONFIRM_LIMIT_MS, signal)
    } catch {
      return { kind: 'refused', reason: 'the board did not confirm' }
    }
    return this.#isOn(name) === on ? { kind: 'done' } : { kind: 'refused', reason: 'the board says otherwise' }
  }

  /** Ends what is on while the board can still be reached: nobody is left to do it later. Never throws. */
  async farewell(): Promise<void> {
    if (!this.#isUp || this.#wanted.size === 0) return
    this.#allOff()
    await this.#ask(this.#outputPins(), FAREWELL_LIMIT_MS, new AbortController().signal).catch(() => undefined)
  }

  /** Ends what runs in the background. A later conversation begins with new parts. */
  release(): void {
    this.#transport.detach()
    this.#transport.removeAllListeners()
    this.#parts?.release()
    this.#parts = null
    this.#io = null
  }

  #outputPins(): number[] {
    return this.#wiring.outputs.map(({ output }) => output.pin)
  }

  async #greet(signal: AbortSignal): Promise<void> {
    const io = this.#io ?? this.#createIo()
    io.beginAnew()
    const isGreeted = () => io.isReady && io.heard(VERSION) > 0 && io.heard(FIRMWARE) > 0
    try {
      await this.#until(isGreeted, GREETING_LIMIT_MS, signal, (waitedMs) => {
        if (waitedMs % ASK_EACH_MS === 0) io.askWhoItIs()
      })
    } finally {
      // Half of a first greeting cannot be taken up again: firmata-io waits for each answer once.
      if (this.#io === null && !io.isReady) this.#transport.removeAllListeners()
    }
    this.#io = io
    for (const pin of this.#pins) {
      if (!io.pins[pin]) throw new HardwareError('device-mistaken', `the board has no pin ${pin}`)
    }
    this.#parts ??= await createParts(io, this.#wiring)
  }

  #createIo(): BoardIo {
    const io = new BoardIo(this.#transport, this.#wiring.contacts)
    io.count(VERSION, FIRMWARE, ...this.#pins.map(stateOf))
    io.count(...this.#freshness())
    return io
  }

  /** Events that show that an input was reported on this line. */
  #freshness(): string[] {
    const { contacts, analogInputs } = this.#wiring
    return [
      ...contacts.map(({ pin }) => `digital-read-${pin}`),
      ...analogInputs.map((input) => `analog-read-${channelOf(input)}`),
    ]
  }

  /** Outputs first, and off, whatever the board did before. */
  async #claim(signal: AbortSignal): Promise<void> {
    const io = this.#requireIo()
    this.#wanted.clear()
    this.#allOff()
    for (const { output } of this.#wiring.outputs) io.pinMode(output.pin, io.MODES.OUTPUT)
    this.#allOff()
    io.claimInputs()
    io.setSamplingInterval(SAMPLING_MS)
    for (const input of this.#wiring.analogInputs) io.reportAnalogPin(channelOf(input), 1)
    await this.#ask(this.#pins, CLAIM_LIMIT_MS, signal)
    await this.#until(() => this.#freshness().every((event) => io.heard(event) > 0), CLAIM_LIMIT_MS, signal)
    // johnny-five hands out medians: its first ones may still be of the line before.
    await this.#clock.sleep(this.#wiring.analogInputs.length > 0 ? 600 : 0, signal)
  }

  async *#watch(signal: AbortSignal): AsyncGenerator<EnclosureReading | Alive, void, undefined> {
    const io = this.#requireIo()
    const clock = this.#clock
    const { debounceMs, reportS } = this.#options
    const enclosure = new Enclosure({ debounceMs, reportMs: reportS * 1000 })
    const versions = io.heard(VERSION)
    let answers = this.#answers()
    let askedAt = clock.monotonic()
    let answeredAt = askedAt
    while (!signal.aborted) {
      const now = clock.monotonic()
      this.#check()
      if (io.heard(VERSION) > versions) throw new HardwareError('device-restarted', 'the board began anew')
      if (this.#answers() > answers) {
        answers = this.#answers()
        answeredAt = now
        yield { kind: 'alive' }
      }
      if (now - answeredAt > SILENCE_LIMIT_MS) throw new HardwareError('line-silent', 'the board no longer answers')
      if (now - askedAt >= HEARTBEAT_MS) {
        askedAt = now
        this.#beat(io)
      }
      const state = enclosure.look(this.#state(), now)
      if (state) yield this.#reading(state, now)
      await clock.sleep(TICK_MS, signal)
    }
  }

  #answers(): number {
    const io = this.#requireIo()
    return this.#pins.length > 0
      ? this.#pins.reduce((sum, pin) => sum + io.heard(stateOf(pin)), 0)
      : this.#freshness().reduce((sum, event) => sum + io.heard(event), 0)
  }

  /** A board that restarted unseen has other modes; an output that is not as ordered is ordered again. */
  #beat(io: BoardIo): void {
    for (const { pin } of this.#wiring.contacts) {
      if (io.pins[pin]?.mode !== io.MODES.INPUT) throw new HardwareError('device-restarted', `pin ${pin} is no input`)
    }
    for (const { name, output } of this.#wiring.outputs) {
      const isOutput = io.pins[output.pin]?.mode === io.MODES.OUTPUT
      if (!isOutput) throw new HardwareError('device-restarted', `pin ${output.pin} is no output`)
      if (this.#isOn(name) !== this.#wanted.has(name)) this.#parts?.switchOutput(name, this.#wanted.has(name))
    }
    for (const pin of this.#pins) io.askPinState(pin)
  }

  #state(): EnclosureState {
    const parts = this.#parts
    return enclosureState(this.#options, {
      isHigh: (pin) => parts?.isHigh(pin) ?? false,
      fraction: (input) => parts?.fraction(input) ?? 0,
      isOn: (name) => this.#isOn(name),
    })
  }

  /** By what the board said last of the pin. */
  #isOn(name: OutputName): boolean {
    const output = this.#options[name]
    return output !== undefined && this.#io?.pins[output.pin]?.state === (output.activeLow ? 0 : 1)
  }

  #allOff(): void {
    this.#wanted.clear()
    for (const { name } of this.#wiring.outputs) this.#parts?.switchOutput(name, false)
  }

  #reading(state: EnclosureState, monotonicMs: Millis): EnclosureReading {
    const { at, quality, errorMs } = this.#clock.stamp(monotonicMs)
    return { kind: 'enclosure', at, clock: quality, ...(errorMs !== null && { clockErrorMs: errorMs }), ...state }
  }

  async #ask(pins: readonly number[], limitMs: Millis, signal: AbortSignal): Promise<void> {
    const io = this.#requireIo()
    const before = new Map(pins.map((pin) => [pin, io.heard(stateOf(pin))]))
    for (const pin of pins) io.askPinState(pin)
    await this.#until(() => pins.every((pin) => io.heard(stateOf(pin)) > before.get(pin)!), limitMs, signal)
  }

  #check(): void {
    this.#transport.check()
    if (this.#io?.isFlooded) throw new HardwareError('line-garbled', 'messages without an end')
  }

  /** Looks again and again. @throws HardwareError `line-silent` or `line-garbled` after the limit, or the line's fault */
  async #until(
    isThere: () => boolean,
    limitMs: Millis,
    signal: AbortSignal,
    meanwhile?: (waitedMs: Millis) => void,
  ): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += TICK_MS) {
      this.#check()
      if (isThere()) return
      if (waitedMs >= limitMs) throw this.#noAnswer(limitMs)
      meanwhile?.(waitedMs)
      await this.#clock.sleep(TICK_MS, signal)
    }
  }

  #noAnswer(limitMs: Millis): HardwareError {
    const { receivedBytes } = this.#transport
    return receivedBytes === 0
      ? new HardwareError('line-silent', `the board does not answer within ${limitMs} ms`)
      : new HardwareError(
          'line-garbled',
          `${receivedBytes} bytes in ${limitMs} ms that are no answer of StandardFirmata`,
        )
  }

  #requireIo(): BoardIo {
    if (!this.#io) throw new InvariantError('no board was greeted')
    return this.#io
  }
}
