/** What happens around the chip at exact cycles: bytes that arrive, pins that a device drives. */

interface Entry {
  readonly cycle: number
  readonly run: () => void
  cancelled: boolean
}

/** A list of callbacks by cycle; those of one cycle run in the order in which they were added. */
export interface Agenda {
  /** Cycle of the next entry; infinite when there is none. */
  readonly nextCycle: number
  add(cycle: number, run: () => void): () => void
  /** Runs all that is due by `cycle`, including what becomes due on the way. */
  runDue(cycle: number): void
}

/** A device that asks for more than this has run away; the oldest simulated device keeps a handful. */
export const MAX_AGENDA_ENTRIES = 10_000

export function createAgenda(): Agenda {
  const entries: Entry[] = []
  return {
    get nextCycle() {
      return entries[0]?.cycle ?? Number.POSITIVE_INFINITY
    },
    add(cycle, run) {
      if (entries.length >= MAX_AGENDA_ENTRIES) throw new RangeError('a simulated device asks for too many callbacks')
      const entry: Entry = { cycle, run, cancelled: false }
      let at = entries.length
      while (at > 0 && entries[at - 1]!.cycle > cycle) at--
      entries.splice(at, 0, entry)
      return () => {
        entry.cancelled = true
      }
    },
    runDue(cycle) {
      while (entries.length > 0 && entries[0]!.cycle <= cycle) {
        const entry = entries.shift()!
        if (!entry.cancelled) entry.run()
      }
    },
  }
}
