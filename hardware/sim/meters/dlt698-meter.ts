/** A simulated meter of DL/T 698.45: answers GET of one attribute or of a list; refuses lists when told so. */
import type { Millis } from '@minewarden/protocol/time.ts'
import { createFrameDecoder, encodeFrame, type MeterFrame, WILDCARD } from '../../dlt698/frame.ts'
import { ATTRIBUTES } from '../../dlt698/get.ts'
import type { BusDevice, Reply } from './bus.ts'
import type { SimulatedMeterOptions } from './dlt645-meter.ts'
import { type MeterFaults, type MeterTruth, noFaults } from './model.ts'

const FROM_SERVER = 0xc3
const REFUSED_OTHER = 255
const NO_OBJECT = 4
const CLIENT_ANSWERED = 0x10

export class SimulatedDlt698Meter implements BusDevice {
  readonly faults: MeterFaults = noFaults()
  /** Status words 1 to 7. */
  readonly words = [0, 0, 0, 0, 0, 0, 0]
  readonly counts = { powerLost: 0, coverOpened: 0, terminalCoverOpened: 0 }
  /** Reads of one attribute and of lists. */
  readonly asked = { single: 0, list: 0 }
  readonly #options: SimulatedMeterOptions

  constructor(options: SimulatedMeterOptions) {
    this.#options = options
  }

  hear(bytes: Uint8Array, now: Millis): readonly Reply[] {
    const decoder = createFrameDecoder()
    const items = [...decoder.push(bytes), ...decoder.reset()]
    return items.flatMap((item) => (item.kind === 'frame' && !item.isAnswer ? this.#answer(item, now) : []))
  }

  #answer({ address: asked, apdu }: MeterFrame, now: Millis): Reply[] {
    const { address, delayMs } = this.#options
    if (this.faults.isDead || (asked !== address && asked !== WILDCARD) || apdu[0] !== 5) return []
    const isList = apdu[1] === 2
    this.asked[isList ? 'list' : 'single']++
    const view = new DataView(apdu.buffer, apdu.byteOffset, apdu.byteLength)
    const count = isList ? apdu[3]! : 1
    const descriptors = Array.from({ length: count }, (_, i) => view.getUint32((isList ? 4 : 3) + 4 * i))
    const refusesList = isList && this.#options.knowsBlocks === false
    const results = descriptors.flatMap((descriptor) => [
      ...u32(descriptor),
      ...this.#result(descriptor, refusesList, now),
    ])
    const head = [0x85, apdu[1]!, apdu[2]!, ...(isList ? [count] : [])]
    const said = Uint8Array.from([...head, ...results, 0, 0])
    const answersAs = this.faults.answersAs ?? address
    const bytes = encodeFrame({ address: answersAs, client: CLIENT_ANSWERED, control: FROM_SERVER }, said)
    return [{ bytes, delayMs: delayMs() + this.faults.lateMs }]
  }

  #result(descriptor: number, refusesList: boolean, now: Millis): number[] {
    const { refusesWith } = this.faults
    if (refusesWith !== null) return [0, refusesWith]
    if (refusesList) return [0, REFUSED_OTHER]
    const data = this.#data(descriptor, this.#options.truth(now), now)
    return data ? [1, ...data] : [0, NO_OBJECT]
  }

  #data(descriptor: number, truth: MeterTruth, now: Millis): number[] | null {
    switch (descriptor) {
      case ATTRIBUTES.voltages.descriptor:
        return array(truth.voltageV.map((value) => (value === null ? [0] : u16(Math.round(value * 10)))))
      case ATTRIBUTES.currents.descriptor:
        return array(truth.currentA.map((value) => (value === null ? [0] : i32(Math.round(value * 1_000)))))
      case ATTRIBUTES.activePowers.descriptor:
        return array([truth.activePowerW, 0, 0, 0].map((value) => i32(Math.round(value * 10))))
      case ATTRIBUTES.reactivePowers.descriptor:
        return array([truth.reactivePowerVar, 0, 0, 0].map((value) => i32(Math.round(value * 10))))
      case ATTRIBUTES.forwardActiveEnergy.descriptor:
        return array([[6, ...u32(Math.round(truth.activeEnergyWh / 10))]])
      case ATTRIBUTES.reverseActiveEnergy.descriptor:
        return known(truth.reverseActiveEnergyWh, (value) => array([[6, ...u32(Math.round(value / 10))]]))
      case ATTRIBUTES.powerFactors.descriptor:
        return known(truth.powerFactor, (value) => array([value, 1, 1, 1].map((one) => i16(Math.round(one * 1_000)))))
      case ATTRIBUTES.frequency.descriptor:
        return known(truth.frequencyHz, (value) => u16(Math.round(value * 100)))
      case ATTRIBUTES.statusWords.descriptor:
        return array(this.words.map(bits))
      case ATTRIBUTES.powerLosses.descriptor:
        return eventCount(this.counts.powerLost)
      case ATTRIBUTES.coverOpenings.descriptor:
        return eventCount(this.counts.coverOpened)
      case ATTRIBUTES.terminalCoverOpenings.descriptor:
        return eventCount(this.counts.terminalCoverOpened)
      case ATTRIBUTES.clock.descriptor:
        return clock(this.#options.localMs(now))
      case ATTRIBUTES.address.descriptor:
        return [9, 6, ...(this.#options.address.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))]
      default:
        return null
    }
  }
}

const known = (value: number | undefined, of: (value: number) => number[]): number[] | null =>
  value === undefined ? null : of(value)

const u32 = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff)
const u16 = (value: number): number[] => [18, value >> 8, value & 0xff]
const i16 = (value: number): number[] => [16, (value >> 8) & 0xff, value & 0xff]
const i32 = (value: number): number[] => [5, ...u32(value)]
const array = (items: readonly (readonly number[])[]): number[] => [1, items.length, ...items.flat()]

/** One source that is not told apart, how often, and how many seconds in all. */
const eventCount = (count: number): number[] => array([[2, 2, 0, 2, 2, 6, ...u32(count), 6, ...u32(60 * count)]])

/** Bit 0 is the top bit of the first byte. */
function bits(word: number): number[] {
  const bytes = [0, 0]
  for (let bit = 0; bit < 16; bit++) if ((word >> bit) & 1) bytes[bit >> 3]! |= 0x80 >> (bit & 7)
  return [4, 16, ...bytes]
}

function clock(localMs: number): number[] {
  const time = new Date(localMs)
  const year = time.getUTCFullYear()
  const rest = [time.getUTCMonth() + 1, time.getUTCDate(), time.getUTCHours(), time.getUTCMinutes()]
  return [28, year >> 8, year & 0xff, ...rest, time.getUTCSeconds()]
}
