/**
 * A tar archive that is the same for the same files: no owner, no mode but reading, one time for all.
 * @see POSIX.1-1988 (ustar)
 */
export interface TarFile {
  /** ASCII, at most 100 characters, `/` between folders. */
  readonly name: string
  readonly bytes: Uint8Array
}

const BLOCK = 512
const MAX_NAME = 100

/** @param atMs modification time of every file, UTC milliseconds */
export function tarOf(files: readonly TarFile[], atMs: number): Uint8Array {
  const parts = files.flatMap(({ name, bytes }) => [headerOf(name, bytes.length, atMs), bytes, padding(bytes.length)])
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 2 * BLOCK))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const padding = (length: number) => new Uint8Array((BLOCK - (length % BLOCK)) % BLOCK)

function headerOf(name: string, length: number, atMs: number): Uint8Array {
  if (!/^[\x21-\x7e]+$/.test(name) || name.length > MAX_NAME) throw new RangeError(`not a name in an archive: ${name}`)
  const header = new Uint8Array(BLOCK)
  const put = (text: string, at: number) => header.set(new TextEncoder().encode(text), at)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  put(name, 0)
  put(octal(0o444, 7), 100)
  put(octal(0, 7), 108)
  put(octal(0, 7), 116)
  put(octal(length, 11), 124)
  put(octal(Math.floor(atMs / 1000), 11), 136)
  put(' '.repeat(8), 148)
  put('0', 156)
  put('ustar\0', 257)
  put('00', 263)
  const sum = header.reduce((total, byte) => total + byte, 0)
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}
