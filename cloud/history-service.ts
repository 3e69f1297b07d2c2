/** Where the configuration puts the history; the embedded one is the intake's own. */
import { join } from 'node:path'
import type { Clock } from '@minewarden/protocol/time.ts'
import type { CloudConfig } from './config.ts'
import type { HistoryEngine, HistoryMirror } from './core/history/engine.ts'
import type { Logger } from './core/ports.ts'
import { openInfluxHistory } from './shell/history-influx.ts'
import { openVictoriaMirror } from './shell/history-victoria.ts'
import type { DatabaseAccess } from './shell/line-post.ts'
import type { KeptSource } from './shell/replay-worker.ts'

/** What the configuration names by file, read. */
export interface HistorySecrets {
  readonly historyPassword: string | null
  readonly historyCa: string | null
}

export interface ConfiguredHistory {
  /** In place of the embedded one. */
  readonly history?: HistoryEngine
  /** Beside the embedded one. */
  readonly mirror?: HistoryMirror
}

export function openHistory(
  config: Pick<CloudConfig, 'history' | 'sites' | 'gateways' | 'suppliers'>,
  secrets: HistorySecrets,
  deps: { readonly clock: Clock; readonly logger: Logger },
): ConfiguredHistory {
  const { history } = config
  const access = accessOf(config, secrets)
  if (access === null) return {}
  if (history.kind === 'influxdb') {
    const { database, keepDays } = history
    return { history: openInfluxHistory({ access, database, keepDays, fleet: config }, deps) }
  }
  return { mirror: openVictoriaMirror({ access, fleet: config }, deps) }
}

/** Where the readings are that a replay reads. */
export function keptIn(config: Pick<CloudConfig, 'history' | 'dataDir'>, secrets: HistorySecrets): KeptSource {
  const { history } = config
  const access = accessOf(config, secrets)
  if (access === null || history.kind !== 'influxdb') {
    return { kind: 'embedded', path: join(config.dataDir, 'history.sqlite') }
  }
  return { kind: 'influxdb', access, database: history.database }
}

/** `null`: the history is in no database. */
function accessOf(
  { history }: Pick<CloudConfig, 'history'>,
  { historyPassword, historyCa }: HistorySecrets,
): DatabaseAccess | null {
  if (history.kind !== 'influxdb' && history.kind !== 'victoriametrics') return null
  return { url: history.url, username: history.username ?? null, password: historyPassword, ca: historyCa }
}
