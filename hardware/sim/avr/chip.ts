/**
 * One life of an ATmega328P: from the end of a reset to the beginning of the next. avr8js is imported here and in `usart.ts`,
 * which repairs it; nothing that a gateway loads may import either.
 * Asleep it costs nothing: time goes on to the next event (idle mode; the deeper ones are taken for it).
 * Not modelled: the supply's effect on anything but the ADC, the ADC's automatic triggers, TWI, USART in synchronous modes.
 */
import {
  ADCMuxInputType,
  ADCReference,
  AVRADC,
  AVRClock,
  AVREEPROM,
  AVRIOPort,
  AVRSPI,
  AVRTimer,
  AVRUSART,
  AVRWatchdog,
  adcConfig,
  avrInstruction,
  CPU,
  clockConfig,
  type EEPROMMemoryBackend,
  eepromConfig,
  portBConfig,
  portCConfig,
  portDConfig,
  spiConfig,
  timer0Config,
  timer1Config,
  timer2Config,
  usart0Config,
  watchdogConfig,
} from 'avr8js'
import { repairUsart } from './usart.ts'
import { BITS_PER_CHARACTER, type Received } from './wrong-baud.ts'

export type ResetCause = 'power-on' | 'external' | 'brown-out' | 'watchdog'

/** MCUSR tells firmware why it was reset. */
const RESET_FLAGS: Readonly<Record<ResetCause, number>> = {
  'power-on': 1,
  external: 2,
  'brown-out': 4,
  watchdog: 8,
}
const RAM_START = 0x100
const SLEEP_INSTRUCTION = 0x9588
const SMCR = 0x53
const SLEEP_ENABLE = 0x01
export const RAM_BYTES = 2048

/** The ports of an Arduino Uno's pins, in the order of its pin numbers: 0-7, 8-13, 14-19 (A0-A5). */
const PORTS = [portDConfig, portBConfig, portCConfig] as const
export type PortIndex = 0 | 1 | 2
const PORT_INDEXES: readonly PortIndex[] = [0, 1, 2]

/** Bit by bit: whether the chip drives a pin, and what it puts out or pulls to. */
export interface PortState {
  readonly outputs: number
  readonly levels: number
}

/** The rest of the board, as the chip feels it. Cycles count from the chip's own beginning. */
export interface ChipSurroundings {
  readonly hz: number
  readonly eeprom: EEPROMMemoryBackend
  /** A character begins to leave; it lasts `cycles`. */
  transmit(byte: number, cycles: number): void
  /** A port's directions, outputs or pull-ups changed. */
  portChanged(port: PortIndex, state: PortState): void
  /** Answers a byte on SPI with the other one. */
  exchange(mosi: number): number
  /** Volts at an analog input when its sampling ends, so many cycles from now. */
  analogV(channel: number, inCycles: number): number
  supplyV(inCycles: number): number
}

export interface Chip {
  readonly cycles: number
  /** Bits a second of its USART as it is set. */
  readonly baud: number
  /** Runs until `cycles` or until `stop` is called; `watchdog` when it reset itself. */
  run(cycles: number): 'ran' | 'watchdog'
  /** Makes `run` return at this cycle if that is sooner. */
  stopAt(cycle: number): void
  receive(received: Received): void
  /** What lies on a pin that the chip does not drive itself. */
  setPin(port: PortIndex, bit: number, high: boolean): void
  /** A copy of what its memory holds. */
  readRam(): Uint8Array
}

class WatchdogReset extends Error {}

export function createChip(flash: Uint16Array, ram: Uint8Array, cause: ResetCause, around: ChipSurroundings): Chip {
  const cpu = new CPU(flash, RAM_BYTES)
  cpu.data.set(ram, RAM_START)
  for (const timer of [timer0Config, timer1Config, timer2Config]) new AVRTimer(cpu, timer)
  new AVREEPROM(cpu, around.eeprom, eepromConfig)
  const ports = PORTS.map((config) => new AVRIOPort(cpu, config))
  const usart = new AVRUSART(cpu, usart0Config, around.hz)
  usart.onByteTransmit = (byte) => around.transmit(byte, characterCycles(usart))
  const receive = repairUsart(cpu, usart)
  const spi = new AVRSPI(cpu, spiConfig, around.hz)
  spi.onByte = (mosi) => {
    const miso = around.exchange(mosi)
    cpu.addClockEvent(() => spi.completeTransfer(miso), spi.transferCycles)
  }
  connectAdc(cpu, around)
  connectWatchdog(cpu, cause, around.hz)
  for (const index of PORT_INDEXES) {
    ports[index]!.addListener((levels) => around.portChanged(index, { outputs: cpu.data[PORTS[index].DDR]!, levels }))
  }

  let stopCycle = 0
  let asleep = false
  return {
    get cycles() {
      return cpu.cycles
    },
    get baud() {
      return (around.hz * BITS_PER_CHARACTER) / characterCycles(usart)
    },
    run(cycles) {
      stopCycle = cycles
      try {
        while (cpu.cycles < stopCycle) {
          if (asleep) asleep = sleepOn(cpu, stopCycle)
          else {
            const { pc } = cpu
            avrInstruction(cpu)
            cpu.tick()
            // An interrupt that is due already is taken instead of sleeping.
            asleep = flash[pc] === SLEEP_INSTRUCTION && cpu.pc === pc + 1 && (cpu.data[SMCR]! & SLEEP_ENABLE) !== 0
          }
        }
        return 'ran'
      } catch (error) {
        if (error instanceof WatchdogReset) return 'watchdog'
        throw error
      }
    },
    stopAt(cycle) {
      stopCycle = Math.min(stopCycle, cycle)
    },
    receive,
    setPin: (port, bit, high) => ports[port]!.setPin(bit, high),
    readRam: () => cpu.data.slice(RAM_START),
  }
}

