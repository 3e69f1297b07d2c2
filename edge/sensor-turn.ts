/** How one sensor's source is read beside all others: in slices after which they get their turn, and let go when it hangs. */
import { Interruption } from '@minewarden/hardware/line/interruption.ts'

/** Work done for one sensor before the others get their turn, in real milliseconds. */
const SLICE_MS = 5

/** Work that is done while nobody else gets a turn; over as soon as everybody had one. */
export class Slice {
  readonly #endsAt = performance.now() + SLICE_MS
  #isOver = false

  constructor() {
    setImmediate(() => {
      this.#isOver = true
    })
  }

  isOver(): boolean {
    return this.#isOver
  }

  isUsedUp(): boolean {
    return !this.#isOver && performance.now() >= this.#endsAt
  }
}

/** Lets go of a source that hangs when the signal aborts: its pending `next` is not waited for. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  const aborted = new Interruption()
  const abort = () => aborted.interrupt(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    while (!signal.aborted) {
      // Not `Promise.race`: it would keep a trace of each measurement for as long as the sensor runs.
      const result = await aborted.race(iterator.next())
      if (result.done) return
      yield result.value
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', abort)
    // A generator that is stuck in an await never answers `return`.
    void Promise.resolve(iterator.return?.()).catch(() => undefined)
  }
}
