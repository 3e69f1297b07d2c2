/** Traces for pages out of InfluxDB: the same answers as those of the embedded history, thinned there and not here. */
import { READING_KINDS } from '@minewarden/protocol/reading.ts'
import { countStatement, extremeStatement, type Trace, valuesStatement } from '../core/history/influxql.ts'
import { isKept } from '../core/history/reading-measurements.ts'
import type { HistoryQuestion, HistorySeries } from '../core/ports.ts'
import { thinChanges, thinMinMax } from '../core/thinning.ts'
import type { InfluxClient, InfluxSeries } from './influx-client.ts'

/** Values of a field and channel that are fetched as they are, and thinned here; of more, the database finds the extremes. */
const FETCHED = 10_000
/** Changes of texts and flags are looked for among so many of the newest values. */
const LISTED = 20_000

type Value = number | string | null
interface Points {
  readonly timesMs: number[]
  readonly values: Value[]
}

export class InfluxTraces {
  readonly #client: InfluxClient
  readonly #database: string

  constructor(client: InfluxClient, database: string) {
    this.#client = client
    this.#database = database
  }

  async query(question: HistoryQuestion): Promise<HistorySeries[]> {
    const { kind, gateway, sensor, from, to, fields, maxPoints } = question
    if (!isKept(kind) || fields.length === 0) return []
    const trace: Trace = { kind, gateway, sensor, fromMs: from, toMs: to }
    const numbers = fields.filter((field) => isNumber(kind, field))
    const others = fields.filter((field) => !isNumber(kind, field))
    const many = await this.#countOf(trace)
    const most = Math.max(2, maxPoints)
    const traces =
      many > FETCHED ? await this.#extremes(trace, numbers, most) : await this.#values(trace, numbers, FETCHED)
    const listed = await this.#values(trace, others, LISTED)
    const channels = [...new Set([...traces, ...listed].map(({ channel }) => channel))].sort()
    return channels.flatMap((channel) =>
      fields.map((field): HistorySeries => {
        const found = [...traces, ...listed].find((one) => one.channel === channel && one.field === field)
        const { timesMs, values } = found ?? { timesMs: [], values: [] }
        if (!isNumber(kind, field)) return { field, channel, ...thinChanges({ timesMs, values }, maxPoints) }
        return { field, channel, ...thinMinMax({ timesMs, values: values as (number | null)[] }, most) }
      }),
    )
  }

  /** Readings of the channel that has most. */
  async #countOf(trace: Trace): Promise<number> {
    const [series = []] = await this.#client.ask([countStatement(this.#database, trace, 'clockQuality')])
    return Math.max(0, ...series.map(({ values }) => Number(values[0]?.[1] ?? 0)))
  }

  async #values(trace: Trace, fields: readonly string[], limit: number) {
    if (fields.length === 0) return []
    const [series = []] = await this.#client.ask([
      valuesStatement(this.#database, trace, [...fields, 'clockQuality'], limit),
    ])
    return series.flatMap((one) => fields.map((field) => ({ field, channel: channelOf(one), ...columnOf(one, field) })))
  }

  async #extremes(trace: Trace, fields: readonly string[], most: number) {
    const stretchMs = (trace.toMs - trace.fromMs) / Math.floor(most / 2)
    const both = fields.flatMap((field) => [
      extremeStatement(this.#database, trace, field, 'bottom', stretchMs),
      extremeStatement(this.#database, trace, field, 'top', stretchMs),
    ])
    const answers = await this.#client.ask(both)
    return fields.flatMap((field, i) => {
      const [low = [], high = []] = answers.slice(2 * i, 2 * i + 2)
      return low.map((one) => {
        const channel = channelOf(one)
        const other = high.find((candidate) => channelOf(candidate) === channel)
        return { field, channel, ...merged(columnOf(one, 'bottom'), other ? columnOf(other, 'top') : null) }
      })
    })
  }
}

const isNumber = (kind: HistoryQuestion['kind'], field: string): boolean =>
  (READING_KINDS[kind].fields as { readonly [name: string]: { readonly type: string } })[field]?.type === 'number'

const channelOf = ({ tags }: InfluxSeries): string | null => tags?.channel ?? null

/** A column with its times, ascending. */
function columnOf({ columns, values }: InfluxSeries, name: string): Points {
  const at = columns.indexOf(name)
  const rows = values.map((row) => ({ timeMs: Number(row[0]) / 1000, value: cellValue(row[at]) }))
  rows.sort((a, b) => a.timeMs - b.timeMs)
  return { timesMs: rows.map(({ timeMs }) => timeMs), values: rows.map(({ value }) => value) }
}

const cellValue = (cell: unknown): Value => {
  if (typeof cell === 'number' || typeof cell === 'string') return cell
  return typeof cell === 'boolean' ? Number(cell) : null
}

/** Both in order of time; a point that is least and greatest at once stands once. */
function merged(low: Points, high: Points | null): Points {
  const byTime = new Map<number, Value>()
  for (const { timesMs, values } of high ? [low, high] : [low])
    for (const [i, at] of timesMs.entries()) byTime.set(at, values[i] ?? null)
  const timesMs = [...byTime.keys()].sort((a, b) => a - b)
  return { timesMs, values: timesMs.map((at) => byTime.get(at) ?? null) }
}
