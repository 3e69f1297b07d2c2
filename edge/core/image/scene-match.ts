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

/** Blocks into which the picture is divided for what is covered in part. */
export const BLOCK_COLUMNS = 8
export const BLOCK_ROWS = 6
export const BLOCKS = BLOCK_COLUMNS * BLOCK_ROWS
/** Weight of steady edges below which a block cannot tell whether it is covered. */
const TELLING_WEIGHT = 2.5

export interface SceneMatch {
  /** Share of the steady edges that are seen as they should be, -1 to 1: what agrees less what contradicts. */
  readonly score: number
  /** The same among those that are seen at all: near 1 in fog, near 0 when another scene is before the camera. */
  readonly agreement: number
  /** Share of the steady edges in whose place any edge is seen, 0 to 1. */
  readonly visibility: number
  /** Fine gradient over coarse gradient along steady edges: falls when the picture is out of focus, not in fog. */
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

/** Where the steady edges fit best. Costs about a thousand multiplications for each steady cell. */
export function findShift(edges: SteadyEdges, field: EdgeField): Shift {
  let best: Shift = { across: 0, down: 0, score: Number.NEGATIVE_INFINITY, scoreHere: 0 }
  const scoreHere = scoreAt(edges, field, 0, 0)
  for (let down = -REACH_DOWN; down <= REACH_DOWN; down++)
    for (let across = -REACH_ACROSS; across <= REACH_ACROSS; across++) {
      const score = scoreAt(edges, field, across, down)
      if (score > best.score) best = { across, down, score, scoreHere }
    }
  return best
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
