import type { Watch } from '../line/pause.ts'

/** Wakes who waits for it. */
export class Bell {
  readonly #waiting = new Set<() => void>()

  ring(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  readonly watch: Watch = (changed) => {
    this.#waiting.add(changed)
    return () => this.#waiting.delete(changed)
  }
}
