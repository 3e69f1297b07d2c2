/**
 * What stands round a closed adit, as a camera on a pole would see it all about: slope, trees, portal with its gate,
 * road with sleepers, shed, fence, waste heap. Painted from back to front into layers that light and weather then use.
 */
import { type Chance, chance, fractal } from './random.ts'

/** Points of the painted surroundings; a picture is a window of it. Six points are one degree. */
export const WORLD_WIDTH = 1560
export const WORLD_HEIGHT = 420
export const POINTS_PER_DEGREE = 6

export interface World {
  /** How much light the surface gives back, 0 to 1, and the same for infrared (leaves are bright). */
  readonly albedo: Float32Array
  readonly infrared: Float32Array
  /** Share of red and of blue beside green. */
  readonly red: Float32Array
  readonly blue: Float32Array
  /** Metres from the camera; the sky is 2000. */
  readonly depth: Float32Array
  /** Slope of the surface across and down, for the sun. */
  readonly tilt: Float32Array
  /** 1 where wind moves it. */
  readonly leaves: Uint8Array
  /** 1 where it stands upright and throws a shadow. */
  readonly upright: Uint8Array
}

type Paint = {
  albedo: number
  infrared?: number
  red: number
  blue: number
  depth: number
  leaves?: boolean
  upright?: boolean
}

export function createWorld(seed: number): World {
  const size = WORLD_WIDTH * WORLD_HEIGHT
  const world: World = {
    albedo: new Float32Array(size),
    infrared: new Float32Array(size),
    red: new Float32Array(size),
    blue: new Float32Array(size),
    depth: new Float32Array(size).fill(2000),
    tilt: new Float32Array(size),
    leaves: new Uint8Array(size),
    upright: new Uint8Array(size),
  }
  const random = chance(seed)
  paintLand(world, seed)
  paintTrees(world, random, seed)
  paintPortal(world, random, seed)
  paintRoad(world, random, seed)
  for (let i = 0; i < 7; i++) paintHouse(world, random, seed + i)
  paintFence(world, random)
  paintRocks(world, random, seed)
  paintTilt(world)
  return world
}

function put(world: World, x: number, y: number, paint: Paint): void {
  if (x < 0 || y < 0 || x >= WORLD_WIDTH || y >= WORLD_HEIGHT) return
  const at = Math.floor(y) * WORLD_WIDTH + Math.floor(x)
  world.albedo[at] = Math.max(0.01, Math.min(1, paint.albedo))
  world.infrared[at] = Math.max(0.01, Math.min(1, paint.infrared ?? paint.albedo))
  world.red[at] = paint.red
  world.blue[at] = paint.blue
  world.depth[at] = paint.depth
  world.leaves[at] = paint.leaves ? 1 : 0
  world.upright[at] = paint.upright ? 1 : 0
}

/** Sky, far ridge, slope with strata, and the ground before the camera. */
function paintLand(world: World, seed: number): void {
  const coarse = fractal(seed, 5)
  const fine = fractal(seed + 77, 4)
  for (let x = 0; x < WORLD_WIDTH; x++) {
    const ridge = 70 + 26 * coarse(x / 210, 3)
    const foot = 225 + 14 * coarse(x / 150, 9)
    for (let y = 0; y < WORLD_HEIGHT; y++) {
      const cloud = coarse(x / 160, y / 50 + 40)
      if (y < ridge)
        put(world, x, y, { albedo: 0.82 + 0.1 * cloud, infrared: 0.05, red: 0.94, blue: 1.12, depth: 2000 })
      else if (y < foot) {
        const strata = Math.sin((y + 20 * coarse(x / 130, y / 90)) / 5.5)
        const texture = 0.55 * fine(x / 7, y / 6) + 0.3 * strata + 0.5 * coarse(x / 45, y / 40)
        put(world, x, y, { albedo: 0.3 + 0.13 * texture, red: 1.08, blue: 0.82, depth: 30 + (foot - y) * 0.35 })
      } else {
        const near = (y - foot) / (WORLD_HEIGHT - foot)
        const texture = fine(x / (5 + 9 * near), y / (3 + 6 * near)) + 0.6 * coarse(x / 60, y / 30)
        put(world, x, y, { albedo: 0.34 + 0.1 * texture, red: 1.06, blue: 0.85, depth: 4 + 24 * (1 - near) ** 2 })
      }
    }
  }
}

