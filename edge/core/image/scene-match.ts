/**
 * How a picture compares with the edges that it should show: where it stands, how much of them is there, and where
 * they went if the camera was turned. By correlation of gradient orientations, so brightness and contrast do not count.
 * @see Fitch, Kadyrov, Christmas, Kittler, Orientation correlation, BMVC 2002
 */
import { COLUMNS, type EdgeField, ROWS } from './edge-field.ts'
import type { SteadyEdges } from './scene-reference.ts'

/** How far a shifted scene is searched for, in cells: a quarter of the picture across, a fifth down. */
const REACH_ACROSS = 16
const REACH_DOWN = 10

/** Height of a cell over its width, in a picture of 16 by 9; in one of 4 by 3 a roll fits a little less well. */
const CELL_ASPECT = 0.75

/** Blocks into which the picture is divided for what is covered in part. */
export const BLOCK_COLUMNS = 8
export const BLOCK_ROWS = 6
export const BLOCKS = BLOCK_COLUMNS * BLOCK_ROWS
/** Weight of steady edges below which a block cannot tell whether it is covered. */
const TELLING_WEIGHT = 2.5
/** How clearly an edge must be seen, and as it should be, to tell about sharpness. */
const CLEAR = 0.15

export interface SceneMatch {
  /** Share of the steady edges that are seen as they should be, -1 to 1: what agrees less what contradicts. */
  readonly score: number
  /** The same among those that are seen at all: near 1 in fog, near 0 when another scene is before the camera. */
  readonly agreement: number
  /** Share of the steady edges in whose place any edge is seen, 0 to 1. */
  readonly visibility: number
  /** Fine gradient over coarse gradient along the steady edges that are clear: falls out of focus, not in fog. */
  readonly sharpness: number
  /** For each block the score within it; `NaN` where there are too few edges to tell. */
  readonly presence: Float32Array
}

/** Compares a picture with the steady edges where they should be. */
export function matchScene(edges: SteadyEdges, field: EdgeField): SceneMatch {
  const agreeing = new Float32Array(BLOCKS)
  const weights = new Float32Array(BLOCKS)
  let score = 0
  let seen = 0
  let fine = 0
  let coarse = 0
  edges.cells.forEach((cell, i) => {
    const weight = edges.weight[i]!
    const cosine = field.cosine[cell]!
    const sine = field.sine[cell]!
    const agrees = weight * (edges.cosine[i]! * cosine + edges.sine[i]! * sine)
    const block = blockOf(cell)
    agreeing[block]! += agrees
    weights[block]! += weight
    score += agrees
    seen += weight * Math.hypot(cosine, sine)
    // Snow takes some edges away altogether: those say nothing about the lens.
    if (agrees < CLEAR * weight) return
    fine += weight * field.fine[cell]!
    coarse += weight * field.coarse[cell]!
  })
  return {
    score: ratio(score, edges.totalWeight),
    agreement: ratio(score, seen),
    visibility: ratio(seen, edges.totalWeight),
    sharpness: ratio(fine, coarse),
    presence: agreeing.map((value, block) => (weights[block]! < TELLING_WEIGHT ? Number.NaN : value / weights[block]!)),
  }
}

const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 0)

/** The block that a cell is in, row by row. */
export function blockOf(cell: number): number {
  const column = cell % COLUMNS
  const row = (cell - column) / COLUMNS
  return (((row * BLOCK_ROWS) / ROWS) | 0) * BLOCK_COLUMNS + (((column * BLOCK_COLUMNS) / COLUMNS) | 0)
}

export interface Shift {
  /** Cells to the right and down by which the scene lies away from where it was. */
  readonly across: number
  readonly down: number
  /** Score of the picture at that shift, of the edges that are still within the picture. */
  readonly score: number
  /** Score where the scene should be. */
  readonly scoreHere: number
}

/** Steady cells that a search looks at, spread over the picture: more make it slower, not surer. */
const SEARCH_CELLS = 640

