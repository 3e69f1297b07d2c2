/** A sample rate as the header can say it: two 16-bit numbers. */
export interface RateFields {
  readonly factor: number
  readonly multiplier: number
  /** False: the fields are only near, blockette 100 must carry the rate. */
  readonly exact: boolean
}

const MAX_FIELD = 32_767
const TOLERANCE = 1e-9

/** Writes a rate in samples a second as factor and multiplier: 100 = 100 x 1, 62.5 = 125 / 2, one each 10 s = -10 x 1. */
export function rateFields(rateHz: number): RateFields {
  const period = Math.round(1 / rateHz)
  if (rateHz < 1 && period <= MAX_FIELD && near(1 / period, rateHz))
    return { factor: -period, multiplier: 1, exact: true }
  for (let divisor = 1; divisor <= 1000; divisor++) {
    const factor = Math.round(rateHz * divisor)
    if (factor > MAX_FIELD) break
    if (factor > 0 && near(factor / divisor, rateHz))
      return { factor, multiplier: divisor === 1 ? 1 : -divisor, exact: true }
  }
  return { factor: Math.min(MAX_FIELD, Math.max(1, Math.round(rateHz))), multiplier: 1, exact: false }
}

const near = (a: number, b: number) => Math.abs(a - b) <= b * TOLERANCE
