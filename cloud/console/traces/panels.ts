import type { ReadingKind } from '@minewarden/protocol/reading.ts'
import type { TextKey } from '../text/dictionary.ts'

/** A reading's values by field, as they come from history and from the live stream. */
export type Fields = { readonly [field: string]: number | string | boolean | null | undefined }

/** How the readings of one sensor are drawn: which fields, and what becomes of them. */
export interface PanelSpec {
  readonly kind: ReadingKind
  readonly title: TextKey
  readonly unit: string
  /** Decades, not steps: background and work differ a hundredfold. */
  readonly logarithmic: boolean
  readonly note: TextKey | null
  readonly fields: readonly string[]
  /** The points of one reading, by line. A line's key is a channel code, `total`, or a phase. */
  readonly points: (fields: Fields, channel: string | null) => Readonly<Record<string, number | null>>
}

const REFERENCE_PA = 20e-6
const PHASES = ['A', 'B', 'C'] as const

/** `null` for anything that is no finite number. */
const numberOf = (value: Fields[string]): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null

const vibration: PanelSpec = {
  kind: 'vibration',
  title: 'traces.vibration',
  unit: 'mm/s',
  logarithmic: true,
  note: 'traces.log',
  fields: ['rmsMPerS'],
  points(fields, channel) {
    const level = numberOf(fields.rmsMPerS)
    // A logarithm knows no zero.
    return { [channel ?? '']: level !== null && level > 0 ? level * 1000 : null }
  },
}

const air: PanelSpec = {
  kind: 'air',
  title: 'traces.air',
  unit: 'dB(L)',
  logarithmic: false,
  note: null,
  fields: ['peakPa'],
  points: (fields, channel) => ({ [channel ?? '']: decibels(numberOf(fields.peakPa)) }),
}

const power: PanelSpec = {
  kind: 'power',
  title: 'traces.power',
  unit: 'kW',
  logarithmic: false,
  note: 'traces.phaseNote',
  fields: ['activePowerW', ...PHASES.flatMap((phase) => [`voltage${phase}V`, `current${phase}A`])],
  points: (fields) => powerPoints(fields),
}

/** What a sensor of each sort is drawn as; probes have states, not traces. */
export const PANELS: Readonly<Record<string, PanelSpec>> = {
  geophone: vibration,
  'air-pressure': air,
  'power-meter': power,
}

/** Sound pressure level of a peak, linear weighting, re 20 uPa. */
export function decibels(pascals: number | null): number | null {
  return pascals !== null && pascals > 0 ? 20 * Math.log10(pascals / REFERENCE_PA) : null
}

/**
 * Total active power and each phase's share of it, kW. A meter tells the total, and voltage and current of each phase;
 * the shares assume the same power factor on all three.
 */
export function powerPoints(fields: Fields): Record<string, number | null> {
  const watts = numberOf(fields.activePowerW)
  const apparent = PHASES.map((phase) => {
    const volts = numberOf(fields[`voltage${phase}V`])
    const amperes = numberOf(fields[`current${phase}A`])
    return volts === null || amperes === null ? null : volts * amperes
  })
  const sum = apparent.reduce<number>((total, one) => total + (one ?? 0), 0)
  const points: Record<string, number | null> = { total: watts === null ? null : watts / 1000 }
  PHASES.forEach((phase, index) => {
    const own = apparent[index] ?? null
    if (own === null || watts === null) points[phase] = null
    else points[phase] = sum > 0 ? (watts / 1000) * (own / sum) : 0
  })
  return points
}

const VERTICAL_FIRST = 'ZNE12'

/** Lines in the order in which people read them: the total, then phases; vertical, north, east. */
export function byLineOrder(a: string, b: string): number {
  const rank = (key: string) => (key === 'total' ? -2 : VERTICAL_FIRST.indexOf(key.at(-1) ?? ''))
  return rank(a) - rank(b) || a.localeCompare(b)
}
