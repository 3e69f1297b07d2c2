/** Repeatable chance for rendered scenes. */
export interface Chance {
  /** 0 to 1. */
  next(): number
  between(low: number, high: number): number
  /** Standard normal, from a table: quick enough for every point of every picture. */
  normal(): number
}

const NORMALS = 16_384
let table: Float32Array | undefined

export function chance(seed: number): Chance {
  let state = (seed * 2_654_435_761 + 0x9e3779b9) >>> 0 || 1
  const bits = (): number => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
  const next = (): number => bits() / 4_294_967_296
  const normals = normalTable()
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    normal: () => normals[bits() & (NORMALS - 1)]!,
  }
}

/** Box-Muller, filled once. */
function normalTable(): Float32Array {
  if (table) return table
  table = new Float32Array(NORMALS)
  for (let i = 0; i < NORMALS; i++) {
    const radius = Math.sqrt(-2 * Math.log((i + 0.5) / NORMALS))
    table[i] = radius * Math.cos(i * 2.399963)
  }
  return table
}

/** Smooth noise of several octaves, about -1 to 1, the same for the same place. */
export function fractal(seed: number, octaves: number): (x: number, y: number) => number {
  return (x, y) => {
    let sum = 0
    let size = 1
    let scale = 1
    for (let octave = 0; octave < octaves; octave++) {
      sum += size * lattice(x * scale, y * scale, seed + octave * 1013)
      size *= 0.55
      scale *= 2.03
    }
    return sum
  }
}

function lattice(x: number, y: number, seed: number): number {
  const left = Math.floor(x)
  const top = Math.floor(y)
  const u = smooth(x - left)
  const v = smooth(y - top)
  const upper = corner(left, top, seed) * (1 - u) + corner(left + 1, top, seed) * u
  const lower = corner(left, top + 1, seed) * (1 - u) + corner(left + 1, top + 1, seed) * u
  return upper * (1 - v) + lower * v
}

const smooth = (t: number): number => t * t * (3 - 2 * t)

function corner(x: number, y: number, seed: number): number {
  let hash = Math.imul(x, 374_761_393) ^ Math.imul(y, 668_265_263) ^ Math.imul(seed, 1_274_126_177)
  hash = Math.imul(hash ^ (hash >>> 13), 1_274_126_177)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2_147_483_648 - 1
}
