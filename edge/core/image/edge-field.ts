/**
 * Which way the edges of a picture run, cell by cell: what stays of a scene when sun, cloud, infrared lamp and exposure
 * change its brightness. From the structure tensor of the gradient; the doubled angle makes an edge from dark to light
 * and one from light to dark the same. It cannot see a smooth wall.
 * @see Bigün and Granlund, Optimal orientation detection of linear symmetry, ICCV 1987
 */
import type { GreyFrame } from './frame.ts'

/** Cells of a field: each is 1.6 % of the picture's width, 2.1 % of its height. */
export const COLUMNS = 64
export const ROWS = 48
export const CELLS = COLUMNS * ROWS

/** Each cell is two by two points of a picture that is brought to this size first. */
const WIDTH = COLUMNS * 2
const HEIGHT = ROWS * 2

/** Gradient (levels from point to point) at which an edge counts half: above a sensor's noise once it is averaged. */
const HALF_SEEN = 2.5

export interface EdgeField {
  /** Cosine and sine of twice the edge's angle, times how clearly it is seen: length 0 (nothing) to 1. */
  readonly cosine: Float32Array
  readonly sine: Float32Array
  /** Gradient in levels per point, of the picture as it is and of the same picture smoothed. */
  readonly fine: Float32Array
  readonly coarse: Float32Array
  /** Mean brightness, 0 to 255. */
  readonly light: Float32Array
}

/** The edges of a picture of any size. Arrays are the caller's. */
export function edgeField(frame: Pick<GreyFrame, 'width' | 'height' | 'luma'>): EdgeField {
  const points = resample(frame)
  const field = emptyField()
  fillTensor(points, field)
  fillCoarse(points, field)
  return field
}

function emptyField(): EdgeField {
  const cells = (): Float32Array => new Float32Array(CELLS)
  return { cosine: cells(), sine: cells(), fine: cells(), coarse: cells(), light: cells() }
}

/** Bilinear: the picture is about this size already. */
function resample({ width, height, luma }: Pick<GreyFrame, 'width' | 'height' | 'luma'>): Float32Array {
  const out = new Float32Array(WIDTH * HEIGHT)
  for (let y = 0; y < HEIGHT; y++) {
    const v = Math.max(0, Math.min(height - 1, ((y + 0.5) * height) / HEIGHT - 0.5))
    const y0 = Math.floor(v)
    const y1 = Math.min(height - 1, y0 + 1)
    for (let x = 0; x < WIDTH; x++) {
      const u = Math.max(0, Math.min(width - 1, ((x + 0.5) * width) / WIDTH - 0.5))
      const x0 = Math.floor(u)
      const x1 = Math.min(width - 1, x0 + 1)
      const top = luma[y0 * width + x0]! * (1 - u + x0) + luma[y0 * width + x1]! * (u - x0)
      const bottom = luma[y1 * width + x0]! * (1 - u + x0) + luma[y1 * width + x1]! * (u - x0)
      out[y * WIDTH + x] = top * (1 - v + y0) + bottom * (v - y0)
    }
  }
  return out
}

/** Structure tensor over the four by four points around each cell. */
function fillTensor(points: Float32Array, field: EdgeField): void {
  for (let row = 0; row < ROWS; row++)
    for (let column = 0; column < COLUMNS; column++) {
      let difference = 0
      let product = 0
      let energy = 0
      for (let y = row * 2 - 1; y < row * 2 + 3; y++)
        for (let x = column * 2 - 1; x < column * 2 + 3; x++) {
          if (x < 1 || y < 1 || x >= WIDTH - 1 || y >= HEIGHT - 1) continue
          const at = y * WIDTH + x
          const across = (points[at + 1]! - points[at - 1]!) / 2
          const down = (points[at + WIDTH]! - points[at - WIDTH]!) / 2
          difference += across * across - down * down
          product += 2 * across * down
          energy += across * across + down * down
        }
      const cell = row * COLUMNS + column
      const scale = 1 / (energy + 16 * HALF_SEEN * HALF_SEEN)
      field.cosine[cell] = difference * scale
      field.sine[cell] = product * scale
      field.fine[cell] = Math.sqrt(energy / 16)
    }
}

/** Brightness of each cell, and the gradient of the picture when it is smoothed. */
function fillCoarse(points: Float32Array, field: EdgeField): void {
  for (let row = 0; row < ROWS; row++)
    for (let column = 0; column < COLUMNS; column++) {
      const at = row * 2 * WIDTH + column * 2
      field.light[row * COLUMNS + column] =
        (points[at]! + points[at + 1]! + points[at + WIDTH]! + points[at + WIDTH + 1]!) / 4
    }
  for (let row = 2; row < ROWS - 2; row++)
    for (let column = 2; column < COLUMNS - 2; column++) {
      const cell = row * COLUMNS + column
      field.coarse[cell] = Math.hypot(broadStep(field.light, cell, 1), broadStep(field.light, cell, COLUMNS))
    }
}

/** Gradient between two cells on either side, six points apart. */
function broadStep(light: Float32Array, cell: number, by: number): number {
  return (light[cell + by]! + light[cell + 2 * by]! - light[cell - by]! - light[cell - 2 * by]!) / 12
}

/** Share of the cells in which an edge is seen: near 0 in a picture of a cloth, of fog or of nothing. */
export function structureShare(field: EdgeField): number {
  let seen = 0
  for (let cell = 0; cell < CELLS; cell++) if (hasEdge(field, cell)) seen += 1
  return seen / CELLS
}

/** True where an edge of any direction is seen. */
export const hasEdge = (field: EdgeField, cell: number): boolean => field.fine[cell]! > HALF_SEEN