function paintTrees(world: World, random: Chance, seed: number): void {
  const crown = fractal(seed + 5, 4)
  for (let tree = 0; tree < 34; tree++) {
    const x = random.between(0, WORLD_WIDTH)
    const base = random.between(160, 245)
    const height = (base - 110) * random.between(0.6, 1.15)
    const width = height * random.between(0.25, 0.5)
    const depth = 55 - (base - 160) * 0.4
    for (let y = base - height * 0.4; y < base; y++)
      for (let w = -1.5; w <= 1.5; w++)
        put(world, x + w, y, { albedo: 0.13, red: 1.1, blue: 0.8, depth, upright: true })
    for (let dy = -height * 0.6; dy < height * 0.35; dy++)
      for (let dx = -width; dx < width; dx++) {
        const edge = (dx / width) ** 2 + (dy / (height * 0.6)) ** 2 + 0.55 * crown((x + dx) / 9, (base + dy) / 9)
        if (edge > 0.8) continue
        const leaf = 0.2 + 0.11 * crown((x + dx) / 3.5, (base + dy) / 3.5) - 0.05 * (dx / width)
        const paint = { albedo: leaf, infrared: leaf * 2.4, red: 0.75, blue: 0.55, depth, leaves: true, upright: true }
        put(world, x + dx, base - height * 0.45 + dy, paint)
      }
  }
}

/** The adit's mouth: an arch of cut stone, a dark hole, a barred gate and a sign. */
function paintPortal(world: World, random: Chance, seed: number): void {
  const stone = fractal(seed + 9, 3)
  const middle = 780 + random.between(-60, 60)
  const foot = 252
  const half = random.between(30, 42)
  const height = half * 1.9
  for (let y = foot - height - 16; y < foot; y++)
    for (let x = middle - half - 15; x < middle + half + 15; x++) {
      const arch = Math.hypot((x - middle) / half, Math.max(0, foot - half - y) / (height - half))
      const beside = Math.abs(x - middle) > half
      if (arch < 1 && !beside) put(world, x, y, { albedo: 0.03, red: 1, blue: 1, depth: 40 })
      else if (arch < 1.35 || y > foot - height * 0.6) {
        const joint = Math.floor(y) % 9 === 0 || (Math.floor(x) + 6 * (Math.floor(y / 9) % 2)) % 13 === 0 ? 0.2 : 0
        put(world, x, y, {
          albedo: 0.56 + 0.1 * stone(x / 4, y / 4) - joint,
          red: 1.02,
          blue: 0.92,
          depth: 24,
          upright: true,
        })
      }
    }
  for (let x = middle - half; x <= middle + half; x += 6)
    for (let y = foot - height * 0.8; y < foot; y++)
      for (let w = 0; w < 2; w++) put(world, x + w, y, { albedo: 0.42, red: 1.1, blue: 0.85, depth: 23, upright: true })
  for (let y = foot - height - 42; y < foot - height - 20; y++)
    for (let x = middle - 32; x < middle + 32; x++) {
      const letters = Math.abs(((x * 7 + Math.floor(y / 8) * 5) % 11) - 5) > 3 && y % 8 > 1
      put(world, x, y, { albedo: letters ? 0.12 : 0.78, red: 1.05, blue: 0.8, depth: 24, upright: true })
    }
}

