import type { Millis } from '@minewarden/protocol/time.ts'
import type { ByteLine } from '../line/contract.ts'
import { FrameDecoder } from './frame.ts'
import { COMMANDS, parseHello, TYPE } from './messages.ts'

/** A question or its answer may be lost to a disturbance, and a board that starts hears none: it is asked again. */
const ASK_EACH_MS: Millis = 500

/**
 * Asks who is at the other end: true when a digitiser answers, and the right one. Whoever calls it ends it by closing the
 * line when nobody answers.
 * @param serial 16 hexadecimal digits; `null`: any will do
 * @throws HardwareError `line-lost`
 */
export async function recogniseDigitiser(line: ByteLine, serial: string | null): Promise<boolean> {
  let found: string | null = null
  let askedAt = Number.NEGATIVE_INFINITY
  const decoder = new FrameDecoder({
    frame: (type, payload) => {
      if (type === TYPE.hello) found = parseHello(payload)?.serial ?? found
    },
    discarded: () => undefined,
  })
  // A board that restarts when its port is opened says HELLO by itself; one that goes on streams at once and is asked.
  for await (const { bytes, at } of line.read()) {
    decoder.push(bytes)
    if (found !== null) return serial === null || found === serial
    if (at - askedAt < ASK_EACH_MS) continue
    askedAt = at
    await line.write(COMMANDS.getHello())
  }
  return false
}
