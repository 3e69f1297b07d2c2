/** How late this machine runs what is due: where real peers are watched by their times, those are as good as that. */
const EACH_MS = 20
const BUCKET_MS = 1_000

export class Lateness implements Disposable {
  /** The worst of each second of `Date.now()`. */
  readonly #worst = new Map<number, number>()
  readonly #timer: NodeJS.Timeout
  #dueAt = Date.now() + EACH_MS

  constructor() {
    this.#timer = setInterval(() => this.#look(), EACH_MS)
  }

  /** The worst delay of anything that was due between two moments of `Date.now()`. */
  worstMs(fromMs: number, toMs: number): number {
    let worst = 0
    for (let bucket = Math.floor(fromMs / BUCKET_MS); bucket <= Math.floor(toMs / BUCKET_MS); bucket++)
      worst = Math.max(worst, this.#worst.get(bucket) ?? 0)
    return worst
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = Date.now()
    const bucket = Math.floor(now / BUCKET_MS)
    this.#worst.set(bucket, Math.max(this.#worst.get(bucket) ?? 0, now - this.#dueAt))
    this.#dueAt = now + EACH_MS
  }
}
