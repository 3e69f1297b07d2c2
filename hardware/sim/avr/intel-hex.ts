import { HardwareError } from '../../errors.ts'

/** Flash of an ATmega328P, bytes. */
export const FLASH_BYTES = 0x8000

const DATA = 0
const END_OF_FILE = 1
/** Segment and linear base addresses and start addresses: meaningless below 64 KiB unless they are not zero. */
const BASES: readonly number[] = [2, 4]
const STARTS: readonly number[] = [3, 5]

/**
 * Reads firmware in Intel HEX into an image of the flash; what no record fills is 0xff, as erased flash is.
 * @throws HardwareError `firmware-unreadable` with the line's number
 * @see Intel, Hexadecimal Object File Format Specification, revision A (1988)
 */
export function parseIntelHex(text: string): Uint8Array {
  const flash = new Uint8Array(FLASH_BYTES).fill(0xff)
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue
    const { type, address, data } = parseRecord(line, index + 1)
    if (type === END_OF_FILE) return flash
    if (type === DATA) {
      if (address + data.length > FLASH_BYTES) throw unreadable(index + 1, 'lies beyond the flash')
      flash.set(data, address)
    } else if (BASES.includes(type) ? data.some((byte) => byte !== 0) : !STARTS.includes(type)) {
      throw unreadable(index + 1, `has type ${type}, which an ATmega328P has no use for`)
    }
  }
  throw new HardwareError('firmware-unreadable', 'Intel HEX without its last record')
}

function parseRecord(line: string, lineNumber: number): { type: number; address: number; data: Uint8Array } {
  if (!/^:([0-9a-f]{2}){5,}$/i.test(line)) throw unreadable(lineNumber, 'is not a record')
  const bytes = Uint8Array.from(line.slice(1).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  if (bytes.length !== bytes[0]! + 5) throw unreadable(lineNumber, 'has another length than it says')
  if (bytes.reduce((sum, byte) => sum + byte, 0) % 256 !== 0) throw unreadable(lineNumber, 'has a wrong checksum')
  return { type: bytes[3]!, address: (bytes[1]! << 8) | bytes[2]!, data: bytes.subarray(4, -1) }
}

const unreadable = (lineNumber: number, what: string): HardwareError =>
  new HardwareError('firmware-unreadable', `line ${lineNumber} of the Intel HEX ${what}`)
