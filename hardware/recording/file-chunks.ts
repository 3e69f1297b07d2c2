import { closeSync, openSync, readSync } from 'node:fs'
import { HardwareError } from '../errors.ts'

/** How much of a file is read at a time: each open channel of a recording holds this much. */
export const CHUNK_BYTES = 64 * 1024

/**
 * A file, chunk by chunk. Synchronous: the evaluation merges dozens of files and would otherwise wait for a promise
 * at each block. A chunk is valid until the next one is drawn. The file is closed when the generator ends or is left.
 * @throws HardwareError `recording-unreadable` naming the file
 */
export function* fileChunks(path: string): Generator<Uint8Array> {
  const file = unlessUnreadable(path, () => openSync(path, 'r'))
  try {
    const buffer = new Uint8Array(CHUNK_BYTES)
    for (;;) {
      const length = unlessUnreadable(path, () => readSync(file, buffer, 0, CHUNK_BYTES, null))
      if (length === 0) return
      yield buffer.subarray(0, length)
    }
  } finally {
    closeSync(file)
  }
}

function unlessUnreadable<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new HardwareError('recording-unreadable', `${path}: ${(error as Error).message}`, error)
  }
}