function paintRoad(world: World, random: Chance, seed: number): void {
  const gravel = fractal(seed + 21, 4)
  const far = 780
  const near = 780 + random.between(-160, 160)
  for (let y = 253; y < WORLD_HEIGHT; y++) {
    const t = (y - 253) / (WORLD_HEIGHT - 253)
    const middle = far + (near - far) * t ** 1.3
    const half = 14 + 120 * t ** 1.2
    const depth = 4 + 19 * (1 - t) ** 2
    const sleeper = Math.sin(26 * Math.log(1 + 9 * t)) > 0.45
    for (let x = middle - half; x < middle + half; x++) {
      const track = Math.abs(Math.abs(x - middle) - half * 0.42) < half * 0.035 + 0.6
      const between = Math.abs(x - middle) < half * 0.62 && sleeper
      const albedo = track ? 0.68 : between ? 0.17 : 0.44 + 0.12 * gravel(x / (3 + 6 * t), y / (2 + 4 * t))
      put(world, x, y, { albedo, red: 1.03, blue: 0.93, depth })
    }
  }
}

function paintHouse(world: World, random: Chance, seed: number): void {
  const grain = fractal(seed + 31, 3)
  const left = random.between(0, WORLD_WIDTH - 160)
  if (left > 590 && left < 860) return
  const foot = random.between(250, 330)
  const width = random.between(70, 150)
  const height = random.between(45, 95)
  const shade = random.between(0.25, 0.7)
  const depth = 6 + (330 - foot) * 0.16
  const blue = random.between(0.7, 1.2)
  for (let y = foot - height; y < foot; y++)
    for (let x = left; x < left + width; x++) {
      const roof = y < foot - height * 0.72
      const window =
        !roof && Math.floor((x - left) / 22) % 2 === 1 && y > foot - height * 0.58 && y < foot - height * 0.28
      const ribs = roof ? 0.09 * Math.sin(x * 0.9) : 0.05 * grain(x / 5, y / 5)
      const albedo = window ? 0.06 : (roof ? shade * 0.55 : shade) + ribs
      put(world, x, y, { albedo, red: 1.02, blue, depth, upright: true })
    }
}

function paintFence(world: World, random: Chance): void {
  const foot = random.between(268, 290)
  for (let x = 0; x < WORLD_WIDTH; x++) {
    if (x > 660 && x < 900) continue
    const post = x % 34 < 3
    for (let y = foot - 34; y < foot; y++)
      if (post || Math.abs((y - foot + 34) % 11) < 1.5)
        put(world, x, y, { albedo: post ? 0.5 : 0.36, red: 1.04, blue: 0.9, depth: 15, upright: post })
  }
}

function paintRocks(world: World, random: Chance, seed: number): void {
  const grain = fractal(seed + 41, 4)
  for (let rock = 0; rock < 70; rock++) {
    const x = random.between(0, WORLD_WIDTH)
    const y = random.between(270, WORLD_HEIGHT)
    const size = 3 + ((y - 250) / 170) * random.between(4, 22)
    const shade = random.between(0.16, 0.6)
    for (let dy = -size * 0.6; dy < size * 0.6; dy++)
      for (let dx = -size; dx < size; dx++) {
        if ((dx / size) ** 2 + (dy / (size * 0.6)) ** 2 + 0.3 * grain((x + dx) / 6, (y + dy) / 6) > 0.9) continue
        const albedo = shade - 0.16 * (dy / size) + 0.08 * grain((x + dx) / 2, (y + dy) / 2)
        put(world, x + dx, y + dy, { albedo, red: 1.02, blue: 0.94, depth: 4 + (WORLD_HEIGHT - y) * 0.12 })
      }
  }
}

/** The relief follows the texture: bright edges face the left, so that the sun's way over the sky changes it. */
function paintTilt(world: World): void {
  for (let at = 1; at < world.tilt.length - 1; at++)
    world.tilt[at] = Math.max(-1, Math.min(1, (world.albedo[at + 1]! - world.albedo[at - 1]!) * 5))
}
