import { DatabaseSync } from 'node:sqlite'
import type { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import { READING_KINDS, type Reading } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'

/** Read at once: bounds the memory. */
const SLICE_MS = 15 * 60_000
/** Of one series in one slice: forty a second. */
const MOST_OF_SLICE = 36_000

/** A kept reading and whose it is. */
export interface KeptReading {
  readonly gateway: GatewayId
  readonly reading: Reading
}

/** Of which gateways, and when. */
export interface KeptSpan {
  readonly gateways: readonly GatewayId[]
  readonly from: number
  readonly to: number
}

/** The readings of a span's next stretch, in order of measurement. */
export interface KeptSlice {
  readonly until: number
  readonly readings: readonly KeptReading[]
}

/**
 * The readings that the embedded history keeps of some gateways, in order of measurement, slice by slice; the file is
 * only read. Clock quality is not kept: they count as of a clock that is in step. A value that a reading's kind did not
 * have when it was written is `null`.
 */
export function* readKept(path: string, { gateways, from, to }: KeptSpan): Generator<KeptSlice> {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    const series = db
      .prepare(
        'SELECT id, gateway, sensor, kind, channel, names FROM series WHERE gateway IN (SELECT value FROM json_each(?))',
      )
      .all(JSON.stringify(gateways))
      .filter(({ kind }) => Object.hasOwn(READING_KINDS, String(kind)))
    const points = db.prepare(
      'SELECT at, fields FROM points WHERE series = ? AND at >= ? AND at < ? ORDER BY at LIMIT ?',
    )
    for (let start = from; start < to; start += SLICE_MS) {
      const until = Math.min(to, start + SLICE_MS)
      const readings = series.flatMap((one) =>
        points.all(Number(one.id), start, until, MOST_OF_SLICE).map((point) => keptOf(one, point)),
      )
      readings.sort((a, b) => a.reading.measuredAt - b.reading.measuredAt)
      yield { until, readings }
    }
  } finally {
    db.close()
  }
}

type Row = Record<string, unknown>

function keptOf({ gateway, sensor, kind, channel, names }: Row, { at, fields }: Row): KeptReading {
  const cells = JSON.parse(String(fields)) as unknown[]
  const empty = Object.keys(READING_KINDS[kind as Reading['kind']].fields).map((name) => [name, null])
  const values = (JSON.parse(String(names)) as string[]).map((name, i) => [name, cells[i] ?? null])
  const reading = {
    kind,
    sensor: sensor === '' ? null : (String(sensor) as SensorId),
    channel: channel === '' ? null : String(channel),
    measuredAt: instant(Number(at)),
    clock: 'ntp',
    fields: Object.fromEntries([...empty, ...values]),
  }
  return { gateway: String(gateway) as GatewayId, reading: reading as Reading }
}
