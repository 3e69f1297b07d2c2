import type { HistoryEngine } from '@minewarden/cloud/core/history/engine.ts'
import { DEFAULT_RETENTION_DAYS } from '@minewarden/cloud/core/history/retention.ts'
import type { Logger } from '@minewarden/cloud/core/ports.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { type InfluxHistoryOptions, openInfluxHistory } from '@minewarden/cloud/shell/history-influx.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { fleetOf } from './fleet.ts'

export const accessTo = (url: string, username: string | null = null, password: string | null = null) => ({
  ...{ url, username, password },
  ca: null,
})

/** The history in a database of its own. */
export const historyIn = (
  url: string,
  database: string,
  options: Partial<InfluxHistoryOptions> & { readonly logger?: Logger } = {},
): HistoryEngine => {
  const { logger = silentLogger, ...rest } = options
  return openInfluxHistory(
    { access: accessTo(url), database, keepDays: DEFAULT_RETENTION_DAYS, fleet: fleetOf(2), ...rest },
    { clock: systemClock, logger },
  )
}

export interface Series {
  readonly name?: string
  readonly tags?: Record<string, string>
  readonly columns: readonly string[]
  readonly values: readonly (readonly (string | number | null)[])[]
}

/** Asks the server itself, past the product; times in milliseconds. */
export async function ask(url: string, query: string, account = ''): Promise<Series[]> {
  const headers = account === '' ? {} : { authorization: `Basic ${Buffer.from(account).toString('base64')}` }
  const body = new URLSearchParams({ q: query, epoch: 'ms' })
  const response = await fetch(`${url}/query`, { method: 'POST', body, headers })
  const answer = (await response.json()) as { results?: { series?: Series[]; error?: string }[]; error?: string }
  const error = answer.error ?? answer.results?.[0]?.error
  if (error) throw new Error(error)
  return answer.results?.[0]?.series ?? []
}

/** The one number that a query gives; 0 for nothing. */
export const number = async (url: string, query: string): Promise<number> =>
  Number((await ask(url, query))[0]?.values[0]?.[1] ?? 0)
