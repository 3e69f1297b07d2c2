/** Random draws for the simulated years: deterministic for a seed, so that every figure can be made again. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** Standard normal. */
  gauss(): number
  between(low: number, high: number): number
  /** Between two positive numbers, evenly by ratio. */
  ratio(low: number, high: number): number
  /** How many of a rare thing happen where `mean` are expected. */
  poisson(mean: number): number
  pick<T>(items: readonly T[]): T
  chance(probability: number): boolean
}

/** Mulberry32. @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const gauss = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  const poisson = (mean: number) => {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * gauss()))
    let count = 0
    for (let product = next(); product > Math.exp(-mean); product *= next()) count++
    return count
  }
  return {
    next,
    gauss,
    between: (low, high) => low + (high - low) * next(),
    ratio: (low, high) => low * (high / low) ** next(),
    poisson,
    pick: (items) => items[Math.floor(next() * items.length)]!,
    chance: (probability) => next() < probability,
  }
}

/** A seed of its own for each of several streams, so that a change of one leaves the others as they were. */
export const seedOf = (...parts: readonly number[]): number =>
  parts.reduce((hash, part) => (Math.imul(hash ^ (part + 0x9e3779b9), 0x85ebca6b) ^ (hash >>> 13)) >>> 0, 2166136261)
