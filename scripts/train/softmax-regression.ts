/**
 * The small model that the rules are held against: multinomial logistic regression with a ridge, by accelerated
 * gradient descent (Nesterov), deterministic. Features are standardised on what it is trained on.
 */
export interface SoftmaxModel {
  predict(features: readonly number[]): number[]
}

const STEPS = 200
const RIDGE = 1
/** Largest rate at which the descent of standardised features is steady, over the number of features. */
const RATE = 2

export function trainSoftmax(
  rows: readonly (readonly number[])[],
  truths: readonly number[],
  classes: number,
): SoftmaxModel {
  const width = rows[0]!.length
  const mean = Float64Array.from({ length: width }, (_, j) => rows.reduce((sum, r) => sum + r[j]!, 0) / rows.length)
  const spread = mean.map((m, j) => Math.sqrt(rows.reduce((sum, r) => sum + (r[j]! - m) ** 2, 0) / rows.length) || 1)
  const standard = (row: readonly number[]) => Float64Array.from(row, (x, j) => (x - mean[j]!) / spread[j]!)
  const inputs = rows.map(standard)
  const weights = descend(inputs, truths, classes)
  return { predict: (row) => [...probabilities(standard(row), weights, classes)] }
}

/** Weights by feature, then class; the last row holds the biases. */
function descend(inputs: readonly Float64Array[], truths: readonly number[], classes: number): Float64Array {
  const width = inputs[0]!.length
  const size = (width + 1) * classes
  let weights = new Float64Array(size)
  let ahead = new Float64Array(size)
  for (let step = 1; step <= STEPS; step++) {
    const slope = gradient(inputs, truths, { weights: ahead, classes })
    const next = ahead.map((w, i) => w - (RATE / width) * slope[i]!)
    const momentum = (step - 1) / (step + 2)
    ahead = next.map((w, i) => w + momentum * (w - weights[i]!))
    weights = next
  }
  return weights
}

function gradient(
  inputs: readonly Float64Array[],
  truths: readonly number[],
  { weights, classes }: { weights: Float64Array; classes: number },
): Float64Array {
  const width = inputs[0]!.length
  const slope = new Float64Array(weights.length)
  inputs.forEach((input, i) => {
    const p = probabilities(input, weights, classes)
    p[truths[i]!] = p[truths[i]!]! - 1
    for (let j = 0; j < width; j++) {
      for (let k = 0; k < classes; k++) slope[j * classes + k] = slope[j * classes + k]! + input[j]! * p[k]!
    }
    for (let k = 0; k < classes; k++) slope[width * classes + k] = slope[width * classes + k]! + p[k]!
  })
  const ridged = width * classes
  return slope.map((s, i) => (s + (i < ridged ? 2 * RIDGE * weights[i]! : 0)) / inputs.length)
}

function probabilities(input: Float64Array, weights: Float64Array, classes: number): Float64Array {
  const out = new Float64Array(classes)
  for (let k = 0; k < classes; k++) {
    let sum = weights[input.length * classes + k]!
    for (let j = 0; j < input.length; j++) sum += input[j]! * weights[j * classes + k]!
    out[k] = sum
  }
  const top = Math.max(...out)
  let total = 0
  for (let k = 0; k < classes; k++) total += out[k] = Math.exp(out[k]! - top)
  return out.map((x) => x / total)
}
