/**
 * Every kind of reading but raw waveforms and pictures is a measurement of its own name with its fields as they are
 * declared in `READING_KINDS`. Here stands only what a reading's declaration does not say: what tells readings of one
 * sensor and one moment apart, and what remains of each quantity in the downsampled tier.
 */
import { READING_KINDS, type ReadingKind } from '@minewarden/protocol/reading.ts'
import type { Aggregate, HistoryField } from './field.ts'
import type { Measurement } from './measurement.ts'
import type { TagName } from './tags.ts'

/** No time series: they stay in the journal and in the file of pictures. */
export const UNKEPT_KINDS = ['waveform', 'picture'] as const satisfies readonly ReadingKind[]
export type KeptKind = Exclude<ReadingKind, (typeof UNKEPT_KINDS)[number]>
export const isKept = (kind: ReadingKind): kind is KeptKind => kind !== 'waveform' && kind !== 'picture'
export const KEPT_KINDS = (Object.keys(READING_KINDS) as ReadingKind[]).filter(isKept)

/** Beside its own fields every reading tells how good its clock was. */
export const CLOCK_FIELD = 'clockQuality'
const clockQuality = {
  type: 'number',
  unit: '',
  what: 'of the stamp: 0 unsynchronised, 1 holdover, 2 ntp, 3 gnss',
  downsample: [],
} as const satisfies HistoryField

const EXTRA_TAGS: { readonly [K in KeptKind]?: readonly TagName[] } = {
  powerSummary: ['period'],
  voltageEvent: ['onPhase'],
}

/**
 * Fields by which readings differ that one sensor makes for the same moment: several lines of one window, one gap behind
 * another, the minute and the quarter of an hour that end together. They are kept microseconds apart.
 */
export const TIES: { readonly [K in KeptKind]?: readonly string[] } = {
  machineLine: ['line'],
  gap: ['firstSequence'],
  powerSummary: ['periodS'],
  voltageEvent: ['phase', 'onsetMs'],
  event: ['onsetMs'],
  airEvent: ['onsetMs'],
  powerStep: ['onsetMs'],
}

/** A prime below a thousand: ties stay within a millisecond. */
const TIE_STEPS = 997

/** When a reading is kept, in milliseconds: its time of measurement, and less than one more where others share it. */
export function tiedTime(kind: KeptKind, measuredAt: number, fields: { readonly [name: string]: unknown }): number {
  const ties = TIES[kind]
  if (!ties) return measuredAt
  let sum = 0
  for (const tie of ties) sum += numberOf(fields[tie])
  return measuredAt + (Math.abs(Math.trunc(sum)) % TIE_STEPS) / 1000
}

function numberOf(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return typeof value === 'string' ? [...value].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) : 0
}

const LEVEL: readonly Aggregate[] = ['mean', 'max']
const EXTREMES: readonly Aggregate[] = ['mean', 'min', 'max']
const GREATEST: readonly Aggregate[] = ['max']
const TALLY: readonly Aggregate[] = ['count', 'sum', 'max']

/** What remains of a kind: the same for each of its numbers, or named fields only. */
const DOWNSAMPLED: {
  readonly [K in KeptKind]: readonly Aggregate[] | { readonly [field: string]: readonly Aggregate[] }
} = {
  vibration: LEVEL,
  air: LEVEL,
  machineLine: { db: GREATEST, hz: EXTREMES, amplitudeMPerS: GREATEST },
  event: { durationS: TALLY, peakVelocityMPerS: GREATEST, snrDb: GREATEST },
  airEvent: { durationS: TALLY, peakPressurePa: GREATEST, peakDbL: GREATEST },
  power: EXTREMES,
  meter: { coverOpenings: GREATEST, terminalCoverOpenings: GREATEST, powerLosses: GREATEST, clockOffsetS: GREATEST },
  powerSummary: { meanW: EXTREMES, leastW: ['min'], mostW: GREATEST, integralWh: ['sum'], coverage: ['mean'] },
  powerStep: { stepW: TALLY },
  voltageEvent: { durationS: TALLY },
  energyCheck: { ratio: EXTREMES },
  nightShare: { ratio: GREATEST },
  probe: {},
  instrument: EXTREMES,
  enclosure: { tiltDeg: GREATEST, supplyVoltageV: EXTREMES },
  sensor: {},
  gap: { rows: TALLY },
  health: EXTREMES,
}

function aggregatesOf(kind: KeptKind, field: string): readonly Aggregate[] {
  const rule = DOWNSAMPLED[kind]
  return 'length' in rule ? (rule as readonly Aggregate[]) : (rule[field] ?? [])
}

function fieldsOf(kind: KeptKind): { [name: string]: HistoryField } {
  const declared = Object.entries(READING_KINDS[kind].fields).map(([name, { type, unit }]): [string, HistoryField] => [
    name,
    { type, unit, downsample: type === 'number' ? aggregatesOf(kind, name) : [] },
  ])
  return { ...Object.fromEntries(declared), [CLOCK_FIELD]: clockQuality }
}

function measurementOf(kind: KeptKind): Measurement {
  const { perChannel, group } = READING_KINDS[kind]
  const ofGateway = kind === 'gap' || kind === 'health'
  return {
    what: `readings of the kind \`${kind}\` (metrics \`${group}/…\`)`,
    when: 'at the time of measurement',
    policy: 'raw',
    tags: [
      ...(['county', 'township', 'site', 'gateway'] as const),
      ...(ofGateway ? [] : (['sensor'] as const)),
      ...(perChannel ? (['channel'] as const) : []),
      ...(EXTRA_TAGS[kind] ?? []),
    ],
    fields: fieldsOf(kind),
  }
}

export const READING_MEASUREMENTS = Object.fromEntries(KEPT_KINDS.map((kind) => [kind, measurementOf(kind)])) as {
  readonly [K in KeptKind]: Measurement
}
