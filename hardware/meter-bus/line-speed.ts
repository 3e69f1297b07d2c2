import type { Millis } from '@minewarden/protocol/time.ts'

/** Start, eight data bits, parity, stop. */
const BITS_PER_BYTE = 11
/** A meter may begin to answer so long after the request's end. @see DL/T 645-2007, 5.3 */
export const SHORTEST_DELAY_MS: Millis = 20
export const LONGEST_DELAY_MS: Millis = 500
/** A frame may pause so long between two bytes. @see DL/T 645-2007, 5.3 */
export const LONGEST_GAP_MS: Millis = 500

/** How long bytes are under way. */
export const bytesMs = (bytes: number, baudRate: number): Millis => (bytes * BITS_PER_BYTE * 1_000) / baudRate
