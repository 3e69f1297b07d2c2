/**
 * Which parts of the picture something has come to stand before. A part is covered when its edges went at once and stay
 * away; fog, snow, dew, dusk and spider webs take them slowly, a passing truck gives them back. What comes so slowly
 * that no two looks show it, such as dirt, is not found here.
 */
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import { CELLS, type EdgeField, hasEdge } from './edge-field.ts'
import { BLOCKS, blockOf } from './scene-match.ts'
import { followVanishing, unseen, type Vanishing } from './vanishing.ts'

/** Usual presence below which a block is not reliable enough to be missed. */
const RELIABLE = 0.25
/** Brightness of a block, and of the whole picture, below which it is unlit rather than covered. */
const UNLIT = 18
const LIT_PICTURE = 50
/** Share of a block's cells with an edge below which nothing is seen in it. */
const BLANK = 0.35

export interface Coverage {
  /** Share of the blocks that can tell which are covered; 0 when fewer than {@link MIN_TELLING} can. */
  readonly share: number
  /** The same of those in which nothing at all is seen: what stands at the lens is out of focus, a web or snow is not. */
  readonly blank: number
  /** First look that showed it. */
  readonly since: Instant
}

/** Blocks that must be able to tell before a share is said. */
const MIN_TELLING = 6

export const emptyBlocks = (): Vanishing[] => Array.from({ length: BLOCKS }, unseen)

/**
 * Takes one look into the blocks' states.
 * @param look `presence` and `usual`: that of each block in this look and usually in this light
 */
export function cover(
  blocks: readonly Vanishing[],
  look: { at: Instant; lookMs: Millis; presence: Float32Array; usual: Float32Array; field: EdgeField },
): Coverage {
  const { light, edges } = blockMeans(look.field)
  const pictureLit = light.reduce((sum, value) => sum + value, 0) / BLOCKS > LIT_PICTURE
  let telling = 0
  let blank = 0
  let covered = 0
  let since = look.at
  blocks.forEach((block, i) => {
    const presence = look.presence[i]!
    const usual = look.usual[i]!
    if (Number.isNaN(presence) || usual < RELIABLE) return
    telling += 1
    followVanishing(block, presence / usual, { ...look, excused: light[i]! < UNLIT && !pictureLit })
    if (!block.atOnce) return
    covered += 1
    if (edges[i]! < BLANK) blank += 1
    if (block.goneSince < since) since = block.goneSince
  })
  if (telling < MIN_TELLING) return { share: 0, blank: 0, since }
  return { share: covered / telling, blank: blank / telling, since }
}

/** Mean brightness of each block and the share of its cells that show an edge. */
function blockMeans(field: EdgeField): { light: Float32Array; edges: Float32Array } {
  const light = new Float32Array(BLOCKS)
  const edges = new Float32Array(BLOCKS)
  const share = BLOCKS / CELLS
  for (let cell = 0; cell < CELLS; cell++) {
    const block = blockOf(cell)
    light[block]! += field.light[cell]! * share
    if (hasEdge(field, cell)) edges[block]! += share
  }
  return { light, edges }
}
