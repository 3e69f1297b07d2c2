/** What somebody does to a rendered camera's lens. */

import type { Conditions } from './conditions.ts'
import { type Chance, fractal } from './random.ts'
import { VIEW_HEIGHT, VIEW_WIDTH } from './view.ts'
import { glow } from './weather.ts'

// Of this file, not of an import: the test runner makes each use of an import in these loops a look-up.
const WIDTH = VIEW_WIDTH
const HEIGHT = VIEW_HEIGHT
/** So near to the lens nothing is in focus: a soft edge, folds as broad shades; at night the lamp lights it up. */
export function drawCover(
  light: Float32Array,
  tint: Float32Array,
  conditions: Conditions,
  random: Chance,
  infrared: boolean,
  seed: number,
): void {
  const { cover } = conditions
  if (cover === null) return
  if (cover.kind === 'wrap') {
    drawWrap(light, random)
    return
  }
  const shade = fractal(seed + 50, 2)
  const edge = fractal(seed + 60, 3)
  const day = Math.max(0.02, Math.sin(((conditions.hour - 6) / 12) * Math.PI) + 0.12)
  const level = {
    cloth: infrared ? 0.7 : 0.22 * day,
    hand: infrared ? 0.9 : 0.1 * day,
    paint: infrared ? 0.12 : 0.05 * day,
  }[cover.kind]
  const soft = cover.kind === 'paint' ? 0.05 : 0.1
  const drift = cover.kind === 'hand' ? random.between(-0.02, 0.02) : 0
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const place = (x / WIDTH) * 0.85 + (y / HEIGHT) * 0.15 + 0.1 * edge(x / 90, y / 90) * (1 - cover.share)
      const opaque = Math.max(0, Math.min(1, (cover.share + drift - place) / soft + 0.5))
      const at = y * WIDTH + x
      const material = level * (1 + 0.35 * shade(x / 190, y / 150))
      const hidden = cover.share >= 1 ? 1 : opaque
      light[at] = light[at]! * (1 - hidden) + material * hidden
      tint[at]! *= 1 - hidden * (cover.kind === 'hand' ? 0.4 : 1)
    }
}

/** A bag drawn over the whole camera: black, but for a trace of light. */
function drawWrap(light: Float32Array, random: Chance): void {
  const leak = 0.0008 + 0.0002 * random.next()
  for (let i = 0; i < light.length; i++) light[i] = leak * (1 + (i % WIDTH) / WIDTH)
}

/** A lamp held at the lens: a burnt-out disc and a veil over everything. */
export function drawDazzle(light: Float32Array, tint: Float32Array, { dazzle }: Conditions): void {
  if (dazzle === 0) return
  glow(light, WIDTH * 0.46, HEIGHT * 0.5, 130, 12 * dazzle)
  for (let i = 0; i < light.length; i++) light[i]! += 1.4 * dazzle
  tint.fill(0.2)
}