/** Where the steady edges fit best: each second place is tried, then those around the best. Costs about a millisecond. */
export function findShift(edges: SteadyEdges, field: EdgeField): Shift {
  const search = thin(edges)
  const scoreHere = scoreAt(search, field, 0, 0)
  let best: Shift = { across: 0, down: 0, score: scoreHere, scoreHere }
  const attempt = (across: number, down: number): void => {
    const score = scoreAt(search, field, across, down)
    if (score > best.score) best = { across, down, score, scoreHere }
  }
  for (let down = -REACH_DOWN; down <= REACH_DOWN; down += 2)
    for (let across = -REACH_ACROSS; across <= REACH_ACROSS; across += 2) attempt(across, down)
  const { across, down } = best
  for (const v of [-1, 0, 1]) for (const u of [-1, 0, 1]) attempt(across + u, down + v)
  return best
}

/** Evenly chosen cells, for a search. */
function thin(edges: SteadyEdges): SteadyEdges {
  const every = edges.cells.length / SEARCH_CELLS
  if (every <= 1) return edges
  const chosen = Array.from({ length: SEARCH_CELLS }, (_, i) => Math.floor(i * every))
  const weight = Float32Array.from(chosen, (i) => edges.weight[i]!)
  return {
    cells: Uint16Array.from(chosen, (i) => edges.cells[i]!),
    cosine: Float32Array.from(chosen, (i) => edges.cosine[i]!),
    sine: Float32Array.from(chosen, (i) => edges.sine[i]!),
    weight,
    totalWeight: weight.reduce((sum, value) => sum + value, 0),
  }
}

/** Degrees by which a camera that was pushed askew is tried. */
const ASKEW = [-15, -12, -9, -6, -3, 3, 6, 9, 12, 15]

/** Where the steady edges fit best when the camera was also rolled: for a look that fits nowhere else. */
export function findAskew(edges: SteadyEdges, field: EdgeField): Shift {
  const search = thin(edges)
  const scoreHere = scoreAt(search, field, 0, 0)
  return ASKEW.map((degrees) => findShift(rollEdges(search, degrees), field)).reduce(
    (best, shift) => (shift.score > best.score ? { ...shift, scoreHere } : best),
    { across: 0, down: 0, score: Number.NEGATIVE_INFINITY, scoreHere },
  )
}

/** The steady edges turned about the picture's middle; those that leave the picture are left out. */
function rollEdges(edges: SteadyEdges, degrees: number): SteadyEdges {
  const angle = (degrees * Math.PI) / 180
  const kept = [...edges.cells.keys()].filter((i) => rollCell(edges.cells[i]!, angle) !== null)
  const turnCosine = Math.cos(2 * angle)
  const turnSine = Math.sin(2 * angle)
  const cosine = (i: number): number => edges.cosine[i]!
  const sine = (i: number): number => edges.sine[i]!
  return {
    cells: Uint16Array.from(kept, (i) => rollCell(edges.cells[i]!, angle) ?? 0),
    cosine: Float32Array.from(kept, (i) => cosine(i) * turnCosine - sine(i) * turnSine),
    sine: Float32Array.from(kept, (i) => sine(i) * turnCosine + cosine(i) * turnSine),
    weight: Float32Array.from(kept, (i) => edges.weight[i]!),
    totalWeight: edges.totalWeight,
  }
}

function rollCell(cell: number, angle: number): number | null {
  const x = (cell % COLUMNS) - COLUMNS / 2 + 0.5
  const y = (Math.floor(cell / COLUMNS) - ROWS / 2 + 0.5) * CELL_ASPECT
  const column = Math.round(x * Math.cos(angle) - y * Math.sin(angle) + COLUMNS / 2 - 0.5)
  const row = Math.round((x * Math.sin(angle) + y * Math.cos(angle)) / CELL_ASPECT + ROWS / 2 - 0.5)
  return column < 0 || row < 0 || column >= COLUMNS || row >= ROWS ? null : row * COLUMNS + column
}

/** Edges that the shift puts outside are left out; with fewer than half left there is no score. */
function scoreAt(edges: SteadyEdges, field: EdgeField, across: number, down: number): number {
  const offset = down * COLUMNS + across
  let score = 0
  let weight = 0
  for (let i = 0; i < edges.cells.length; i++) {
    const cell = edges.cells[i]!
    const column = (cell % COLUMNS) + across
    const target = cell + offset
    if (column < 0 || column >= COLUMNS || target < 0 || target >= field.cosine.length) continue
    const share = edges.weight[i]!
    score += share * (edges.cosine[i]! * field.cosine[target]! + edges.sine[i]! * field.sine[target]!)
    weight += share
  }
  return weight > edges.totalWeight / 2 ? score / weight : Number.NEGATIVE_INFINITY
}
