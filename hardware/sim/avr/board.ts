/**
 * An Arduino Uno in simulated time: the chip, what is wired to its pins, and the serial line to its computer. Time goes on only
 * in `runFor`; one thread, nothing asynchronous, the same every time.
 */
import type { Millis } from '@minewarden/protocol/time.ts'
import { EEPROMMemoryBackend } from 'avr8js'
import { createAgenda } from './agenda.ts'
import { type Chip, type ChipSurroundings, createChip, RAM_BYTES, type ResetCause } from './chip.ts'
import { createPins } from './pins.ts'
import { createSerial, type Serial } from './serial.ts'

export interface BoardOptions {
  /** Image of the flash, from `parseIntelHex`. */
  readonly flash: Uint8Array
  /** The crystal; a real one is off by some tens of ppm. Simulated time is true time. */
  readonly crystalHz?: number
  /** From a reset to the first instruction; 65 ms is the chip's own, a boot loader takes a second more. */
  readonly startUpMs?: Millis
}

/** A voltage that is, or becomes in simulated time. */
export type Voltage = number | ((atMs: Millis) => number)

export interface Board {
  /** Simulated time since power came; goes on through resets. */
  readonly nowMs: Millis
  /** The same in cycles of the crystal. */
  readonly cycle: number
  readonly crystalHz: number
  readonly serial: Serial
  /** What the EEPROM holds; survives everything. */
  readonly eeprom: Uint8Array
  runFor(ms: Millis): void
  /** `power-on` loses what the RAM held, the others keep it. All begin anew at the first instruction. */
  reset(cause: ResetCause): void
  onReset(listener: (cause: ResetCause) => void): void
  /** Calls back so many cycles from now, between two instructions. Returns how to cancel it. Resets do not. */
  schedule(cycles: number, callback: () => void): () => void
  /**
   * Puts a level on a pin from outside, for as long as the chip does not drive it; `null`: nothing is wired (its pull-up
   * decides, else it is low). Pins are numbered as on an Arduino Uno: 0-13, and A0-A5 as 14-19.
   */
  drive(pin: number, high: boolean | null): void
  /** The level that stands on a pin, whoever drives it. */
  level(pin: number): boolean
  /** Whether the chip drives it. */
  isOutput(pin: number): boolean
  /** Told at each change of a pin's level that the chip makes, at once. */
  onPin(pin: number, listener: (high: boolean, cycle: number) => void): void
  /** What lies at an analog input, A0 being 0, and 6 and 7 those of the flat package. */
  setAnalog(channel: number, voltage: Voltage): void
  /** The 5 V supply, which is the ADC's reference too. */
  setSupply(voltage: Voltage): void
  /** The device on SPI: what it answers while it takes a byte. Chip select is a pin like any other. */
  setSpiDevice(exchange: (mosi: number) => number): void
}

const UNO_HZ = 16_000_000
const CHIP_START_UP_MS: Millis = 65
const EEPROM_BYTES = 1024
/** RAM after power-on is arbitrary; firmware that counts on zeros must be found out. */
const POWER_ON_RAM = 0xa5

export function createBoard(options: BoardOptions): Board {
  const { crystalHz = UNO_HZ, startUpMs = CHIP_START_UP_MS } = options
  const image = Uint8Array.from(options.flash)
  const flash = new Uint16Array(image.buffer)
  const eeprom = new EEPROMMemoryBackend(EEPROM_BYTES)
  const agenda = createAgenda()
  const analog: Voltage[] = Array.from({ length: 8 }, () => 0)
  const resetListeners: ((cause: ResetCause) => void)[] = []
  let supply: Voltage = 5
  let exchange = (_mosi: number): number => 0xff
  let chip: Chip | null = null
  let ram = new Uint8Array(RAM_BYTES).fill(POWER_ON_RAM)
  /** Cycle at which the present chip began, or will. */
  let bornAt = 0
  let cause: ResetCause = 'power-on'
  let cycle = 0
  let pendingReset: ResetCause | null = null

  const msOf = (atCycle: number): Millis => (atCycle / crystalHz) * 1000
  const voltsOf = (voltage: Voltage, atCycle: number): number =>
    typeof voltage === 'number' ? voltage : voltage(msOf(atCycle))
  const now = (): number => (chip ? bornAt + chip.cycles : cycle)
  const schedule = (cycles: number, callback: () => void): (() => void) => {
    const at = now() + Math.max(Math.round(cycles), 1)
    chip?.stopAt(at - bornAt)
    return agenda.add(at, callback)
  }
  const pins = createPins((port, bit, high) => chip?.setPin(port, bit, high), now)
  const serial = createSerial({
    schedule,
    cycle: now,
    msOf,
    crystalHz,
    chip: () => chip,
  })
  const around: ChipSurroundings = {
    hz: crystalHz,
    eeprom,
    transmit: serial.transmit,
    portChanged: pins.portChanged,
    exchange: (mosi) => exchange(mosi),
    analogV: (channel, inCycles) => voltsOf(analog[channel] ?? 0, now() + inCycles),
    supplyV: (inCycles) => voltsOf(supply, now() + inCycles),
  }

  const beginReset = (why: ResetCause) => {
    cycle = now()
    if (why === 'power-on') ram.fill(POWER_ON_RAM)
    else if (chip) ram = Uint8Array.from(chip.readRam())
    chip = null
    cause = why
    bornAt = cycle + Math.round((startUpMs / 1000) * crystalHz)
    pins.release()
    for (const listener of resetListeners) listener(why)
  }
  const startChip = () => {
    chip = createChip(flash, ram, cause, around)
    pins.applyInputs()
  }
  /** One stretch without anything happening outside the chip. */
  const runStretch = (until: number) => {
    if (!chip) {
      cycle = Math.min(until, bornAt)
      if (cycle >= bornAt) startChip()
    } else if (chip.run(until - bornAt) === 'watchdog') pendingReset = 'watchdog'
  }

  beginReset('power-on')
  let owedUntil = 0
  return {
    get nowMs() {
      return msOf(now())
    },
    get cycle() {
      return now()
    },
    crystalHz,
    serial,
    eeprom: eeprom.memory,
    runFor(ms) {
      owedUntil += (ms / 1000) * crystalHz
      // Whole cycles: a fraction that is lost in a sum would be waited for without end.
      const until = Math.ceil(owedUntil)
      while (now() < until || pendingReset) {
        if (pendingReset) {
          const why = pendingReset
          pendingReset = null
          beginReset(why)
        }
        runStretch(Math.min(until, agenda.nextCycle))
        agenda.runDue(now())
      }
    },
    reset(why) {
      // The chip may be in the middle of an instruction, whose listener asks for this.
      pendingReset = why
      chip?.stopAt(0)
    },
    onReset: (listener) => resetListeners.push(listener),
    schedule,
    drive: pins.drive,
    level: pins.level,
    isOutput: pins.isOutput,
    onPin: pins.onPin,
    setAnalog(channel, voltage) {
      if (analog[channel] === undefined) throw new RangeError(`no analog input ${channel}`)
      analog[channel] = voltage
    },
    setSupply(voltage) {
      supply = voltage
    },
    setSpiDevice(device) {
      exchange = device
    },
  }
}
