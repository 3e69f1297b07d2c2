import type { HardwareError } from '../errors.ts'
import type { Chunk } from './contract.ts'

/** More than a second of the fastest line (1 Mbaud): who does not read for longer than that loses the oldest bytes. */
export const CHUNKS_CEILING_BYTES = 131_072

/** What arrived on a line and was not yet read; bounded, one reader at a time. */
export class ChunkQueue {
  readonly #ceilingBytes: number
  readonly #chunks: Chunk[] = []
  #bytes = 0
  #droppedBytes = 0
  #end: { readonly error: HardwareError | null } | null = null
  #wake: (() => void) | null = null

  constructor(ceilingBytes: number = CHUNKS_CEILING_BYTES) {
    this.#ceilingBytes = ceilingBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get droppedBytes(): number {
    return this.#droppedBytes
  }

  push(chunk: Chunk): void {
    if (this.#end) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.bytes.length
    while (this.#bytes > this.#ceilingBytes && this.#chunks.length > 1) {
      this.#droppedBytes += this.#shift()?.bytes.length ?? 0
    }
    this.#wake?.()
  }

  /** What is in hand can still be read; then readers end, or get the error. The first end counts. */
  end(error: HardwareError | null = null): void {
    this.#end ??= { error }
    this.#wake?.()
  }

  /** @throws HardwareError that {@link end} was given */
  async *read(): AsyncGenerator<Chunk, void, undefined> {
    for (;;) {
      const chunk = this.#shift()
      if (chunk) yield chunk
      else if (this.#end?.error) throw this.#end.error
      else if (this.#end) return
      else await this.#arrival()
    }
  }

  #shift(): Chunk | undefined {
    const chunk = this.#chunks.shift()
    if (chunk) this.#bytes -= chunk.bytes.length
    return chunk
  }

  async #arrival(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = null
  }
}
