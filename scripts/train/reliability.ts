/** How far predicted probabilities can be believed: what was predicted beside what was so. */

/** Edges between the rows of a table: close together where it matters little, and near certainty. */
const EDGES = [0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0001]

/** One line a bin: how many, mean prediction, share that was so. */
export function reliabilityTable(predicted: readonly number[], so: readonly boolean[]): string[] {
  return EDGES.slice(1).flatMap((to, k) => {
    const from = EDGES[k]!
    const inside = predicted.flatMap((p, i) => (p >= from && p < to ? [i] : []))
    if (inside.length === 0) return []
    const mean = inside.reduce((sum, i) => sum + predicted[i]!, 0) / inside.length
    const share = inside.filter((i) => so[i]).length / inside.length
    const range = `${from.toFixed(2)}-${Math.min(1, to).toFixed(2)}`
    return [`    ${range}  ${String(inside.length).padStart(5)}  ${mean.toFixed(3)}  ${share.toFixed(3)}`]
  })
}

/** Mean negative log of the probability given to what was so; 0 is perfect. */
export const logLoss = (probabilities: readonly (readonly number[])[], truths: readonly number[]): number =>
  probabilities.reduce((sum, p, i) => sum - Math.log(Math.max(p[truths[i]!]!, 1e-6)), 0) / truths.length

/** Mean squared error over all classes; 0 is perfect. @see Brier, Monthly Weather Review 78, 1950 */
export const brierScore = (probabilities: readonly (readonly number[])[], truths: readonly number[]): number =>
  probabilities.reduce((sum, p, i) => sum + p.reduce((s, x, k) => s + (x - (k === truths[i] ? 1 : 0)) ** 2, 0), 0) /
  truths.length
