import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { SiteParameters } from '../core/tuning/site-parameters.ts'
import type { ParameterVersion, TuningStore } from '../core/tuning/tuning.ts'
import { CloudError } from '../errors.ts'

const TABLES = `
CREATE TABLE IF NOT EXISTS tuning (
  site TEXT NOT NULL, version INTEGER NOT NULL, told TEXT NOT NULL, PRIMARY KEY (site, version)
) WITHOUT ROWID;
`
const Told = z.looseObject({ parameters: SiteParameters })

export interface TuningFile extends TuningStore {
  close(): void
}

/** {@link TuningStore} in the file of findings, over a connection of its own; every change on the disk when it returns. */
export function openTuning(path: string): TuningFile {
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw new CloudError('findings-unusable', `${path}: ${error instanceof Error ? error.message : error}`, error)
    }
  }
  return guarded(() => {
    const db = new DatabaseSync(path)
    db.exec(`PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; ${TABLES}`)
    const all = db.prepare('SELECT told FROM tuning ORDER BY site, version')
    const add = db.prepare('INSERT INTO tuning (site, version, told) VALUES (?, ?, ?)')
    const forget = db.prepare('DELETE FROM tuning WHERE site = ? AND version <= ?')
    return {
      versions: () =>
        guarded(() => all.all().map(({ told }) => Told.parse(JSON.parse(String(told))) as unknown as ParameterVersion)),
      save(version, forgetTo) {
        guarded(() => {
          add.run(version.site, version.version, JSON.stringify(version))
          forget.run(version.site, forgetTo)
        })
      },
      close: () => db.close(),
    }
  })
}
