import { type Instant, isoTime } from '@minewarden/protocol/time.ts'
import type { DeviceState, PowerReading, ProbeReading } from '../contract.ts'
import { csvLines } from './csv-lines.ts'
import { createDamage } from './damage.ts'
import { fileChunks } from './file-chunks.ts'
import type { RecordedSensor } from './recorded-sensor.ts'
import { POWER_TABLE, PROBE_TABLE, type Row } from './table.ts'

const TOO_LONG = { ok: false, problem: 'line too long' } as const

/**
 * The rows of a recorded power meter or camera probe, in order. A row that cannot be used (malformed, out of order,
 * outside of the recording) becomes a `bad-data` state that names file, line and column.
 */
export function* tableReadings(sensor: RecordedSensor): Generator<PowerReading | ProbeReading | DeviceState> {
  const table = sensor.kind === 'power-meter' ? POWER_TABLE : PROBE_TABLE
  const damage = createDamage(sensor.file)
  let last: Instant | null = null
  for (const { number, text } of csvLines(fileChunks(sensor.path))) {
    if (number === 1) continue
    const row: Row<PowerReading | ProbeReading> = text === null ? TOO_LONG : table.parse(text)
    const problem = row.ok ? misplaced(row.value.at, sensor, last) : row.problem
    const state =
      row.ok && problem === null
        ? damage.good(row.value.at)
        : damage.bad(last ?? sensor.startAt, `line ${number}: ${problem}`)
    if (state) yield state
    if (!row.ok || problem !== null) continue
    last = row.value.at
    yield row.value
  }
  const rest = damage.rest(last ?? sensor.startAt)
  if (rest) yield rest
}

function misplaced(at: Instant, { startAt, endAt }: RecordedSensor, last: Instant | null): string | null {
  if (at < startAt || at > endAt) return `time: ${isoTime(at)} is outside of the recording`
  if (last !== null && at <= last) return `time: ${isoTime(at)} is not after the row before`
  return null
}
