import { createRandom } from './random.ts'

/** Wind at the site in m/s at a time: gusts of seconds to minutes about a mean; the same for every sensor. */
export function createWind(seed: number, meanMPerS: number): (atMs: number) => number {
  const random = createRandom(seed, 'wind')
  const gusts = [7, 19, 53, 170, 600].map((periodS) => ({
    turnsPerMs: (2 * Math.PI) / (periodS * random.between(0.8, 1.2) * 1000),
    turn: random.between(0, 2 * Math.PI),
  }))
  return (atMs) => {
    const sum = gusts.reduce((total, gust) => total + Math.sin(atMs * gust.turnsPerMs + gust.turn), 0)
    return Math.max(0, meanMPerS * (1 + 0.3 * sum))
  }
}
