import { PROBE_STATUSES, type ProbeStatus } from '@minewarden/protocol/ids.ts'
import { type Instant, parseIsoTime } from '@minewarden/protocol/time.ts'
import type { PowerReading, ProbeReading } from '../contract.ts'

/** A row of a recorded table, or what is wrong with it, naming the column. */
export type Row<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string }

/** One sort of CSV file: its header, to the letter, and how a row is read. */
export interface Table<T> {
  readonly header: string
  readonly parse: (line: string) => Row<T>
}

const POWER_COLUMNS = [
  'time',
  'activePowerW',
  'reactivePowerVar',
  'voltageAV',
  'voltageBV',
  'voltageCV',
  'currentAA',
  'currentBA',
  'currentCA',
  'activeEnergyWh',
] as const

export const POWER_TABLE: Table<PowerReading> = { header: POWER_COLUMNS.join(','), parse: parsePower }
export const PROBE_TABLE: Table<ProbeReading> = { header: 'time,status', parse: parseProbe }

const no = (problem: string) => ({ ok: false, problem }) as const

/** Plain decimal numbers; no hexadecimal, no `Infinity`, no thousands separators. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/

function parsePower(line: string): Row<PowerReading> {
  const cells = line.split(',')
  if (cells.length !== POWER_COLUMNS.length) return no(`${cells.length} cells, not ${POWER_COLUMNS.length}`)
  const at = parseTime(cells[0]!)
  if (at === null) return no(`time: not an ISO 8601 time with offset: ${shorten(cells[0]!)}`)
  const values: (number | null)[] = []
  for (let i = 1; i < cells.length; i++) {
    const cell = cells[i]!.trim()
    if (cell !== '' && !DECIMAL.test(cell)) return no(`${POWER_COLUMNS[i]}: not a number: ${shorten(cell)}`)
    values.push(cell === '' ? null : Number(cell))
    if (values[i - 1] === Number.POSITIVE_INFINITY) return no(`${POWER_COLUMNS[i]}: out of range`)
  }
  const [activePowerW, reactivePowerVar, va, vb, vc, ca, cb, cc, activeEnergyWh] = values as Nine
  return {
    ok: true,
    value: {
      kind: 'power',
      at,
      activePowerW,
      reactivePowerVar,
      voltageV: [va, vb, vc],
      currentA: [ca, cb, cc],
      activeEnergyWh,
      simulated: false,
      clock: 'ntp',
    },
  }
}

type Cell = number | null
type Nine = [Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell]

const STATUSES: ReadonlySet<string> = new Set(PROBE_STATUSES)

function parseProbe(line: string): Row<ProbeReading> {
  const cells = line.split(',')
  if (cells.length !== 2) return no(`${cells.length} cells, not 2`)
  const at = parseTime(cells[0]!)
  if (at === null) return no(`time: not an ISO 8601 time with offset: ${shorten(cells[0]!)}`)
  const status = cells[1]!.trim()
  if (!STATUSES.has(status)) return no(`status: none of ${PROBE_STATUSES.join(', ')}: ${shorten(status)}`)
  return { ok: true, value: { kind: 'probe', at, status: status as ProbeStatus, clock: 'ntp' } }
}

const parseTime = (cell: string): Instant | null => parseIsoTime(cell.trim())

/** What a file contains may be anything: only its beginning goes into a message. */
const shorten = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text)
