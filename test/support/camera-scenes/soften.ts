import { VIEW_HEIGHT, VIEW_WIDTH } from './view.ts'

// Of this file, not of an import: the test runner makes each use of an import in these loops a look-up.
const WIDTH = VIEW_WIDTH
const HEIGHT = VIEW_HEIGHT
/** Two passes of a box: near enough to a lens out of focus. */
export function soften(light: Float32Array, radius: number): Float32Array {
  let picture = light
  for (let pass = 0; pass < 2; pass++) picture = boxColumns(boxRows(picture, radius), radius)
  return picture
}

function boxRows(from: Float32Array, radius: number): Float32Array {
  const out = new Float32Array(from.length)
  for (let y = 0; y < HEIGHT; y++) {
    const row = y * WIDTH
    let sum = 0
    for (let x = -radius; x <= radius; x++) sum += from[row + Math.max(0, x)]!
    for (let x = 0; x < WIDTH; x++) {
      out[row + x] = sum / (2 * radius + 1)
      sum += from[row + Math.min(WIDTH - 1, x + radius + 1)]! - from[row + Math.max(0, x - radius)]!
    }
  }
  return out
}

function boxColumns(from: Float32Array, radius: number): Float32Array {
  const out = new Float32Array(from.length)
  for (let x = 0; x < WIDTH; x++) {
    let sum = 0
    for (let y = -radius; y <= radius; y++) sum += from[Math.max(0, y) * WIDTH + x]!
    for (let y = 0; y < HEIGHT; y++) {
      out[y * WIDTH + x] = sum / (2 * radius + 1)
      const enters = Math.min(HEIGHT - 1, y + radius + 1)
      const leaves = Math.max(0, y - radius)
      sum += from[enters * WIDTH + x]! - from[leaves * WIDTH + x]!
    }
  }
  return out
}
