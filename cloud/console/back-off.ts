const FIRST_MS = 1000
const CEILING_MS = 30_000

/**
 * How long to wait before the next attempt to connect: doubles from one second to half a minute, a quarter of it random,
 * so that the pages of a whole county do not come back in the same instant.
 * @param attempt failures in a row, from 1
 * @param random in [0, 1)
 */
export const waitMs = (attempt: number, random: number): number =>
  Math.min(CEILING_MS, FIRST_MS * 2 ** (attempt - 1)) * (0.75 + 0.25 * random)
