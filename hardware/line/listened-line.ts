import type { Millis } from '@minewarden/protocol/time.ts'
import type { ByteLine, Chunk } from './contract.ts'

/** A line that knows how much was read from it: bytes that nobody understands are another fault than none. */
export interface ListenedLine extends ByteLine {
  readonly readBytes: number
  /** When the last of them arrived, in monotonic time; `null`: none did. */
  readonly lastReadAt: Millis | null
  readonly droppedBytes: number
}

export function listen(line: ByteLine): ListenedLine {
  let readBytes = 0
  let lastReadAt: Millis | null = null
  async function* read(): AsyncGenerator<Chunk, void, undefined> {
    for await (const chunk of line.read()) {
      readBytes += chunk.bytes.length
      lastReadAt = chunk.at
      yield chunk
    }
  }
  return {
    name: line.name,
    get readBytes() {
      return readBytes
    },
    get lastReadAt() {
      return lastReadAt
    },
    get droppedBytes() {
      return line.droppedBytes ?? 0
    },
    read,
    write: (bytes) => line.write(bytes),
    rest: (ms) => line.rest?.(ms),
    close: () => line.close(),
  }
}
