/**
 * InfluxDB's query language over the npm client. Its errors carry the request, and that our password: they end here.
 */
import { InfluxDB, ResultError } from 'influx'
import { z } from 'zod'
import { CloudError } from '../errors.ts'
import type { DatabaseAccess } from './line-post.ts'

export interface InfluxClient {
  /** As the server calls it, such as `1.6.7`. @throws CloudError `history-unreachable` */
  version(): Promise<string>
  /**
   * The series that each statement gives, one list a statement, times in microseconds.
   * @throws CloudError `history-unreachable`, `history-refused`
   */
  ask(statements: readonly string[]): Promise<readonly (readonly InfluxSeries[])[]>
}

const InfluxSeries = z.object({
  name: z.string().default(''),
  tags: z.record(z.string(), z.string()).optional(),
  columns: z.array(z.string()),
  values: z.array(z.array(z.unknown())).default([]),
})
export type InfluxSeries = z.infer<typeof InfluxSeries>
const Answer = z.object({
  results: z.array(z.object({ series: z.array(InfluxSeries).optional(), error: z.string().optional() })),
})

const PING_MS = 5_000
/** Of what a server says, so much. */
const MAX_WHY_CHARS = 300

export interface InfluxClientOptions {
  readonly access: DatabaseAccess
  readonly database: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export function createInfluxClient({ access, database, timeoutMs, signal }: InfluxClientOptions): InfluxClient {
  const { protocol, hostname, port } = new URL(access.url)
  const isTls = protocol === 'https:'
  const influx = new InfluxDB({
    database,
    ...(access.username === null ? {} : { username: access.username, password: access.password ?? '' }),
    hosts: [
      {
        host: hostname,
        port: Number(port || (isTls ? 443 : 80)),
        protocol: isTls ? 'https' : 'http',
        options: access.ca === null ? {} : { ca: access.ca },
      },
    ],
    pool: { maxRetries: 0, requestTimeout: timeoutMs },
  })
  return {
    async version() {
      const [pong] = await influx.ping(PING_MS)
      if (pong?.online) return pong.version ?? 'unknown'
      throw new CloudError('history-unreachable', `${access.url}: no answer to a ping`)
    },
    async ask(statements) {
      if (statements.length === 0) return []
      const raw = await influx
        .queryRaw([...statements], { precision: 'u', method: 'POST', signal })
        .catch((error: unknown) => {
          throw failureOf(access.url, error)
        })
      const answer = Answer.safeParse(raw)
      if (!answer.success) throw new CloudError('history-unreachable', `${access.url}: answers are not InfluxDB's`)
      return answer.data.results.map(({ series, error }) => {
        if (error !== undefined) throw new CloudError('history-refused', error.slice(0, MAX_WHY_CHARS))
        return series ?? []
      })
    },
  }
}

function failureOf(url: string, error: unknown): CloudError {
  const { message, res, code } = error as { message?: string; code?: string; res?: { statusCode?: number } }
  const why = String(message ?? code ?? 'failed').slice(0, MAX_WHY_CHARS)
  const status = res?.statusCode ?? 0
  const isRefusal = (status >= 400 && status < 500) || error instanceof ResultError
  return new CloudError(isRefusal ? 'history-refused' : 'history-unreachable', `${url}: ${why}`)
}
