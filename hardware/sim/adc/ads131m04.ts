/**
 * A TI ADS131M04 at the digitiser's pins, in the board's simulated time: converts at its own clock, which may drift and
 * jitter, and fails as asked. Written from the data sheet, not from the firmware that it is to test; what it does not
 * model it refuses. Samples are codes from a source: what a filter would make of a signal is the source's affair.
 * @see TI SBAS890D, sections 8.4 (reset, synchronisation) and 8.5.1.9 (DRDY, collecting data after a pause)
 */
import type { Millis } from '@minewarden/protocol/time.ts'
import type { Board } from '../avr/board.ts'
import { AdcInterface } from './interface.ts'
import { CLOCK, GAIN1, gainsOf, rateOf } from './registers.ts'

/**
 * The code of 24 bits (beyond them it is clipped) that a channel converts to.
 * @param conversion counts all conversions since power came, through resets and changes of rate
 * @param atMs simulated time of its end
 */
export type AdcSource = (conversion: number, channel: number, atMs: Millis) => number

export interface AdcOptions {
  readonly source: AdcSource
  /** Its crystal's error against true time. */
  readonly driftPpm?: number
  /** Cycles of the board by which a conversion ends early (negative) or late; does not add up. */
  readonly jitterCycles?: (conversion: number) => number
}

/** Where it is wired, in the Arduino Uno's numbers. */
const CHIP_SELECT = 10
const SYNC_RESET = 9
/** Timer1's clock first: its count must be right when the interrupt comes. */
const READY_PINS = [5, 2] as const
const CLOCK_HZ = 4_096_000
/** SYNC/RESET low for longer is a reset, for shorter a synchronisation. */
const RESET_CLOCKS = 2048
/** DRDY of a sample that nobody read rises for so long before the next one falls. */
const UNREAD_HIGH_CLOCKS = 4
/** Between two reads in quick succession it rises for a moment, "too narrow for some microcontrollers". */
const NARROW_HIGH_CYCLES = 2
const CHANNELS = [0, 1, 2, 3] as const
const MAX_CODE = 0x7f_ff_ff

export interface Ads131m04 {
  /** Conversions since power came. */
  readonly conversions: number
  /** Conversions a second, as its registers are set. */
  readonly rate: number
  readonly gains: readonly number[]
  /** What a register holds. */
  register(address: number): number
  /** Conversions stop and DRDY stays where it is, until `true`. */
  setConverting(on: boolean): void
  /** Taken off its socket (`false`): no DRDY, nothing on SPI. Comes back as from power-on. */
  setPresent(present: boolean): void
  /** What the bus reads while nothing drives it; 0xff unless told. */
  setFloatingBus(level: 0x00 | 0xff): void
  /** So many of the following frames arrive damaged. */
  damageFrames(count: number): void
  /** A spike on its supply: all registers as after power-on, conversions begin anew. */
  glitchReset(): void
  /** A bit that fell over in a register. */
  upsetRegister(address: number, value: number): void
}

export function connectAds131m04(board: Board, options: AdcOptions): Ads131m04 {
  let conversions = 0
  let converting = true
  let present = true
  let held = false
  let floating: number = 0xff
  let cancelNext = () => {}
  /** Cycle at which the conversions now going on began, and how many of them are done. */
  let beganAt = 0
  let done = 0

  const clockCycles = (clocks: number): number =>
    (clocks / (CLOCK_HZ * (1 + (options.driftPpm ?? 0) / 1e6))) * board.crystalHz
  let ready = false
  const setReady = (low: boolean) => {
    if (ready === low) return
    ready = low
    for (const pin of READY_PINS) board.drive(pin, !low)
  }
  const chip = new AdcInterface({
    reconfigured: () => restart(),
    collected(left) {
      setReady(false)
      if (left > 0) board.schedule(NARROW_HIGH_CYCLES, () => setReady(true))
    },
  })
  const periodCycles = (): number => clockCycles(CLOCK_HZ / rateOf(chip.registers[CLOCK]!, CLOCK_HZ))
  const restart = () => {
    setReady(false)
    beganAt = board.cycle
    done = 0
    scheduleNext()
  }
  const scheduleNext = () => {
    cancelNext()
    const end = beganAt + (done + 1) * periodCycles() + (options.jitterCycles?.(conversions) ?? 0)
    const high = clockCycles(UNREAD_HIGH_CLOCKS)
    cancelNext = board.schedule(Math.round(end - high - board.cycle), () => {
      setReady(false)
      cancelNext = board.schedule(Math.round(end - board.cycle), convert)
    })
  }
  const convert = () => {
    done += 1
    if (converting && present && !held) {
      const conversion = conversions++
      chip.put(CHANNELS.map((channel) => clip(options.source(conversion, channel, board.nowMs)) & 0xff_ff_ff))
      setReady(true)
    }
    scheduleNext()
  }
  const holdReset = (low: boolean) => {
    if (low) cancelHold = board.schedule(clockCycles(RESET_CLOCKS), () => (held = true))
    else {
      cancelHold()
      if (held) chip.reset()
      else restart()
      held = false
    }
  }
  let cancelHold = () => {}

  // The lines that the chip leaves floating in its own reset are pulled up on the board.
  board.drive(CHIP_SELECT, true)
  board.drive(SYNC_RESET, true)
  for (const pin of READY_PINS) board.drive(pin, true)
  board.onPin(CHIP_SELECT, (high) => (high ? chip.deselect() : chip.select()))
  board.onPin(SYNC_RESET, (high) => holdReset(!high))
  board.setSpiDevice((mosi) => (present && !board.level(CHIP_SELECT) ? chip.exchange(mosi) : floating))
  restart()

  return {
    get conversions() {
      return conversions
    },
    get rate() {
      return rateOf(chip.registers[CLOCK]!, CLOCK_HZ)
    },
    get gains() {
      return gainsOf(chip.registers[GAIN1]!)
    },
    register: (address) => chip.registers[address]!,
    setConverting(on) {
      converting = on
    },
    setPresent(on) {
      present = on
      setReady(false)
      if (on) chip.reset()
    },
    setFloatingBus(level) {
      floating = level
    },
    damageFrames: (count) => chip.damageFrames(count),
    glitchReset: () => chip.reset(),
    upsetRegister(address, value) {
      chip.registers[address] = value
    },
  }
}

const clip = (code: number): number => Math.min(Math.max(Math.round(code), -MAX_CODE - 1), MAX_CODE)
