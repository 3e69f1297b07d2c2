/** A camera on a pole before a rendered world: light, weather, lens, sensor, its clock in the corner, and JPEG. */
import sharp from 'sharp'
import { drawCover, drawDazzle } from './attacks.ts'
import { drawClock } from './clock-overlay.ts'
import type { Conditions } from './conditions.ts'
import { type Chance, chance } from './random.ts'
import { soften } from './soften.ts'
import { VIEW_HEIGHT, VIEW_WIDTH } from './view.ts'
import { drawDrops, drawHeadlights, drawInsects, drawRain, drawSnow, drawTraffic, drawWeb } from './weather.ts'
import { POINTS_PER_DEGREE, WORLD_HEIGHT, WORLD_WIDTH, type World } from './world.ts'

// Of this file, not of an import: the test runner makes each use of an import in these loops a look-up.
const WIDTH = VIEW_WIDTH
const HEIGHT = VIEW_HEIGHT
const ACROSS = WORLD_WIDTH
const DOWN = WORLD_HEIGHT
const LEFT = 540
const TOP = 90

export interface Picture {
  /** Red, green, blue, as the camera's encoder gets it. */
  readonly rgb: Uint8Array
}

export class SceneCamera {
  readonly #world: World
  readonly #random: Chance
  readonly #seed: number
  readonly #noise: number
  #index = new Int32Array(WIDTH * HEIGHT)
  #pose = ''

  /** @param noise share of a plain sensor's: a good one whose picture is averaged over time has a tenth */
  constructor(world: World, seed: number, noise = 1) {
    this.#world = world
    this.#noise = noise
    this.#seed = seed
    this.#random = chance(seed)
  }

