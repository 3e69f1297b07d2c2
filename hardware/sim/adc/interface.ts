/**
 * The digital side of an ADS131M04: SPI frames, registers, and the buffer of two samples behind them. Knows no time; the
 * converter (`ads131m04.ts`) puts samples in. Not modelled: words of 16 and 32 bits, input CRC, registers read in rows,
 * standby, the SPI timeout.
 */
import {
  type Command,
  frameCrc,
  isWritable,
  MODE,
  MODE_RESET,
  parseCommand,
  refuseUnmodelled,
  resetRegisters,
  STATUS,
} from './registers.ts'

const CHANNELS = 4
const WORD = 3
const DATA_END = (1 + CHANNELS) * WORD
const FRAME = DATA_END + WORD
/** The chip keeps two samples of each channel; an unread third pushes out the oldest. */
const BUFFERED_SAMPLES = 2
/** 0xFF20 and the number of channels. */
const RESET_ANSWER = 0xff24

export interface InterfaceEvents {
  /** A register that is part of the clock's setting was written, or all were reset. */
  reconfigured(): void
  /** The oldest sample was read; so many are left. */
  collected(left: number): void
}

export class AdcInterface {
  registers = resetRegisters()
  readonly #events: InterfaceEvents
  readonly #samples: (readonly number[])[] = []
  #last: readonly number[] = [0, 0, 0, 0]
  #answer = RESET_ANSWER
  /** Whether the next answer is the status as it is then. */
  #answersStatus = false
  #locked = false
  #out: Uint8Array | null = null
  readonly #in: number[] = []
  #framesToDamage = 0

  constructor(events: InterfaceEvents) {
    this.#events = events
  }

  /** The following frames arrive with one data bit turned over on the wire. */
  damageFrames(count: number): void {
    this.#framesToDamage = count
  }

  /** A conversion is done: four codes of 24 bits, two's complement. */
  put(sample: readonly number[]): void {
    if (this.#samples.length === BUFFERED_SAMPLES) this.#samples.shift()
    this.#samples.push(sample)
  }

  reset(): void {
    this.registers = resetRegisters()
    this.#samples.length = 0
    this.#locked = false
    this.#answer = RESET_ANSWER
    this.#answersStatus = false
    this.#events.reconfigured()
  }

  /** CS fell. */
  select(): void {
    this.#in.length = 0
    this.#out = null
  }

  /** A byte in, the byte that leaves meanwhile. */
  exchange(mosi: number): number {
    this.#out ??= this.#compose()
    const index = this.#in.length
    this.#in.push(mosi)
    if (index + 1 === DATA_END) this.#collect()
    return this.#out[index] ?? 0
  }

  /** CS rose: what came in is a command, if it came in whole. */
  deselect(): void {
    if (this.#in.length >= WORD) this.#obey(parseCommand(this.#word(0)))
    else if (this.#in.length > 0) this.#answerStatus()
    this.#in.length = 0
  }

  #word(index: number): number {
    return ((this.#in[index * WORD] ?? 0) << 8) | (this.#in[index * WORD + 1] ?? 0)
  }

  #compose(): Uint8Array {
    const frame = new Uint8Array(FRAME)
    const view = new DataView(frame.buffer)
    view.setUint16(0, this.#answersStatus ? this.#status() : this.#answer)
    for (const [channel, code] of (this.#samples[0] ?? this.#last).entries()) {
      view.setUint8(WORD * (channel + 1), code >> 16)
      view.setUint16(WORD * (channel + 1) + 1, code & 0xffff)
    }
    view.setUint16(DATA_END, frameCrc(frame.subarray(0, DATA_END)))
    if (this.#framesToDamage > 0) {
      this.#framesToDamage -= 1
      frame[WORD + 1]! ^= 0x10
    }
    return frame
  }

  #collect(): void {
    const sample = this.#samples.shift()
    if (!sample) return
    this.#last = sample
    this.#events.collected(this.#samples.length)
  }

  #status(): number {
    const mode = this.registers[MODE]!
    const ready = this.#samples.length > 0 ? 0x000f : 0
    const wasReset = mode & MODE_RESET
    return (this.#locked ? 0x8000 : 0) | wasReset | (mode & 0x0300) | ready
  }

  #answerStatus(): void {
    this.#answersStatus = true
  }

  #obey(command: Command): void {
    this.#answersStatus = command.kind === 'null' || command.kind === 'other'
    if (command.kind === 'reset') {
      // Only a whole frame resets.
      if (this.#in.length >= FRAME) this.reset()
    } else if (command.kind === 'lock' || command.kind === 'unlock') {
      this.#locked = command.kind === 'lock'
      this.#answer = command.kind === 'lock' ? 0x0555 : 0x0655
    } else if (command.kind === 'read') {
      this.#answer = command.address === STATUS ? this.#status() : this.registers[command.address]!
      if (command.count > 1) throw new RangeError('reading registers in rows is beyond the ADS131M04 model')
    } else if (command.kind === 'write') this.#write(command.address, command.count)
  }

  #write(address: number, count: number): void {
    const written = Math.min(count, Math.floor(this.#in.length / WORD) - 1)
    this.#answer = 0x4000 | (address << 7) | Math.max(0, written - 1)
    for (let i = 0; i < written; i++) {
      if (this.#locked || !isWritable(address + i)) continue
      refuseUnmodelled(address + i, this.#word(1 + i))
      this.registers[address + i] = this.#word(1 + i)
    }
    if (written > 0) this.#events.reconfigured()
  }
}
