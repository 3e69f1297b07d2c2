/** Questions for quantities, singly or in blocks, and what of their answers can be true. Pure. */
import type { Question } from '../meter-bus/question.ts'
import type { MeterAddress } from './address.ts'
import { readQuestion, Wrong } from './questions.ts'
import { BLOCKS, QUANTITIES, type Quantity, type QuantityName, readQuantity } from './values.ts'

export type BlockName = keyof typeof BLOCKS
/** In the order of what was asked for; `null`: the meter does not measure it. */
export type Numbers = readonly (number | null)[]

/** What a meter cannot measure without being broken; units of the quantity. */
const MOST: { readonly [unit in Quantity['unit']]?: number } = { V: 600, A: 500, Hz: 70 }
/**
 * Two readings of a value within a second: a motor that starts changes more, and is asked a third time. Damage that the sum
 * does not see stays below it: no more than a meter of class 2 may err by.
 */
const SAME_SHARE = 0.02
const SAME_DIGITS = 5

export const blockQuestion = (address: MeterAddress, name: BlockName): Question<Numbers> =>
  quantitiesQuestion(name, address, BLOCKS[name].identifier, BLOCKS[name].of)
export const singleQuestion = (address: MeterAddress, name: QuantityName): Question<Numbers> =>
  quantitiesQuestion(name, address, QUANTITIES[name].identifier, [name])

function quantitiesQuestion(
  name: string,
  address: MeterAddress,
  identifier: number,
  of: readonly QuantityName[],
): Question<Numbers> {
  const specs: Quantity[] = of.map((one) => QUANTITIES[one])
  return readQuestion({
    name,
    address,
    identifier,
    bytes: specs.reduce((sum, { bytes }) => sum + bytes, 0),
    parse: (data) => parseQuantities(name, data, specs),
    agrees: (a, b) => specs.every((spec, i) => isSame(a[i] ?? null, b[i] ?? null, spec)),
  })
}

function parseQuantities(name: string, data: Uint8Array, specs: readonly Quantity[]): Numbers | Wrong {
  const numbers: (number | null)[] = []
  let at = 0
  for (const spec of specs) {
    const value = at + spec.bytes > data.length ? undefined : readQuantity(data, at, spec)
    if (value === undefined) return new Wrong(`${name}: not decimal digits`)
    if (value !== null && Math.abs(value) > (MOST[spec.unit] ?? Number.POSITIVE_INFINITY))
      return new Wrong(`${name}: ${value} ${spec.unit} cannot be`)
    numbers.push(value)
    at += spec.bytes
  }
  return numbers
}

const isSame = (a: number | null, b: number | null, { decimals, unit }: Quantity): boolean => {
  if (a === null || b === null) return a === b
  // The voltage of a live line hardly changes.
  const share = unit === 'V' ? 0 : SAME_SHARE
  return Math.abs(a - b) <= share * Math.max(Math.abs(a), Math.abs(b)) + SAME_DIGITS / 10 ** decimals
}
