import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { requires } from '../../support/requires.ts'
import { createDigitiser, u16 } from './digitiser.ts'
import { COMMAND, type Frame, frameBytes, parseData, parseHealth, parseHello, TYPE } from './protocol.ts'

/**
 * The published vectors are what the compiled firmware says and takes. After a wanted change of the protocol they are written
 * anew with `MINEWARDEN_WRITE_VECTORS=1 npx vitest run test/hardware/firmware/vectors.test.ts`.
 */
const FILE = new URL('../../../hardware/digitiser/vectors.json', import.meta.url)

interface Vector {
  readonly name: string
  readonly hex: string
  readonly meaning: Record<string, unknown>
}
interface Vectors {
  readonly about: string
  readonly fromDigitiser: readonly Vector[]
  readonly toDigitiser: readonly Vector[]
}

const SERIAL = [...Buffer.from('MW-00042')]
const SMALL = [1, -2, 300_000, -300_000]
const ENDS = [0x01_23_45, -1, 0x7f_ff_ff, -0x80_00_00]

const toDigitiser: readonly Vector[] = [
  command('GET_HELLO', COMMAND.getHello, [], {}),
  command('SET_RATE', COMMAND.setRate, u16(250), { rate: 250 }),
  command('SET_GAIN', COMMAND.setGain, [2, 32], { channel: 2, gain: 32 }),
  command('CALIBRATE', COMMAND.calibrate, u16(8), { durationMs: 8 }),
  command('SET_SERIAL', COMMAND.setSerial, SERIAL, { serial: Buffer.from(SERIAL).toString('hex') }),
  command('RESET', COMMAND.reset, [], {}),
]

function command(name: string, type: number, payload: readonly number[], meaning: Record<string, unknown>): Vector {
  return { name, hex: Buffer.from(frameBytes(type, payload)).toString('hex'), meaning: { type, ...meaning } }
}

function said(name: string, frame: Frame | undefined, parse: (frame: Frame) => object): Vector {
  if (!frame) throw new Error(`the firmware did not say ${name}`)
  const meaning: object = { ...parse(frame), atMs: undefined }
  return {
    name,
    hex: Buffer.from(frameBytes(frame.type, [...frame.payload])).toString('hex'),
    // When it came is not part of it: JSON leaves it out.
    meaning: JSON.parse(JSON.stringify({ type: frame.type, ...meaning })),
  }
}

const parseAck = ({ payload }: Frame) => ({ command: payload[0]!, status: payload[1]! })

/** One life of a digitiser that says each kind of frame. */
function listen(): readonly Vector[] {
  let codes = SMALL
  const digitiser = createDigitiser({ source: (_, channel) => codes[channel]! })
  const first = (type: number, which: (frame: Frame) => boolean = () => true) =>
    digitiser.frames.find((frame) => frame.type === type && which(frame))
  const flags = (frame: Frame) => frame.payload[9]!
  digitiser.board.runFor(1200)
  const hello = said('HELLO of a new board', first(TYPE.hello), parseHello)
  const full = said('DATA, 16 samples at 500 a second', first(TYPE.data), parseData)
  const health = said('HEALTH', first(TYPE.health), parseHealth)
  digitiser.forget()
  digitiser.ask(COMMAND.setRate, [100, 0])
  const refused = said('ACK, bad argument', first(TYPE.ack), parseAck)
  digitiser.forget()
  codes = ENDS
  digitiser.ask(COMMAND.setRate, u16(250))
  const done = said('ACK, done', first(TYPE.ack), parseAck)
  digitiser.board.runFor(500)
  const clipped = said(
    'DATA, 10 samples at 250 a second, a new run, two channels at the ends of their range',
    first(TYPE.data, (frame) => (flags(frame) & 8) !== 0 && frame.payload.readUInt32LE(4) === 0),
    parseData,
  )
  codes = SMALL
  digitiser.ask(COMMAND.setSerial, SERIAL)
  digitiser.ask(COMMAND.setGain, [2, 32])
  digitiser.forget()
  digitiser.adc.damageFrames(3)
  digitiser.board.runFor(500)
  const missed = said(
    'DATA, the ADC had to be started anew',
    first(TYPE.data, (f) => (flags(f) & 4) !== 0),
    (f) => ({
      ...parseData(f),
    }),
  )
  digitiser.forget()
  digitiser.ask(COMMAND.reset)
  digitiser.board.runFor(300)
  digitiser.ask(COMMAND.calibrate, u16(8))
  digitiser.board.runFor(100)
  const restarted = said('HELLO after RESET, settings kept', first(TYPE.hello), parseHello)
  const pulse = said(
    'DATA, the 2 samples of a calibration pulse of 8 ms',
    first(TYPE.data, (frame) => (flags(frame) & 1) !== 0),
    parseData,
  )
  return [hello, restarted, full, clipped, missed, pulse, health, done, refused]
}

describe.runIf(requires('avr-gcc'))('the published vectors of the digitiser', () => {
  const fromDigitiser = listen()
  if (process.env.MINEWARDEN_WRITE_VECTORS === '1') {
    const about = 'Frames as the compiled firmware says and takes them; docs/digitiser-protocol.md names the fields.'
    writeFileSync(FILE, `${JSON.stringify({ about, fromDigitiser, toDigitiser }, null, 2)}\n`)
  }
  const published: Vectors = JSON.parse(readFileSync(FILE, 'utf8'))

  it('are, byte by byte, what it says', () => {
    expect(fromDigitiser).toEqual(published.fromDigitiser)
  })

  it('are the commands that the protocol page describes', () => {
    expect(toDigitiser).toEqual(published.toDigitiser)
  })

  it.each(published.toDigitiser)('are obeyed as they stand: $name', ({ hex, meaning }) => {
    const digitiser = createDigitiser()
    digitiser.board.runFor(200)
    digitiser.board.serial.send(Buffer.from(hex, 'hex'))
    digitiser.board.runFor(300)
    expect(digitiser.acks()).toEqual([[meaning.type, 0]])
  })
})
