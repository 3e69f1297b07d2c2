/** Small arithmetic that all evidence shares. */

/** 0 up to `from`, 1 from `to` on, a straight line between. */
export const ramp = (x: number, from: number, to: number): number => Math.min(1, Math.max(0, (x - from) / (to - from)))

/** What is left of an amount after a time, when it decays to 1/e in `tauMs`. */
export const decayed = (amount: number, elapsedMs: number, tauMs: number): number =>
  elapsedMs <= 0 ? amount : amount * Math.exp(-elapsedMs / tauMs)

/** What is left of 1 after a time, as {@link decayed}: remembers the last, as readings mostly come at even intervals. */
export function createFading(tauMs: number): (elapsedMs: number) => number {
  let lastMs = 0
  let left = 1
  return (elapsedMs) => {
    if (elapsedMs !== lastMs) {
      left = decayed(1, elapsedMs, tauMs)
      lastMs = elapsedMs
    }
    return left
  }
}

/** Grows from 0 to 1: what the first `scale` of an amount says is most of what all of it says. */
export const saturated = (amount: number, scale: number): number => 1 - Math.exp(-amount / scale)

export const logistic = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds))

const SHORT = 64
/** Of the short list at hand: put in order in place, as a list is dear to copy and to sort where it is asked so often. */
const inOrder = new Float64Array(SHORT)

/** The value in the middle; of an even number of them the upper one; 0 of none. */
export function middle(values: readonly number[]): number {
  const { length } = values
  if (length > SHORT) return [...values].sort((a, b) => a - b)[length >> 1]!
  for (let i = 0; i < length; i++) {
    const value = values[i]!
    let place = i
    for (; place > 0 && inOrder[place - 1]! > value; place--) inOrder[place] = inOrder[place - 1]!
    inOrder[place] = value
  }
  return length === 0 ? 0 : inOrder[length >> 1]!
}

/** Appends to a list with a ceiling: the oldest goes. */
export function pushBounded<T>(list: T[], item: T, ceiling: number): void {
  list.push(item)
  if (list.length > ceiling) list.splice(0, list.length - ceiling)
}
