/** The newest samples of a stream by their running index; older ones are overwritten. Length is a power of two. */
export interface Ring {
  readonly length: number
  /** Index after the newest sample. */
  readonly end: number
  append(samples: Float64Array, count: number): void
  /** Sample at a running index; the caller keeps to `end - length <= index < end`. */
  at(index: number): number
  /** Copies samples from `from` on into `target`; what the ring has not (any more) becomes 0. */
  copy(from: number, target: Float64Array): void
  reset(): void
}

/** @param atLeast samples that must be kept; single precision (24 bits), as good as any digitiser */
export function createRing(atLeast: number): Ring {
  const length = 2 ** Math.ceil(Math.log2(Math.max(2, atLeast)))
  const mask = length - 1
  const store = new Float32Array(length)
  let end = 0
  return {
    length,
    get end() {
      return end
    },
    append(samples, count) {
      // At most two stretches: what reaches beyond the end of the store goes on at its front.
      for (let i = 0; i < count; ) {
        let at = (end + i) & mask
        const stop = Math.min(length, at + count - i)
        while (at < stop) store[at++] = samples[i++]!
      }
      end += count
    },
    at: (index) => store[index & mask]!,
    copy(from, target) {
      const first = Math.min(target.length, Math.max(0, -from, end - length - from))
      const last = Math.max(first, Math.min(target.length, end - from))
      target.fill(0, 0, first)
      for (let i = first, at = from + first; i < last; i++, at++) target[i] = store[at & mask]!
      target.fill(0, last)
    },
    reset() {
      end = 0
    },
  }
}
