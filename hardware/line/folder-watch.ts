import { type FSWatcher, watch } from 'node:fs'
import { readdir } from 'node:fs/promises'
import type { Watch } from './pause.ts'

/** Where the system tells no changes of a folder (it is not there, watches are used up), it is looked at so often. */
const POLL_MS = 500

/** Tells that names came or went in any of the folders; those that are not there yet are included. */
export function watchFolders(folders: readonly string[]): Watch {
  return (changed) => {
    const stops = folders.map((folder) => watchFolder(folder, changed))
    return () => {
      for (const stop of stops) stop()
    }
  }
}

function watchFolder(folder: string, changed: () => void): () => void {
  let watcher: FSWatcher | null = null
  let stopPolling: (() => void) | null = null
  const fallBack = () => {
    watcher?.close()
    watcher = null
    stopPolling ??= pollFolder(folder, changed)
  }
  try {
    // Changes of a file's content are no news: every write to /dev/null would be one.
    watcher = watch(folder, { persistent: false }, (event) => event === 'rename' && changed())
    watcher.on('error', fallBack)
  } catch {
    fallBack()
  }
  return () => {
    watcher?.close()
    stopPolling?.()
  }
}

function pollFolder(folder: string, changed: () => void): () => void {
  const list = async () => (await readdir(folder).catch(() => [])).sort().join('\n')
  let former: Promise<string> = list()
  const timer = setInterval(async () => {
    const [before, now] = await Promise.all([former, list()])
    former = Promise.resolve(now)
    if (before !== now) changed()
  }, POLL_MS)
  timer.unref()
  return () => clearInterval(timer)
}
