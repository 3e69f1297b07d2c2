/**
 * A simulated meter of DL/T 645-2007 with a breaker: answers after 20 to 500 ms, knows or does not know blocks, sends
 * long values in several frames, and carries out remote control as chapter 14 of the standard has it.
 */
import type { Millis } from '@minewarden/protocol/time.ts'
import { WILDCARD, writeAddress } from '../../dlt645/address.ts'
import { createFrameDecoder, encodeFrame, FUNCTIONS, type RequestFrame } from '../../dlt645/frame.ts'
import { EVENT_COUNTS, STATUS_IDENTIFIERS } from '../../dlt645/status.ts'
import {
  BLOCKS,
  IDENTIFIER_BYTES,
  identifierBytes,
  identifierOf,
  QUANTITIES,
  type QuantityName,
  writeQuantity,
} from '../../dlt645/values.ts'
import { type BreakerSettings, SimulatedBreaker } from './breaker.ts'
import type { BusDevice, Reply } from './bus.ts'
import { type MeterFaults, type MeterTruth, noFaults } from './model.ts'

export interface SimulatedMeterOptions {
  /** Twelve digits. */
  readonly address: string
  readonly truth: (now: Millis) => MeterTruth
  readonly delayMs: () => Millis
  /** Its clock as local time, in milliseconds since 1970 of its own zone. */
  readonly localMs: (now: Millis) => number
  readonly knowsBlocks?: boolean
  /** Data in one frame of a long value; the rest follows. */
  readonly frameBytes?: number
  readonly breaker?: BreakerSettings
  /** Speaks the first edition alone. */
  readonly isOf1997?: boolean
}

const ANSWER = 0x80
const ABNORMAL = 0x40
const MORE = 0x20
const NO_DATA = 0b10
const ENERGY_1997 = 0x9010

export class SimulatedDlt645Meter implements BusDevice {
  readonly faults: MeterFaults = noFaults()
  readonly breaker: SimulatedBreaker | null
  /** Status words 4 to 7. */
  readonly words = { phaseA: 0, phaseB: 0, phaseC: 0, word7: 0 }
  readonly counts = { powerLost: 0, coverOpened: 0, terminalCoverOpened: 0, allPhasesLost: 0 }
  /** Requests by control code. */
  readonly asked = new Map<number, number>()
  readonly #options: SimulatedMeterOptions

  constructor(options: SimulatedMeterOptions) {
    this.#options = options
    this.breaker = options.breaker ? new SimulatedBreaker(options.breaker) : null
  }

