/** The files of the ring. What returns is on the disk: data, length and name. */
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface RingWrite {
  readonly path: string
  /** Where the bytes belong: what a failed attempt left there is written over. */
  readonly position: number
  readonly bytes: Uint8Array
}

/** Every method rejects with what the file system says, but where it says otherwise. */
export interface RingDisk {
  /**
   * Writes all, then syncs all: files that are synced together share a commit of the file system's journal. One result
   * for each write: `null` or its error.
   */
  write(writes: readonly RingWrite[]): Promise<readonly (Error | null)[]>
  /** Puts a whole file in place of what is there, or of nothing; a crash leaves either. */
  replace(path: string, bytes: Uint8Array): Promise<void>
  /** `null`: no such file. */
  read(path: string): Promise<Uint8Array | null>
  remove(path: string): Promise<void>
  folders(dir: string): Promise<readonly string[]>
  files(dir: string): Promise<readonly { readonly name: string; readonly bytes: number }[]>
}

/** Files asked for their size at a time. */
const STATS_AT_ONCE = 64

export const ringDisk: RingDisk = {
  async write(writes) {
    const begun = await Promise.all(writes.map((write) => outcome(() => begin(write))))
    return await Promise.all(begun.map((file) => (file instanceof Error ? file : finish(file))))
  },

  async replace(path, bytes) {
    await mkdir(dirname(path), { recursive: true })
    const part = `${path}.part`
    const error = await finish(await begin({ path: part, position: 0, bytes }, 'w'))
    if (error) throw error
    await rename(part, path)
    await syncFolder(dirname(path))
  },

  async read(path) {
    try {
      return await readFile(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  },

  remove: (path) => rm(path, { force: true }),

  async folders(dir) {
    await mkdir(dir, { recursive: true })
    return (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name)
  },

  async files(dir) {
    const names = await readdir(dir)
    const found: { name: string; bytes: number }[] = []
    for (let at = 0; at < names.length; at += STATS_AT_ONCE) {
      const some = names.slice(at, at + STATS_AT_ONCE)
      const sizes = await Promise.all(some.map(async (name) => (await stat(join(dir, name))).size))
      some.forEach((name, i) => void found.push({ name, bytes: sizes[i] as number }))
    }
    return found
  },
}

interface Begun {
  readonly handle: Awaited<ReturnType<typeof open>>
  /** The folder that a new file's name has to be synced in. */
  readonly folder: string | null
}

async function begin({ path, position, bytes }: RingWrite, flags?: 'w'): Promise<Begun> {
  const isNew = flags === 'w' || position === 0
  if (isNew) await mkdir(dirname(path), { recursive: true })
  const handle = await open(path, isNew ? 'w' : 'r+')
  try {
    for (let done = 0; done < bytes.length; ) {
      done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten
    }
  } catch (error) {
    await handle.close()
    throw error
  }
  return { handle, folder: isNew && flags === undefined ? dirname(path) : null }
}

async function finish({ handle, folder }: Begun): Promise<Error | null> {
  const error = await outcome(() => handle.datasync())
  const closing = await outcome(() => handle.close())
  const naming = folder === null ? null : await outcome(() => syncFolder(folder))
  return [error, closing, naming].find((result) => result instanceof Error) ?? null
}

/** The name of a new file is the folder's content. */
async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  await handle.sync().finally(() => handle.close())
}

async function outcome<T>(work: () => Promise<T>): Promise<T | Error> {
  try {
    return await work()
  } catch (error) {
    return error as Error
  }
}
