/**
 * Which parts of the picture something has come to stand before. A part is covered when its edges went at once and stay
 * away; fog, snow, dew, dusk and spider webs take them slowly, a passing truck gives them back. What comes so slowly
 * that no two looks show it, such as dirt, is not found here.
 */
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import type { EdgeField } from './edge-field.ts'
import { BLOCKS, blockOf } from './scene-match.ts'
import { followVanishing, unseen, type Vanishing } from './vanishing.ts'

/** Usual presence below which a block is not reliable enough to be missed. */
const RELIABLE = 0.25
/** Brightness of a block, and of the whole picture, below which it is unlit rather than covered. */
const UNLIT = 18
const LIT_PICTURE = 50

export interface Coverage {
  /** Share of the blocks that can tell which are covered; 0 when fewer than {@link MIN_TELLING} can. */
  readonly share: number
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
  const light = blockLight(look.field)
  const pictureLit = light.reduce((sum, value) => sum + value, 0) / BLOCKS > LIT_PICTURE
  let telling = 0
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
    if (block.goneSince < since) since = block.goneSince
  })
  return { share: telling < MIN_TELLING ? 0 : covered / telling, since }
}

function blockLight(field: EdgeField): Float32Array {
  const sums = new Float32Array(BLOCKS)
  const counts = new Float32Array(BLOCKS)
  field.light.forEach((value, cell) => {
    const block = blockOf(cell)
    sums[block]! += value
    counts[block]! += 1
  })
  return sums.map((sum, block) => sum / counts[block]!)
}
