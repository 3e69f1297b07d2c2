/** Small square matrices of rates and probabilities, row by row in one array. */

/** exp(`rates` x `hours`) by scaling and squaring: probabilities of going from a row's state to a column's in that time. */
export function transitionAfter(rates: Float64Array, hours: number, size: number): Float64Array {
  let largest = 0
  for (let i = 0; i < size; i++) largest = Math.max(largest, -rates[i * size + i]! * hours)
  const halvings = Math.max(0, Math.ceil(Math.log2(Math.max(largest, 1e-9))) + 6)
  const step = rates.map((rate) => (rate * hours) / 2 ** halvings)
  let result = addIdentity(step, size)
  let term = step
  for (let order = 2; order <= 4; order++) {
    term = multiply(term, step, size).map((x) => x / order)
    result = result.map((x, i) => x + term[i]!)
  }
  for (let i = 0; i < halvings; i++) result = multiply(result, result, size)
  return result
}

/** The matrix product. */
export function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      let sum = 0
      for (let k = 0; k < size; k++) sum += a[i * size + k]! * b[k * size + j]!
      product[i * size + j] = sum
    }
  return product
}

const addIdentity = (matrix: Float64Array, size: number): Float64Array =>
  matrix.map((x, i) => (i % (size + 1) === 0 ? x + 1 : x))
