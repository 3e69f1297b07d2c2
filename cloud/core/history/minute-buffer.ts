import type { HistoryPoint } from './measurement.ts'

/** Points that wait for a database that is away: an hour of a large county. Of more, the oldest go, and are counted. */
export const MAX_WAITING = 200_000

/** Figures that were taken and not yet written, oldest first. */
export class MinuteBuffer {
  #waiting: HistoryPoint[] = []
  #dropped = 0

  get dropped(): number {
    return this.#dropped
  }

  get length(): number {
    return this.#waiting.length
  }

  add(points: readonly HistoryPoint[]): void {
    this.#waiting = this.#waiting.concat(points)
    this.#trim()
  }

  /** Takes the oldest out. */
  take(count: number): HistoryPoint[] {
    return this.#waiting.splice(0, count)
  }

  /** What could not be written is the oldest again. */
  putBack(points: readonly HistoryPoint[]): void {
    this.#waiting = [...points, ...this.#waiting]
    this.#trim()
  }

  #trim(): void {
    const over = this.#waiting.length - MAX_WAITING
    if (over <= 0) return
    this.#waiting = this.#waiting.slice(over)
    this.#dropped += over
  }
}
