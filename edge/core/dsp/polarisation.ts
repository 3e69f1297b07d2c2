/**
 * How three components move together: along one line (a P wave, the push of a shot), in an ellipse (surface waves),
 * or every way (noise). From the eigenvalues and eigenvectors of their covariance.
 *
 * @see Jurkevics, Polarization analysis of three-component array data (BSSA 78, 1988), equations 4 to 7
 */
export interface Polarisation {
  /** 1: along one line; 0: all ways alike. */
  readonly rectilinearity: number
  /** Of that line from the vertical: 0 to 90 degrees. The free surface bends it; a P wave from below gives little. */
  readonly incidenceDeg: number
}

/** @param waves vertical and two horizontals, of one length; @returns `null` for silence */
export function polarisationOf(waves: readonly [Float64Array, Float64Array, Float64Array]): Polarisation | null {
  const c = covariance(waves)
  const { values, first } = eigen(c)
  const [l1, l2, l3] = values
  if (!(l1! > 0)) return null
  return {
    rectilinearity: 1 - (l2! + l3!) / (2 * l1!),
    incidenceDeg: (180 / Math.PI) * Math.acos(Math.min(1, Math.abs(first[0]!))),
  }
}

function covariance(waves: readonly Float64Array[]): number[][] {
  const n = waves[0]!.length
  const means = waves.map((wave) => wave.reduce((sum, x) => sum + x, 0) / n)
  return waves.map((a, i) =>
    waves.map((b, j) => {
      let sum = 0
      for (let k = 0; k < n; k++) sum += (a[k]! - means[i]!) * (b[k]! - means[j]!)
      return sum / n
    }),
  )
}

const SWEEPS = 12

/** Eigenvalues in falling order and the vector of the largest, by Jacobi's rotations. @see Press et al., section 11.1 */
function eigen(matrix: readonly (readonly number[])[]): { values: number[]; first: number[] } {
  const a = matrix.map((row) => [...row])
  const v = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    rotate(a, v, 0, 1)
    rotate(a, v, 0, 2)
    rotate(a, v, 1, 2)
  }
  const order = [0, 1, 2].sort((i, j) => a[j]![j]! - a[i]![i]!)
  return { values: order.map((i) => a[i]![i]!), first: v.map((row) => row[order[0]!]!) }
}

/** Makes the element of row `p` and column `q` vanish. */
function rotate(a: number[][], v: number[][], p: number, q: number): void {
  const apq = a[p]![q]!
  if (apq === 0) return
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * apq)
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  for (let k = 0; k < 3; k++) {
    const kp = a[k]![p]!
    const kq = a[k]![q]!
    a[k]![p] = c * kp - s * kq
    a[k]![q] = s * kp + c * kq
  }
  for (let k = 0; k < 3; k++) {
    const pk = a[p]![k]!
    const qk = a[q]![k]!
    a[p]![k] = c * pk - s * qk
    a[q]![k] = s * pk + c * qk
    const vp = v[k]![p]!
    const vq = v[k]![q]!
    v[k]![p] = c * vp - s * vq
    v[k]![q] = s * vp + c * vq
  }
}
