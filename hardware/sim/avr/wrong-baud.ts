/**
 * What a receiver makes of one byte that was sent at another speed: the line's levels, sampled where the receiver expects
 * the middles of its bits. Cannot see: noise, and bytes that follow without a pause (each is taken by itself).
 */

/** Start bit, eight data bits, stop bit. */
export const BITS_PER_CHARACTER = 10

/** What a receiver got for one byte; a wrong speed makes none, one or several of it. */
export interface Received {
  readonly byte: number
  /** Its stop bit was not there. */
  readonly frameError: boolean
}

/**
 * @param sentBaud bits a second of the sender, @param readBaud of the receiver, which looks for further start bits until the
 * sender's character is over
 */
export function receiveAt(byte: number, sentBaud: number, readBaud: number): Received[] {
  const bits = (byte << 1) | 0x200
  const level = (atS: number): number => {
    const index = Math.floor(atS * sentBaud)
    return index >= BITS_PER_CHARACTER ? 1 : (bits >> index) & 1
  }
  const received: Received[] = []
  const stepS = 1 / readBaud / 16
  for (let atS = 0; atS * sentBaud < BITS_PER_CHARACTER; ) {
    if (level(atS) === 1) {
      atS += stepS
      continue
    }
    let value = 0
    for (let bit = 0; bit < 8; bit++) value |= level(atS + (bit + 1.5) / readBaud) << bit
    received.push({ byte: value, frameError: level(atS + 9.5 / readBaud) === 0 })
    atS += BITS_PER_CHARACTER / readBaud
  }
  return received
}
