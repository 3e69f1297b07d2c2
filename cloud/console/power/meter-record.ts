/** What a meter's readings come to on the page: the newest of each kind, and the last few that happened. Pure. */
import type { ReadingDocument, TraceDocument } from '../../http/documents.ts'

type Fields = ReadingDocument['fields']

/** A reading of a meter, live or of the history. */
export interface MeterReading {
  readonly kind: string
  readonly atMs: number
  readonly fields: Fields
}

/** A count of the meter's that rose. */
export interface Rise {
  readonly count: RisingCount
  readonly atMs: number
  readonly by: number
}
export const RISING_COUNTS = ['coverOpenings', 'terminalCoverOpenings', 'powerLosses'] as const
export type RisingCount = (typeof RISING_COUNTS)[number]

export interface MeterRecord {
  readonly summary: MeterReading | null
  readonly night: MeterReading | null
  readonly check: MeterReading | null
  readonly status: MeterReading | null
  /** Newest first, at most {@link KEPT}. */
  readonly steps: readonly MeterReading[]
  /** Newest first; one that ended stands in the place of its beginning. */
  readonly voltages: readonly MeterReading[]
  readonly rises: readonly Rise[]
  /** The last that was told of each: a status without it does not hide that it rose. */
  readonly counts: { readonly [C in RisingCount]?: number }
}

export const EMPTY_RECORD: MeterRecord = {
  summary: null,
  night: null,
  check: null,
  status: null,
  steps: [],
  voltages: [],
  rises: [],
  counts: {},
}

const KEPT = 5
/** A summary of a quarter of an hour is of use only where there is none of a minute. */
const MINUTE_STANDS_MS = 900_000

/** What is asked of the history for a record: which fields of which kind, and how far back. */
export const RECORD_QUESTIONS: readonly {
  readonly kind: string
  readonly fields: readonly string[]
  readonly backMs: number
}[] = [
  {
    kind: 'powerSummary',
    backMs: 1_800_000,
    fields: [
      ...['periodS', 'coverage', 'meanW', 'leastW', 'mostW', 'voltageUnbalance', 'currentUnbalance'],
      ...['A', 'B', 'C'].flatMap((phase) => [`meanVoltage${phase}V`, `meanCurrent${phase}A`]),
    ],
  },
  { kind: 'powerStep', backMs: 6 * 3_600_000, fields: ['stepW', 'inrushRatio', 'inrushS', 'phases'] },
  {
    kind: 'voltageEvent',
    backMs: 24 * 3_600_000,
    fields: ['event', 'phase', 'onsetMs', 'extremeV', 'durationS'],
  },
  {
    kind: 'energyCheck',
    backMs: 24 * 3_600_000,
    fields: ['fromMs', 'registerWh', 'integralWh', 'ratio', 'uncertainty'],
  },
  { kind: 'nightShare', backMs: 48 * 3_600_000, fields: ['nightW', 'dayW', 'ratio'] },
  {
    kind: 'meter',
    backMs: 7 * 24 * 3_600_000,
    fields: [
      ...['measuresAt', 'relayKind', 'relayOff', 'commandedOff', 'preTripAlarm', 'isProtected'],
      ...RISING_COUNTS,
      ...['faults', 'clockOffsetS'],
      ...['reverseActiveEnergyWh', 'powerFactor', 'frequencyHz', 'neutralCurrentA'],
    ],
  },
]

/** The readings of an answer of the history, oldest first. What was thinned away from some fields is left out. */
export function readingsOf({ kind, from, series }: TraceDocument): MeterReading[] {
  const rows = new Map<number, Record<string, number | string | null>>()
  for (const { field, offsetsMs, values } of series)
    for (const [i, offset] of offsetsMs.entries()) {
      const row = rows.get(offset) ?? {}
      row[field] = values[i] ?? null
      rows.set(offset, row)
    }
  const count = new Set(series.map(({ field }) => field)).size
  return [...rows]
    .filter(([, fields]) => Object.keys(fields).length === count)
    .sort(([one], [other]) => one - other)
    .map(([offset, fields]) => ({ kind, atMs: Date.parse(from) + offset, fields }))
}

/** The record with one more reading; one that is older than what is known of its kind changes nothing. */
export function withReading(record: MeterRecord, reading: MeterReading): MeterRecord {
  switch (reading.kind) {
    case 'powerSummary':
      return isOutdone(reading, record.summary) ? record : { ...record, summary: reading }
    case 'nightShare':
      return isOld(reading, record.night) ? record : { ...record, night: reading }
    case 'energyCheck':
      return isOld(reading, record.check) ? record : { ...record, check: reading }
    case 'powerStep':
      return isOld(reading, record.steps[0]) ? record : { ...record, steps: [reading, ...record.steps].slice(0, KEPT) }
    case 'voltageEvent':
      return { ...record, voltages: withVoltage(record.voltages, reading) }
    case 'meter':
      return isOld(reading, record.status) ? record : { ...record, status: reading, ...withCounts(record, reading) }
    default:
      return record
  }
}

const isOld = (reading: MeterReading, known: MeterReading | null | undefined): boolean =>
  known != null && reading.atMs <= known.atMs

function isOutdone(reading: MeterReading, known: MeterReading | null): boolean {
  if (known === null) return false
  const isCoarser = Number(reading.fields.periodS) > Number(known.fields.periodS)
  return reading.atMs < known.atMs || (isCoarser && reading.atMs - known.atMs < MINUTE_STANDS_MS)
}

function withVoltage(known: readonly MeterReading[], reading: MeterReading): readonly MeterReading[] {
  const isSame = ({ fields }: MeterReading) =>
    fields.event === reading.fields.event &&
    fields.phase === reading.fields.phase &&
    fields.onsetMs === reading.fields.onsetMs
  const twin = known.find(isSame)
  if (twin && (twin.fields.durationS !== null || reading.fields.durationS === null)) return known
  const onset = ({ fields }: MeterReading) => Number(fields.onsetMs)
  return [reading, ...known.filter((one) => !isSame(one))].sort((a, b) => onset(b) - onset(a)).slice(0, KEPT)
}

function withCounts(record: MeterRecord, { atMs, fields }: MeterReading): Pick<MeterRecord, 'rises' | 'counts'> {
  const told = RISING_COUNTS.flatMap((count) => {
    const value = fields[count]
    return typeof value === 'number' ? [[count, value] as const] : []
  })
  const risen = told.flatMap(([count, value]): Rise[] => {
    const by = value - (record.counts[count] ?? value)
    return by > 0 ? [{ count, atMs, by }] : []
  })
  return {
    rises: [...risen, ...record.rises].slice(0, KEPT),
    counts: { ...record.counts, ...Object.fromEntries(told) },
  }
}

/** Whether a flag is set; `null`: not told. The history keeps flags as 0 and 1. */
export const flagOf = (value: Fields[string] | undefined): boolean | null => (value == null ? null : Boolean(value))
