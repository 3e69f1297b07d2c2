/**
 * Database, policies and continuous queries as they are declared; and the windows that no continuous query computed:
 * those that late points touched, and those of the time in which the database was away.
 */
import type { Clock } from '@minewarden/protocol/time.ts'
import {
  againStatement,
  CONTINUOUS_PREFIX,
  continuousQueries,
  policyStatements,
  quoteName,
  type Stretch,
  type Windows,
} from '../core/history/influxql.ts'
import { type LateWindows, mergeStretches } from '../core/history/late-windows.ts'
import type { RetentionDays } from '../core/history/retention.ts'
import type { Logger } from '../core/ports.ts'
import type { InfluxClient, InfluxSeries } from './influx-client.ts'

export interface InfluxUpkeepDeps {
  readonly client: InfluxClient
  readonly database: string
  readonly keepDays: RetentionDays
  /** How many there are. */
  readonly gateways: number
  readonly windows: Windows
  readonly late: LateWindows
  readonly clock: Clock
  readonly logger: Logger
}

/** Computed by one statement: more would hold up the database's other work. */
const PIECE_MS = 24 * 3_600_000
const PIECE_OF_ALL_MS = 6 * 3_600_000
/** At a start so far back is looked for windows that nobody computed. */
const LOOK_BACK_MS = 7 * 24 * 3_600_000

export class InfluxUpkeep {
  readonly #deps: InfluxUpkeepDeps
  #prepared = false
  /** Since when the database has not answered. */
  #awaySince: number | null = null

  constructor(deps: InfluxUpkeepDeps) {
    this.#deps = deps
  }

  /** Prepares once. @throws CloudError */
  async ready(): Promise<void> {
    if (!this.#prepared) await this.prepare()
  }

  /** Makes what is missing and changes what differs. Whoever may not do so is told what is missing. @throws CloudError */
  async prepare(): Promise<void> {
    const { client, database, logger } = this.#deps
    const version = await client.version()
    if (/^v?[23]/.test(version)) {
      logger.warn({ version }, 'policies and downsampling of this version are set up by hand: docs/history.md')
    } else {
      try {
        await this.#declare()
      } catch (error) {
        // Who may write need not be an administrator: the county's database may be in other hands.
        if (!isRefusal(error)) throw error
        logger.warn({ database, why: String(error) }, 'policies and continuous queries were not made: docs/history.md')
      }
    }
    if (!this.#prepared)
      await this.#oweSinceLast().catch((error) => logger.warn({ why: String(error) }, 'windows unknown'))
    this.#prepared = true
  }

  /** The database did not take something. */
  away(): void {
    this.#awaySince ??= this.#deps.clock.now()
  }

  /** It did: what no continuous query computed meanwhile is owed. */
  answered(): void {
    if (this.#awaySince === null) return
    const { late, clock, windows } = this.#deps
    late.missed(this.#awaySince - windows.again * windows.windowMs, clock.now())
    this.#awaySince = null
  }

  /** Computes what is owed; how many windows that were. @throws CloudError; then they are still owed */
  async tend(): Promise<number> {
    const { client, database, late, windows, gateways } = this.#deps
    if (!this.#prepared) return 0
    const stretches = late.take()
    try {
      let computed = 0
      for (const piece of mergeStretches(stretches, gateways).flatMap(piecesOf)) {
        await client.ask([againStatement(database, piece, windows)])
        computed += Math.ceil((piece.toMs - piece.fromMs) / windows.windowMs)
      }
      late.computed()
      return computed
    } catch (error) {
      late.failed(stretches)
      throw error
    }
  }

  async #declare(): Promise<void> {
    const { client, database, keepDays, windows, logger } = this.#deps
    await client.ask([`CREATE DATABASE ${quoteName(database)}`])
    const existing = namesOf((await client.ask([`SHOW RETENTION POLICIES ON ${quoteName(database)}`]))[0])
    for (const statement of policyStatements(database, keepDays, existing)) await client.ask([statement])
    const wanted = continuousQueries(database, windows)
    const found = (await client.ask(['SHOW CONTINUOUS QUERIES']))[0]?.find(({ name }) => name === database)
    const present = new Map(found?.values.map(([name, query]) => [String(name), String(query)]))
    for (const name of present.keys()) {
      if (name.startsWith(CONTINUOUS_PREFIX) && sameQuery(present.get(name), wanted.get(name)) === false)
        await client.ask([`DROP CONTINUOUS QUERY ${quoteName(name)} ON ${quoteName(database)}`])
    }
    for (const [name, query] of wanted) if (!sameQuery(present.get(name), query)) await client.ask([query])
    logger.info({ database, continuousQueries: wanted.size }, 'policies and continuous queries are as declared')
  }

  /** Nobody computed windows while neither we nor, perhaps, the database ran. */
  async #oweSinceLast(): Promise<void> {
    const { client, database, late, clock, windows } = this.#deps
    const last = `SELECT last("rssBytes_mean") FROM ${quoteName(database)}."tenMinutes"."fleetManager"`
    const at = Number((await client.ask([last]))[0]?.[0]?.values[0]?.[0] ?? Number.NaN) / 1000
    const now = clock.now()
    if (Number.isFinite(at)) late.missed(Math.max(at - windows.windowMs, now - LOOK_BACK_MS), now)
  }
}

const isRefusal = (error: unknown): boolean => (error as { code?: string }).code === 'history-refused'

const namesOf = (series: readonly InfluxSeries[] | undefined): string[] =>
  series?.[0]?.values.map(([name]) => String(name)) ?? []

/** The server tells a query in its own spacing and quoting. */
const plain = (query: string | undefined): string =>
  (query ?? '').replace(/["\s]/g, '').replace(/(\d+)m\b/g, (_, m) => `${Number(m) * 60}s`)
const sameQuery = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && plain(one) === plain(other)

function piecesOf(stretch: Stretch): Stretch[] {
  const pieces: Stretch[] = []
  const most = stretch.gateway === null ? PIECE_OF_ALL_MS : PIECE_MS
  for (let fromMs = stretch.fromMs; fromMs < stretch.toMs; fromMs += most)
    pieces.push({ ...stretch, fromMs, toMs: Math.min(stretch.toMs, fromMs + most) })
  return pieces
}
