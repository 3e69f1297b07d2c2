/** What the compiled firmware says and takes, as published, against the gateway's codec. */
import { readFileSync } from 'node:fs'
import { FrameDecoder } from '@minewarden/hardware/digitiser/frame.ts'
import {
  ACK_STATUS,
  COMMANDS,
  copySamples,
  parseAck,
  parseDataHead,
  parseHealth,
  parseHello,
  TYPE,
} from '@minewarden/hardware/digitiser/messages.ts'
import { describe, expect, it } from 'vitest'

interface Vector {
  readonly name: string
  readonly hex: string
  readonly meaning: { readonly type: number } & Record<string, unknown>
}
const { fromDigitiser, toDigitiser } = JSON.parse(
  readFileSync(new URL('../../../hardware/digitiser/vectors.json', import.meta.url), 'utf8'),
) as { fromDigitiser: Vector[]; toDigitiser: Vector[] }

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))

function payloadOf({ hex, meaning }: Vector): Uint8Array {
  let found: Uint8Array | null = null
  const decoder = new FrameDecoder({
    frame: (type, payload) => {
      expect(type).toBe(meaning.type)
      found = Uint8Array.from(payload)
    },
    discarded: (bytes) => expect(bytes).toBe(0),
  })
  decoder.push(bytesOf(hex))
  if (!found) throw new Error('no sound frame')
  return found
}

/** What our codec reads in a payload, in the words of the vectors. */
function meaningOf(type: number, payload: Uint8Array): unknown {
  if (type === TYPE.hello) {
    const hello = parseHello(payload)
    return hello && { ...hello, rate: hello.rateHz, rateHz: undefined }
  }
  if (type === TYPE.health) {
    const health = parseHealth(payload)
    return health && { ...health, supplyMv: health.supplyV * 1000, supplyV: undefined }
  }
  if (type === TYPE.ack) {
    const ack = parseAck(payload)
    return ack && { command: ack.command, status: ACK_STATUS.indexOf(ack.status) }
  }
  const head = parseDataHead(payload)
  if (!head) return null
  const channels = [0, 1, 2, 3].map((channel) => {
    const out = new Int32Array(head.samples)
    copySamples(payload, channel, out, 0)
    return out
  })
  return {
    number: head.frameNumber,
    first: head.firstSample,
    run: head.run,
    flags: Number(head.calibrating) + 2 * Number(head.supplyLow) + 4 * Number(head.missed) + 8 * Number(head.clipped),
    samples: Array.from({ length: head.samples }, (_, i) => channels.map((channel) => channel[i])),
  }
}

const commandOf = ({ type, ...args }: Vector['meaning']): Uint8Array => {
  const all: Record<number, () => Uint8Array> = {
    [TYPE.getHello]: COMMANDS.getHello,
    [TYPE.setRate]: () => COMMANDS.setRate(args.rate as 250),
    [TYPE.setGain]: () => COMMANDS.setGain(args.channel as number, args.gain as 1),
    [TYPE.calibrate]: () => COMMANDS.calibrate(args.durationMs as number),
    [TYPE.setSerial]: () => COMMANDS.setSerial(bytesOf(args.serial as string)),
    [TYPE.reset]: COMMANDS.reset,
  }
  return all[type]!()
}

describe('the published vectors', () => {
  it.each(fromDigitiser)('are read as they are meant: $name', (vector) => {
    const { type, ...meaning } = vector.meaning
    expect(meaningOf(type, payloadOf(vector))).toEqual(meaning)
  })

  it.each(toDigitiser)('are what is sent: $name', ({ hex, meaning }) => {
    expect(Buffer.from(commandOf(meaning)).toString('hex')).toBe(hex)
  })

  it('have a frame of each type', () => {
    const types = [...fromDigitiser, ...toDigitiser].map(({ meaning }) => meaning.type)
    expect([...new Set(types)].sort()).toEqual(Object.values(TYPE).sort())
  })
})
