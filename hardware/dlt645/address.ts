import { z } from 'zod'

/**
 * A meter's address: twelve decimal digits, most significant first, as printed on its plate.
 * @see DL/T 645-2007, 5.2.2
 */
export const MeterAddress = z
  .string()
  .regex(/^\d{1,12}$/, 'a meter address is up to twelve decimal digits')
  .transform((digits) => digits.padStart(12, '0'))
  .refine((digits) => digits !== BROADCAST, 'the broadcast address is no meter')
  .brand<'MeterAddress'>()
export type MeterAddress = z.infer<typeof MeterAddress>

/** Every meter hears it, none answers. */
export const BROADCAST = '999999999999'
/** Whoever hears it answers: for a bus with one meter of unknown address. */
export const WILDCARD = 'AAAAAAAAAAAA'
export type FrameAddress = MeterAddress | typeof BROADCAST | typeof WILDCARD

export const ADDRESS_BYTES = 6

/** Writes an address, least significant pair of digits first. */
export function writeAddress(out: Uint8Array, at: number, address: FrameAddress): void {
  for (let i = 0; i < ADDRESS_BYTES; i++) {
    const from = 2 * (ADDRESS_BYTES - 1 - i)
    out[at + i] = Number.parseInt(address.slice(from, from + 2), 16)
  }
}

/** Reads an address as digits; a half-byte that is no digit stays a letter, so that it equals no meter's address. */
export function readAddress(bytes: Uint8Array, at: number): string {
  let digits = ''
  for (let i = ADDRESS_BYTES - 1; i >= 0; i--) digits += bytes[at + i]!.toString(16).padStart(2, '0')
  return digits.toUpperCase()
}
