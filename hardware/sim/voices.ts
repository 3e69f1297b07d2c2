import type { Block, Voice } from './block.ts'
import type { SupplyLog } from './supply-log.ts'
import type { Occurrence, Timeline } from './timeline.ts'

/** Makes what a sensor notices of an occurrence; `null` when that is nothing. */
export type MakeVoice = (occurrence: Occurrence) => Voice | null

/** Plays every occurrence that touches a block: a voice is made when it begins and dropped when it is over. */
export function createEnsemble(timeline: Timeline, log: SupplyLog, make: MakeVoice): (block: Block) => void {
  let voices = new Map<string, Voice | null>()
  return (block) => {
    const endMs = block.startMs + (block.count * 1000) / block.rateHz
    const playing = new Map<string, Voice | null>()
    for (const occurrence of timeline.between(block.startMs, endMs)) {
      const known = voices.get(occurrence.key)
      const voice = known === undefined ? make(occurrence) : known
      playing.set(occurrence.key, voice)
      voice?.(block, (atMs) => atMs >= occurrence.fromMs && atMs < occurrence.toMs && log.drives(occurrence, atMs))
    }
    voices = playing
  }
}
