import type { ByteLine, Chunk } from './contract.ts'

/** A line that knows how much was read from it: bytes that nobody understands are another fault than none. */
export interface ListenedLine extends ByteLine {
  readonly readBytes: number
  readonly droppedBytes: number
}

export function listen(line: ByteLine): ListenedLine {
  let readBytes = 0
  async function* read(): AsyncGenerator<Chunk, void, undefined> {
    for await (const chunk of line.read()) {
      readBytes += chunk.bytes.length
      yield chunk
    }
  }
  return {
    name: line.name,
    get readBytes() {
      return readBytes
    },
    get droppedBytes() {
      return line.droppedBytes ?? 0
    },
    read,
    write: (bytes) => line.write(bytes),
    close: () => line.close(),
  }
}
