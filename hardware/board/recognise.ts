import type { ByteLine } from '../line/contract.ts'

/** A board restarts when its port is opened, which takes it two seconds; then it tells what it is. */
export const RECOGNISE_LIMIT_MS = 4_000

const ASK = Uint8Array.of(0xf9, 0xf0, 0x79, 0xf7)
/** A version (major 2), at once followed by the firmware's name, which is how StandardFirmata begins and answers. */
const ANSWER = [0xf9, 2, null, 0xf0, 0x79, 2] as const

/** Whether StandardFirmata is at the other end. Waits for as long as the line is open. */
export async function recogniseFirmata(line: ByteLine): Promise<boolean> {
  await line.write(ASK)
  const last: number[] = []
  for await (const { bytes } of line.read()) {
    for (const byte of bytes) {
      last.push(byte)
      if (last.length > ANSWER.length) last.shift()
      if (last.length === ANSWER.length && ANSWER.every((wanted, i) => wanted === null || wanted === last[i]))
        return true
    }
  }
  return false
}