  /** What the sensor sees at a moment, without the clock. */
  expose(conditions: Conditions): Picture {
    this.#aim(conditions)
    const infrared = isNight(conditions)
    const tint = new Float32Array(WIDTH * HEIGHT).fill(conditions.defocus > 0 ? 0.4 : 1 - 0.6 * conditions.snowCover)
    let light = this.#shine(conditions, infrared)
    drawTraffic(light, conditions, this.#random, infrared)
    this.#veil(light, tint, conditions, infrared)
    drawRain(light, conditions, this.#random, infrared)
    drawSnow(light, conditions, this.#random, infrared)
    drawHeadlights(light, conditions)
    if (conditions.defocus > 0) light = soften(light, conditions.defocus)
    if (infrared) drawInsects(light, conditions, this.#random)
    if (infrared) drawWeb(light, conditions, this.#random, this.#seed)
    light = drawDrops(light, conditions, this.#seed)
    drawCover(light, tint, conditions, this.#random, infrared, this.#seed)
    drawDazzle(light, tint, conditions)
    return { rgb: this.#sense(light, tint, infrared) }
  }

  /** The camera's clock is drawn over the picture and the whole is encoded, as a camera does. */
  static encode({ rgb }: Picture, at: number, quality = 78): Promise<Uint8Array> {
    const copy = new Uint8Array(rgb)
    drawClock(copy, at)
    return sharp(copy, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .jpeg({ quality })
      .toBuffer()
  }

  /** Which point of the world each point of the picture shows. */
  #aim({ turnDegrees, tiltDegrees, rollDegrees, wind }: Conditions): void {
    const sway = wind > 0.6 && this.#random.next() < 0.3 ? 1 : 0
    const pose = `${turnDegrees} ${tiltDegrees} ${rollDegrees} ${sway}`
    if (pose === this.#pose) return
    this.#pose = pose
    const cosine = Math.cos((rollDegrees * Math.PI) / 180)
    const sine = Math.sin((rollDegrees * Math.PI) / 180)
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++) {
        const u = x - WIDTH / 2
        const v = y - HEIGHT / 2
        const across = LEFT + WIDTH / 2 + u * cosine - v * sine + turnDegrees * POINTS_PER_DEGREE + sway
        const down = TOP + HEIGHT / 2 + u * sine + v * cosine + tiltDegrees * POINTS_PER_DEGREE
        const column = ((Math.round(across) % ACROSS) + ACROSS) % ACROSS
        const row = Math.max(0, Math.min(DOWN - 1, Math.round(down)))
        this.#index[y * WIDTH + x] = row * ACROSS + column
      }
  }

  #shine(conditions: Conditions, infrared: boolean): Float32Array {
    const { hour, cloud, snowCover, wind, lamp } = conditions
    const { albedo, infrared: ir, depth, tilt, leaves } = this.#world
    const elevation = Math.sin(((hour - 6) / 12) * Math.PI)
    const azimuth = Math.cos(((hour - 6) / 12) * Math.PI)
    const direct = Math.max(0, elevation) * (1 - cloud) * 1.5
    const ambient = 0.04 + 0.75 * Math.max(0, elevation + 0.12)
    const shadow = direct > 0.02 && !infrared ? this.#shadows(azimuth, elevation) : null
    const light = new Float32Array(WIDTH * HEIGHT)
    for (let i = 0; i < light.length; i++) {
      let at = this.#index[i]!
      if (leaves[at] === 1 && wind > 0) at = this.#blow(at, wind)
      let surface = infrared ? ir[at]! : albedo[at]!
      if (snowCover > 0 && leaves[at] === 0) surface += snowCover * this.#snowHold(at) * (0.9 - surface)
      light[i] = infrared
        ? surface * (0.004 + (lamp ? SPOT[i]! * Math.min(1.4, (14 / depth[at]!) ** 2) : 0))
        : surface * (ambient + direct * (shadow?.[i] === 1 ? 0 : 0.75 + 0.6 * azimuth * tilt[at]!))
    }
    return light
  }

  #blow(at: number, wind: number): number {
    const by = Math.round(this.#random.normal() * wind * 1.6)
    const moved = at + by + (this.#random.next() < 0.2 * wind ? ACROSS : 0)
    return moved > 0 && moved < this.#world.leaves.length && this.#world.leaves[moved] === 1 ? moved : at
  }

  /** Snow lies on the flat, less on what stands upright. */
  #snowHold(at: number): number {
    const { depth, upright } = this.#world
    return depth[at]! >= 1000 ? 0 : upright[at] === 1 ? 0.15 : 0.85
  }

  /** Ground points whose way to the sun leads through something upright, on a coarse grid. */
  #shadows(azimuth: number, elevation: number): Uint8Array {
    const { upright, depth } = this.#world
    const shade = new Uint8Array(WIDTH * HEIGHT)
    const stepAcross = azimuth * 5
    const stepDown = 1 + 3 * elevation
    for (let y = 0; y < HEIGHT; y += 2)
      for (let x = 0; x < WIDTH; x += 2) {
        const at = this.#index[y * WIDTH + x]!
        if (upright[at] === 1 || depth[at]! > 100) continue
        let hit = 0
        for (let step = 1; step < 14 && hit === 0; step++) {
          const u = Math.round(x + step * stepAcross)
          const v = Math.round(y - step * stepDown)
          if (u < 0 || v < 0 || u >= WIDTH) break
          const other = this.#index[v * WIDTH + u]!
          if (upright[other] === 1 && Math.abs(depth[other]! - depth[at]!) < 16) hit = 1
        }
        if (hit === 1)
          for (const by of [0, 1, WIDTH, WIDTH + 1])
            if (y * WIDTH + x + by < shade.length) shade[y * WIDTH + x + by] = 1
      }
    return shade
  }

  /** Air between: fog is lit by the day, or by the lamp. */
  #veil(light: Float32Array, tint: Float32Array, { fog, hour, lamp }: Conditions, infrared: boolean): void {
    const { depth } = this.#world
    const day = 0.05 + 0.72 * Math.max(0, Math.sin(((hour - 6) / 12) * Math.PI) + 0.12)
    for (let i = 0; i < light.length; i++) {
      const through = Math.exp(-fog * Math.min(400, depth[this.#index[i]!]!))
      const air = infrared ? (lamp ? 0.35 * SPOT[i]! * Math.min(1, fog * 6) : 0) : day
      light[i] = light[i]! * through + air * (1 - through)
      tint[i]! *= through
    }
  }

  /** Exposure, lens shading, noise by the light there is, the sensor's curve, colour. */
  #sense(light: Float32Array, tint: Float32Array, infrared: boolean): Uint8Array {
    const { red, blue } = this.#world
    const gain = exposure(light)
    const noise = this.#noise * ((infrared ? 0.018 : 0.004) + 0.0025 * Math.min(8, gain))
    const rgb = new Uint8Array(light.length * 3)
    for (let i = 0; i < light.length; i++) {
      const value = light[i]! * gain * LENS[i]!
      const noisy = value + noise * (0.5 + Math.sqrt(Math.max(0, value))) * this.#random.normal()
      const level = 255 * curve(noisy)
      const at = this.#index[i]!
      const share = infrared ? 0 : tint[i]!
      const r = 1 + share * (red[at]! - 1)
      const b = 1 + share * (blue[at]! - 1)
      // Colour leaves the brightness as it is.
      const green = level / (0.299 * r + 0.587 + 0.114 * b)
      rgb[i * 3] = Math.min(255, green * r)
      rgb[i * 3 + 1] = Math.min(255, green)
      rgb[i * 3 + 2] = Math.min(255, green * b)
    }
    return rgb
  }
}

/** The camera turns to black and white and lights its lamp. */
export const isNight = ({ hour }: Conditions): boolean => hour < 6.1 || hour > 17.9

/** The lamp's cone. */
const SPOT = Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
  const x = (i % WIDTH) / WIDTH - 0.5
  const y = Math.floor(i / WIDTH) / HEIGHT - 0.52
  return 1.1 * Math.exp(-(x * x + y * y) / 0.11)
})

/** A lens gives less light to the corners. */
const LENS = Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
  const x = (i % WIDTH) / WIDTH - 0.5
  const y = Math.floor(i / WIDTH) / HEIGHT - 0.5
  return 1 - 0.75 * (x * x + y * y)
})

/** Mean to a middle grey, within what the shutter and the amplifier can. */
function exposure(light: Float32Array): number {
  let sum = 0
  for (let i = 0; i < light.length; i += 7) sum += Math.min(1.6, light[i]!)
  const mean = sum / (light.length / 7)
  return Math.max(0.25, Math.min(9, 0.24 / Math.max(0.001, mean)))
}

const curve = (value: number): number => (value <= 0 ? 0 : value >= 1.15 ? 1 : Math.min(1, Math.sqrt(value / 1.1)))
