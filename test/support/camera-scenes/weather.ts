/** What comes between a rendered scene and the lens, and who passes by. Each draws into the light of the picture. */

import type { Conditions } from './conditions.ts'
import { type Chance, chance } from './random.ts'
import { soften } from './soften.ts'
import { VIEW_HEIGHT, VIEW_WIDTH } from './view.ts'

// Of this file, not of an import: the test runner makes each use of an import in these loops a look-up.
const WIDTH = VIEW_WIDTH
const HEIGHT = VIEW_HEIGHT
function add(light: Float32Array, x: number, y: number, amount: number): void {
  if (x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT) return
  light[Math.floor(y) * WIDTH + Math.floor(x)]! += amount
}

/** A soft round spot. */
export function glow(light: Float32Array, x: number, y: number, radius: number, amount: number): void {
  for (let v = Math.max(0, Math.floor(y - 2 * radius)); v < Math.min(HEIGHT, y + 2 * radius); v++)
    for (let u = Math.max(0, Math.floor(x - 2 * radius)); u < Math.min(WIDTH, x + 2 * radius); u++) {
      const distance = ((u - x) ** 2 + (v - y) ** 2) / radius ** 2
      light[v * WIDTH + u]! += amount * Math.exp(-distance * 1.5)
    }
}

export function drawRain(light: Float32Array, { rain }: Conditions, random: Chance, infrared: boolean): void {
  const slant = random.between(-0.25, 0.25)
  for (let drop = 0; drop < rain * 420; drop++) {
    let x = random.between(0, WIDTH)
    const y = random.between(-20, HEIGHT)
    const length = random.between(8, 30)
    const amount = random.between(0.02, 0.1) * (infrared ? 1.6 : 1)
    for (let step = 0; step < length; step++) {
      add(light, x, y + step, amount)
      x += slant
    }
  }
}

export function drawSnow(light: Float32Array, { snowfall }: Conditions, random: Chance, infrared: boolean): void {
  for (let flake = 0; flake < snowfall * 260; flake++) {
    const near = random.next() ** 5
    const amount = infrared ? 0.5 * (0.3 + near) : 0.28
    glow(light, random.between(0, WIDTH), random.between(0, HEIGHT), 0.8 + 9 * near, amount)
  }
}

/** Two lamps that dazzle, their beams on the road, and the glare that they raise all over the lens. */
export function drawHeadlights(light: Float32Array, { headlights }: Conditions): void {
  if (headlights === null) return
  const x = headlights * WIDTH
  for (const by of [-13, 13]) glow(light, x + by, 178, 9, 9)
  glow(light, x, 205, 62, 0.5)
  for (let i = 0; i < light.length; i++) light[i]! += 0.03
}

export function drawTraffic(light: Float32Array, conditions: Conditions, random: Chance, infrared: boolean): void {
  const { truck, people } = conditions
  if (truck !== null) {
    const left = truck * WIDTH - 75
    box(light, left, 105, 110, 82, infrared ? 0.2 : 0.42)
    box(light, left + 112, 128, 36, 60, infrared ? 0.15 : 0.2)
    for (const wheel of [20, 50, 122]) box(light, left + wheel, 184, 20, 15, 0.02)
  }
  for (let person = 0; person < people; person++) {
    const x = random.between(0.15, 0.85) * WIDTH
    const y = random.between(140, 215)
    box(light, x, y, 9 + y / 20, 28 + y / 8, random.between(0.05, 0.5))
  }
}

function box(light: Float32Array, left: number, top: number, width: number, height: number, level: number): void {
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(HEIGHT, top + height); y++)
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(WIDTH, left + width); x++)
      light[y * WIDTH + x] = level * (Math.floor(x) % 14 === 0 ? 0.6 : 1)
}

/** Lit by the lamp from nearby: large, bright, out of focus, some with a trail. */
export function drawInsects(light: Float32Array, { insects }: Conditions, random: Chance): void {
  for (let insect = 0; insect < insects; insect++) {
    const x = random.between(0, WIDTH)
    const y = random.between(0, HEIGHT)
    const size = 3 + 34 * random.next() ** 3
    const slope = random.between(-1, 1)
    for (let step = 0; step < 1 + random.between(0, 5); step++)
      glow(light, x + step * size * 0.7, y + step * slope * size, size, 0.9)
  }
}

/** Threads before the lens, blurred and bright under the lamp, swaying. */
export function drawWeb(light: Float32Array, { web }: Conditions, random: Chance, seed: number): void {
  if (!web) return
  const fixed = chance(seed + 400)
  const sway = random.between(-4, 4)
  for (let thread = 0; thread < 8; thread++) {
    const x = fixed.between(0, WIDTH)
    const slope = fixed.between(-1.2, 1.2)
    for (let y = 0; y < HEIGHT; y += 2) glow(light, x + slope * y + sway * Math.sin(y / 60 + thread), y, 3.2, 0.16)
  }
}

/** Drops on the glass: what is behind them is out of focus. */
export function drawDrops(light: Float32Array, { drops }: Conditions, seed: number): Float32Array {
  if (drops === 0) return light
  const soft = soften(light, 9)
  const fixed = chance(seed + 700)
  for (let drop = 0; drop < drops; drop++) {
    const x = fixed.between(0, WIDTH)
    const y = fixed.between(0, HEIGHT)
    const radius = fixed.between(9, 26)
    for (let v = Math.max(0, Math.floor(y - radius)); v < Math.min(HEIGHT, y + radius); v++)
      for (let u = Math.max(0, Math.floor(x - radius)); u < Math.min(WIDTH, x + radius); u++)
        if ((u - x) ** 2 + (v - y) ** 2 < radius ** 2) light[v * WIDTH + u] = soft[v * WIDTH + u]! * 1.05
  }
  return light
}
