import { closeSync, openSync, readSync } from 'node:fs'

/** How much of a file is read at a time: each open channel of a recording holds this much. */
export const CHUNK_BYTES = 64 * 1024

/**
 * A file, chunk by chunk. Synchronous: the evaluation merges dozens of files and would otherwise wait for a promise
 * at each block. A chunk is valid until the next one is drawn. The file is closed when the generator ends or is left.
 */
export function* fileChunks(path: string, chunkBytes = CHUNK_BYTES): Generator<Uint8Array> {
  const file = openSync(path, 'r')
  try {
    const buffer = new Uint8Array(chunkBytes)
    for (;;) {
      const length = readSync(file, buffer, 0, chunkBytes, null)
      if (length === 0) return
      yield buffer.subarray(0, length)
    }
  } finally {
    closeSync(file)
  }
}
