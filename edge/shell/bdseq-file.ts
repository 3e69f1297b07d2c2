import { readFileSync, renameSync, writeFileSync } from 'node:fs'

/** Keeps the session's last bdSeq in a small file; a damaged or missing one begins anew, as the specification allows. */
export function createBdSeqFile(path: string): { load(): number | null; save(bdSeq: number): void } {
  return {
    load() {
      try {
        const bdSeq = Number(readFileSync(path, 'utf8').trim() || Number.NaN)
        return Number.isInteger(bdSeq) && bdSeq >= 0 && bdSeq <= 255 ? bdSeq : null
      } catch {
        return null
      }
    },
    save(bdSeq) {
      // Renaming is atomic: a power cut leaves the old number or the new one.
      writeFileSync(`${path}.new`, `${bdSeq}\n`, { flush: true })
      renameSync(`${path}.new`, path)
    },
  }
}
