/** Registers and commands of TI's ADS131M04, as far as the model knows them. @see TI SBAS890D, sections 8.5.1.10 and 8.6 */

export const ID = 0x00
export const STATUS = 0x01
export const MODE = 0x02
export const CLOCK = 0x03
export const GAIN1 = 0x04
const REGISTERS = 64

/** What each register holds after a reset; what is not named here holds 0. */
const RESET_VALUES: Readonly<Record<number, number>> = {
  [ID]: 0x2403,
  [STATUS]: 0x0500,
  [MODE]: 0x0510,
  [CLOCK]: 0x0f0e,
  6: 0x0600,
  12: 0x8000,
  17: 0x8000,
  22: 0x8000,
  27: 0x8000,
}

export const MODE_RESET = 0x0400
const MODE_WORD_LENGTH = 0x0300
const MODE_24_BIT = 0x0100
/** Register-map CRC, input CRC, the other polynomial, DRDY as a pulse. */
const MODE_NOT_MODELLED = 0x3803
const CLOCK_CHANNELS = 0x0f00
const CLOCK_TURBO = 0x0020
const OVERSAMPLING = [128, 256, 512, 1024, 2048, 4096, 8192, 16_256] as const

export function resetRegisters(): Uint16Array {
  const registers = new Uint16Array(REGISTERS)
  for (const [address, value] of Object.entries(RESET_VALUES)) registers[Number(address)] = value
  return registers
}

export const isWritable = (address: number): boolean => address !== ID && address !== STATUS && address < 0x30

/** @throws RangeError for a setting that the model does not have: a test may not pass by what the chip would not do. */
export function refuseUnmodelled(address: number, value: number): void {
  const unmodelled =
    (address === MODE && ((value & MODE_WORD_LENGTH) !== MODE_24_BIT || (value & MODE_NOT_MODELLED) !== 0)) ||
    (address === CLOCK && ((value & CLOCK_CHANNELS) !== CLOCK_CHANNELS || (value & CLOCK_TURBO) !== 0)) ||
    (address > GAIN1 && value !== (RESET_VALUES[address] ?? 0))
  if (unmodelled) throw new RangeError(`register ${address} = 0x${value.toString(16)} is beyond the ADS131M04 model`)
}

/** Conversions a second: the modulator runs at half the clock. */
export const rateOf = (clockRegister: number, clockHz: number): number =>
  clockHz / 2 / OVERSAMPLING[(clockRegister >> 2) & 7]!

/** Gain of each channel, 1 to 128. */
export const gainsOf = (gainRegister: number): readonly number[] =>
  [0, 4, 8, 12].map((shift) => 1 << ((gainRegister >> shift) & 7))

export type Command =
  | { readonly kind: 'null' | 'reset' | 'lock' | 'unlock' | 'other' }
  | { readonly kind: 'read' | 'write'; readonly address: number; readonly count: number }

export function parseCommand(word: number): Command {
  if (word === 0x0000) return { kind: 'null' }
  if (word === 0x0011) return { kind: 'reset' }
  if (word === 0x0555) return { kind: 'lock' }
  if (word === 0x0655) return { kind: 'unlock' }
  const kind = word >> 13 === 0b101 ? 'read' : word >> 13 === 0b011 ? 'write' : 'other'
  return kind === 'other' ? { kind } : { kind, address: (word >> 7) & 0x3f, count: (word & 0x7f) + 1 }
}

/** CRC-16/CCITT with start 0xffff, as the chip appends it to each frame. */
export function frameCrc(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff
  }
  return crc
}
