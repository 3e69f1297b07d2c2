import type { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import { READING_KINDS, type Reading } from '@minewarden/protocol/reading.ts'
import { CLOCK_QUALITIES, instant } from '@minewarden/protocol/time.ts'
import { keptStatement } from '../core/history/influxql.ts'
import { CLOCK_FIELD, KEPT_KINDS, type KeptKind } from '../core/history/reading-measurements.ts'
import { createInfluxClient, type InfluxSeries } from './influx-client.ts'
import type { KeptReading, KeptSlice, KeptSpan } from './kept-readings.ts'
import type { DatabaseAccess } from './line-post.ts'

/** Read at once: bounds the memory. */
const SLICE_MS = 15 * 60_000
/** Readings of one kind in a slice: a hundred a second. */
const MOST_OF_KIND = 90_000
const TIMEOUT_MS = 30_000

/** The readings that InfluxDB keeps of some gateways, in order of measurement, slice by slice. @throws CloudError */
export async function* readKeptInInflux(
  { access, database }: { readonly access: DatabaseAccess; readonly database: string },
  { gateways, from, to }: KeptSpan,
): AsyncGenerator<KeptSlice> {
  // The thread that a replay runs in is ended as a whole.
  const { signal } = new AbortController()
  const client = createInfluxClient({ access, database, timeoutMs: TIMEOUT_MS, signal })
  if (gateways.length === 0) return
  for (let start = from; start < to; start += SLICE_MS) {
    const until = Math.min(to, start + SLICE_MS)
    const span = { gateways, fromMs: start, toMs: until }
    const answers = await client.ask(KEPT_KINDS.map((kind) => keptStatement(database, kind, span, MOST_OF_KIND)))
    const readings = KEPT_KINDS.flatMap((kind, i) => (answers[i] ?? []).flatMap((series) => readingsOf(kind, series)))
    readings.sort((a, b) => a.reading.measuredAt - b.reading.measuredAt)
    yield { until, readings }
  }
}

/** A sensor's name, a channel: empty where there is none. */
const given = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

function readingsOf(kind: KeptKind, { columns, values }: InfluxSeries): KeptReading[] {
  const at = new Map(columns.map((name, i) => [name, i]))
  const fields = Object.entries(READING_KINDS[kind].fields).map(([name, { type }]) => ({
    name,
    type,
    at: at.get(name) ?? -1,
  }))
  return values.map((row) => {
    const cell = (name: string): unknown => row[at.get(name) ?? -1]
    const reading = {
      kind,
      sensor: given(cell('sensor')) as SensorId | null,
      channel: given(cell('channel')),
      measuredAt: instant(Number(row[0]) / 1000),
      clock: CLOCK_QUALITIES[Number(cell(CLOCK_FIELD))] ?? 'unsynchronised',
      fields: Object.fromEntries(fields.map(({ name, type, at: i }) => [name, valueOfField(type, row[i])])),
    }
    return { gateway: String(cell('gateway')) as GatewayId, reading: reading as unknown as Reading }
  })
}

/** Flags are kept as 0 and 1. */
function valueOfField(type: string, cell: unknown): number | string | boolean | null {
  if (type === 'flag') return typeof cell === 'number' ? cell > 0 : null
  if (type === 'number') return typeof cell === 'number' ? cell : null
  return typeof cell === 'string' ? cell : null
}
