import type { CutView } from './after-cut.ts'
import type { Coincidence } from './power/coincidence.ts'

/** Plain JSON, one for each site. */
export interface CutWatch {
  /** The cut that stands; `null`: none was made. */
  cut: CutView | null
  /** When each fact was last told. */
  told: { [fact: string]: number }
  checkedMs: number
  /** By the neighbour's meter: whether its load goes with this site's machines. */
  neighbours: { [meter: string]: Coincidence }
}

export const createCutWatch = (): CutWatch => ({ cut: null, told: {}, checkedMs: 0, neighbours: {} })
