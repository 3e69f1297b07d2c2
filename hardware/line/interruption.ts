/**
 * Something that may cut waiting short. `Promise.race` with a promise that lives for weeks keeps a trace of each round
 * for as long; this keeps one at most.
 * @see https://github.com/nodejs/node/issues/17469
 */
export class Interruption {
  #reason: { readonly error: unknown } | null = null
  #reject: ((error: unknown) => void) | null = null

  get interrupted(): boolean {
    return this.#reason !== null
  }

  /** The first reason counts. */
  interrupt(error: unknown): void {
    this.#reason ??= { error }
    this.#reject?.(this.#reason.error)
  }

  /** The promise's outcome, or a rejection with the reason of the interruption; one caller at a time. */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#reject = reject
      promise.then(resolve, reject)
      if (this.#reason) reject(this.#reason.error)
    })
  }
}