/** Lets time pass to the next event, at most to `untilCycle`. False when an interrupt woke the processor. */
function sleepOn(cpu: CPU, untilCycle: number): boolean {
  const { nextClockEvent } = cpu as unknown as { readonly nextClockEvent: { readonly cycles: number } | null }
  if (!isInterruptDue(cpu))
    cpu.cycles = Math.max(cpu.cycles, Math.min(nextClockEvent?.cycles ?? untilCycle, untilCycle))
  const { pc } = cpu
  cpu.tick()
  return cpu.pc === pc
}

const isInterruptDue = (cpu: CPU): boolean =>
  cpu.interruptsEnabled && (cpu as unknown as { readonly nextInterrupt: number }).nextInterrupt >= 0

const characterCycles = (usart: AVRUSART): number =>
  (usart as unknown as { readonly cyclesPerChar: number }).cyclesPerChar

/** Samples when the chip does: 1.5 ADC clocks into a conversion, 13.5 into the first one, which also wakes the converter. */
function connectAdc(cpu: CPU, around: ChipSurroundings): void {
  const adc = new AVRADC(cpu, adcConfig)
  adc.onADCRead = (input) => {
    const cyclesLeft = adc.sampleCycles
    const sampleAt = adc.prescaler * (cyclesLeft > 13 * adc.prescaler ? 13.5 : 1.5)
    adc.avcc = around.supplyV(sampleAt)
    const referenceV = adc.referenceVoltageType === ADCReference.AREF ? adc.aref : adc.referenceVoltage
    const inputV =
      input.type === ADCMuxInputType.SingleEnded
        ? around.analogV(input.channel, sampleAt)
        : input.type === ADCMuxInputType.Constant
          ? input.voltage
          : 0.314
    const value = Math.min(Math.max(Math.floor((inputV / referenceV) * 1024), 0), 1023)
    cpu.addClockEvent(() => adc.completeADCRead(value), cyclesLeft)
  }
}

/** After its reset the chip's watchdog runs on, at its shortest: firmware that does not turn it off resets for ever. */
function connectWatchdog(cpu: CPU, cause: ResetCause, hz: number): void {
  repairWatchdog(cpu, new AVRWatchdog(cpu, watchdogConfig, new AVRClock(cpu, hz, clockConfig)))
  cpu.data[watchdogConfig.MCUSR] = RESET_FLAGS[cause]
  if (cause === 'watchdog') {
    cpu.writeData(watchdogConfig.WDTCSR, 0x18)
    cpu.writeData(watchdogConfig.WDTCSR, 0x08)
  }
  // Only now: the processor resets itself while it is made. avr8js would go on with registers and peripherals as they were.
  cpu.reset = () => {
    throw new WatchdogReset()
  }
}

/** avr8js lets a time that is made shorter count only after the longer one before it has passed. */
function repairWatchdog(cpu: CPU, watchdog: AVRWatchdog): void {
  const { checkWatchdog } = watchdog as unknown as { readonly checkWatchdog: () => void }
  const timeoutOf = () => (watchdog as unknown as { readonly watchdogTimeout: number }).watchdogTimeout
  const write = cpu.writeHooks[watchdogConfig.WDTCSR]!
  cpu.writeHooks[watchdogConfig.WDTCSR] = (value, oldValue, address, mask) => {
    const done = write(value, oldValue, address, mask)
    if (cpu.clearClockEvent(checkWatchdog)) cpu.addClockEvent(checkWatchdog, timeoutOf() - cpu.cycles)
    return done
  }
}
