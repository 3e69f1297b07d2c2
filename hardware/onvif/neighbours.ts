import type { SensorId } from '@minewarden/protocol/ids.ts'

/** Of fewer cameras nothing can be concluded. */
const LEAST_SILENT = 3

/** Which cameras of one driver are gone: when many are, it is rather the way to them. */
export class Neighbours {
  readonly #watched = new Set<SensorId>()
  readonly #gone = new Set<SensorId>()

  watch(sensor: SensorId): void {
    this.#watched.add(sensor)
  }

  leave(sensor: SensorId): void {
    this.#watched.delete(sensor)
    this.#gone.delete(sensor)
  }

  note(sensor: SensorId, isGone: boolean): void {
    if (isGone) this.#gone.add(sensor)
    else this.#gone.delete(sensor)
  }

  /** Half of at least three, this one among them. */
  isLineSuspect(sensor: SensorId): boolean {
    const gone = this.#gone.size + (this.#gone.has(sensor) ? 0 : 1)
    return gone >= LEAST_SILENT && gone * 2 >= this.#watched.size
  }
}
