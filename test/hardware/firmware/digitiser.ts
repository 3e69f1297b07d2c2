import { readFileSync } from 'node:fs'
import { type AdcOptions, type Ads131m04, connectAds131m04 } from '../../../hardware/sim/adc/ads131m04.ts'
import { type Board, createBoard } from '../../../hardware/sim/avr/board.ts'
import { parseIntelHex } from '../../../hardware/sim/avr/intel-hex.ts'
import { cachedFirmware } from '../../../scripts/firmware.ts'
import {
  createReader,
  type Data,
  type Frame,
  frameBytes,
  parseData,
  parseHealth,
  parseHello,
  TYPE,
} from './protocol.ts'

/** The compiled firmware on a simulated board with a simulated ADC, and all that it has said. */
export interface Digitiser {
  readonly board: Board
  readonly adc: Ads131m04
  readonly frames: Frame[]
  readonly strayBytes: number
  data(): Data[]
  healths(): ReturnType<typeof parseHealth>[]
  hellos(): ReturnType<typeof parseHello>[]
  /** [command, status] of each ACK. */
  acks(): [number, number][]
  /** Sends a command and lets time pass until it is answered, for a second at most: the status, or `null`. */
  ask(type: number, payload?: readonly number[]): number | null
  /** Forgets the frames so far. */
  forget(): void
}

/** Samples that tell which conversion and channel they are of, up to both ends of the range. */
export function tellingSource(conversion: number, channel: number): number {
  if (channel === 0) return conversion & 0x7f_ff_ff
  const mixed = Math.imul(conversion + 1, [0, 0x9e3779b1, 0x85ebca6b, 0xc2b2ae35][channel]!)
  return (mixed >> 8) | 0
}

export interface DigitiserOptions extends Partial<AdcOptions> {
  readonly baud?: number
  /** Restarts with what a board before has kept. */
  readonly eeprom?: Uint8Array
}

export function createDigitiser(options: DigitiserOptions = {}): Digitiser {
  const board = createBoard({ flash: parseIntelHex(readFileSync(cachedFirmware(options.baud).hex, 'utf8')) })
  if (options.eeprom) board.eeprom.set(options.eeprom)
  const adc = connectAds131m04(board, { source: tellingSource, ...options })
  const frames: Frame[] = []
  const reader = createReader((frame) => frames.push(frame))
  board.serial.onByte(reader.take)
  const of = <T>(type: number, parse: (frame: Frame) => T): T[] =>
    frames.filter((frame) => frame.type === type).map(parse)
  const acks = () => of(TYPE.ack, ({ payload }): [number, number] => [payload[0]!, payload[1]!])
  return {
    board,
    adc,
    frames,
    get strayBytes() {
      return reader.strayBytes
    },
    data: () => of(TYPE.data, parseData),
    healths: () => of(TYPE.health, parseHealth),
    hellos: () => of(TYPE.hello, parseHello),
    acks,
    ask(type, payload) {
      const before = acks().length
      board.serial.send(frameBytes(type, payload))
      for (let waited = 0; waited < 1000 && acks().length === before; waited += 5) board.runFor(5)
      const answer = acks()[before]
      return answer?.[0] === type ? answer[1] : null
    },
    forget: () => frames.splice(0),
  }
}

export const u16 = (value: number): number[] => [value & 0xff, value >> 8]