  hear(bytes: Uint8Array, now: Millis): readonly Reply[] {
    const decoder = createFrameDecoder()
    const items = [...decoder.push(bytes), ...decoder.reset()]
    return items.flatMap((item) => (item.kind === 'request' ? this.#answer(item, now) : []))
  }

  #answer(request: RequestFrame, now: Millis): Reply[] {
    const { address } = this.#options
    if (this.faults.isDead || (request.address !== address && request.address !== WILDCARD)) return []
    this.asked.set(request.function, (this.asked.get(request.function) ?? 0) + 1)
    const said = this.#says(request, now)
    if (!said) return []
    const bytes = encodeFrame(this.faults.answersAs ?? address, said.control, said.data)
    return [{ bytes, delayMs: this.#options.delayMs() + this.faults.lateMs }]
  }

  #says(request: RequestFrame, now: Millis): { readonly control: number; readonly data: Uint8Array } | null {
    const { function: code, data } = request
    if (this.#options.isOf1997) return this.#says1997(request, now)
    const { refusesWith } = this.faults
    if (refusesWith !== null) return refusal(code, refusesWith)
    if (code === FUNCTIONS.readAddress) return { control: ANSWER | code, data: addressBytes(this.#options.address) }
    if (code === FUNCTIONS.control) {
      const error = this.breaker?.command(data, this.#options.localMs(now), now) ?? NO_DATA
      return error === 0 ? { control: ANSWER | code, data: new Uint8Array(0) } : refusal(code, error)
    }
    const identifier = identifierOf(data)
    if (identifier === null) return null
    const value = this.#value(identifier, now)
    if (!value) return refusal(code, NO_DATA)
    if (code === FUNCTIONS.read) return this.#part(code, identifier, value, 0)
    return code === FUNCTIONS.readFollowing ? this.#part(code, identifier, value, data[IDENTIFIER_BYTES] ?? 0) : null
  }

  #says1997({ function: code, data }: RequestFrame, now: Millis) {
    if (code !== FUNCTIONS.read1997 || data.length !== 2 || (data[0]! | (data[1]! << 8)) !== ENERGY_1997) return null
    const value = writeQuantity(this.#options.truth(now).activeEnergyWh / 1_000, QUANTITIES.forwardActiveEnergy)
    return { control: ANSWER | code, data: Uint8Array.from([...data, ...value]) }
  }

  #part(code: number, identifier: number, value: Uint8Array, sequence: number) {
    const { frameBytes = 190 } = this.#options
    const part = value.subarray(sequence * frameBytes, (sequence + 1) * frameBytes)
    const hasMore = value.length > (sequence + 1) * frameBytes
    const data = [...identifierBytes(identifier), ...part, ...(sequence > 0 ? [sequence] : [])]
    return { control: ANSWER | code | (hasMore ? MORE : 0), data: Uint8Array.from(data) }
  }

  #value(identifier: number, now: Millis): Uint8Array | null {
    const block = Object.values(BLOCKS).find((one) => one.identifier === identifier)
    if (block) {
      if (this.#options.knowsBlocks === false) return null
      return Uint8Array.from((block.of as readonly QuantityName[]).flatMap((name) => [...this.#quantity(name, now)!]))
    }
    const name = (Object.keys(QUANTITIES) as QuantityName[]).find((one) => QUANTITIES[one].identifier === identifier)
    if (name) return this.#quantity(name, now)
    return this.#word(identifier, now) ?? this.#count(identifier) ?? this.#clock(identifier, now)
  }

  #quantity(name: QuantityName, now: Millis): Uint8Array | null {
    const truth = this.#options.truth(now)
    const phase = 'ABC'.indexOf(name.at(-1) ?? '')
    const value = (): number | null | undefined => {
      if (name === 'powerFactor') return truth.powerFactor
      if (name === 'frequency') return truth.frequencyHz
      if (name === 'neutralCurrent') return truth.neutralCurrentA
      if (name === 'reverseActiveEnergy') return thousandth(truth.reverseActiveEnergyWh)
      if (name.startsWith('voltage')) return truth.voltageV[phase]
      if (name.startsWith('current')) return truth.currentA[phase]
      if (name === 'activePower') return truth.activePowerW / 1_000
      if (name === 'reactivePower') return truth.reactivePowerVar / 1_000
      if (name.startsWith('activePower') && phase >= 0) return truth.activePowerW / 3_000
      if (name.startsWith('reactivePower') && phase >= 0) return truth.reactivePowerVar / 3_000
      return name === 'forwardActiveEnergy' ? truth.activeEnergyWh / 1_000 : undefined
    }
    const known = value()
    return known === undefined ? null : writeQuantity(known, QUANTITIES[name])
  }

  #word(identifier: number, now: Millis): Uint8Array | null {
    const { phaseA, phaseB, phaseC, word7 } = this.words
    const all = [0, 0, this.breaker?.word3(now) ?? 0, phaseA, phaseB, phaseC, word7]
    const bytes = Uint8Array.from(all.flatMap((word) => [word & 0xff, word >> 8]))
    if (identifier === STATUS_IDENTIFIERS.all) return this.#options.knowsBlocks === false ? null : bytes
    const index = identifier - STATUS_IDENTIFIERS.word1
    return index >= 0 && index < all.length ? bytes.slice(2 * index, 2 * index + 2) : null
  }

  #count(identifier: number): Uint8Array | null {
    const names = Object.keys(EVENT_COUNTS) as (keyof typeof EVENT_COUNTS)[]
    const name = names.find((one) => EVENT_COUNTS[one] === identifier)
    return name ? bcd(this.counts[name], 3) : null
  }

  #clock(identifier: number, now: Millis): Uint8Array | null {
    const time = new Date(this.#options.localMs(now))
    if (identifier === 0x04000101) {
      const numbers = [time.getUTCDay(), time.getUTCDate(), time.getUTCMonth() + 1, time.getUTCFullYear() % 100]
      return Uint8Array.from(numbers.flatMap((number) => [...bcd(number, 1)]))
    }
    if (identifier !== 0x04000102) return null
    const numbers = [time.getUTCSeconds(), time.getUTCMinutes(), time.getUTCHours()]
    return Uint8Array.from(numbers.flatMap((number) => [...bcd(number, 1)]))
  }
}

const thousandth = (value: number | undefined) => (value === undefined ? undefined : value / 1_000)

const refusal = (code: number, error: number) => ({ control: ANSWER | ABNORMAL | code, data: Uint8Array.of(error) })

const bcd = (value: number, bytes: number): Uint8Array =>
  writeQuantity(value, { identifier: 0, bytes, decimals: 0, signed: false, unit: '' })

function addressBytes(address: string): Uint8Array {
  const out = new Uint8Array(6)
  writeAddress(out, 0, address as never)
  return out
}
