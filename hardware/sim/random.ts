/** Chance that repeats itself: the same seed and labels give the same numbers on every machine. */
export interface Random {
  /** In [0, 1). */
  unit(): number
  between(low: number, high: number): number
  /** Of mean 0 and standard deviation 1. */
  gaussian(): number
}

/** Labels name what the numbers are for, so that one more consumer changes nothing for the others. */
export function createRandom(seed: number, ...labels: readonly (string | number)[]): Random {
  const unit = sfc32(hash(`${seed}/${labels.join('/')}`))
  let spare: number | null = null

  /** @see Marsaglia and Bray 1964 (polar method) */
  function gaussian(): number {
    if (spare !== null) {
      const value = spare
      spare = null
      return value
    }
    for (;;) {
      const x = 2 * unit() - 1
      const y = 2 * unit() - 1
      const s = x * x + y * y
      if (s >= 1 || s === 0) continue
      const factor = Math.sqrt((-2 * Math.log(s)) / s)
      spare = y * factor
      return x * factor
    }
  }

  return { unit, gaussian, between: (low, high) => low + (high - low) * unit() }
}

/** FNV-1a, 32 bits. @see http://www.isthe.com/chongo/tech/comp/fnv/ */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}

/** Small fast counting generator, from PractRand by C. Doty-Humphrey. */
function sfc32(seed: number): () => number {
  let a = 0
  let b = seed | 0
  let c = 0x9e3779b9 | 0
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 15; i++) next()
  return next
}
