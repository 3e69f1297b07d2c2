import type { Reason } from '@minewarden/protocol/finding.ts'
import { foldName } from '@minewarden/protocol/order.ts'
import type { GasCheck, GasReading } from '@minewarden/protocol/restoration.ts'
import { type Instant, type Millis, parseIsoTime } from '@minewarden/protocol/time.ts'
import { note } from './order-text.ts'

/**
 * What the air must be before power comes back. Figures are data to be checked by the county's legal office.
 * @see 煤矿安全规程 on restarting ventilation and energising (methane within 20 m of motors and switches; 0.5 % within 10 m
 * of a local fan; 1.0 % methane and 1.5 % carbon dioxide where ventilation stood still), 金属非金属矿山安全规程 on oxygen,
 * carbon monoxide and nitrogen dioxide
 */
type Gas = Exclude<keyof GasReading, 'place' | 'where'>
interface Limit {
  readonly gas: Gas
  readonly least?: number
  readonly most?: number
}
const LIMITS: Readonly<Record<GasReading['place'], readonly Limit[]>> = {
  switch: [{ gas: 'methanePercent', most: 1 }],
  'local-fan': [{ gas: 'methanePercent', most: 0.5 }],
  'stopped-zone': [
    { gas: 'methanePercent', most: 1 },
    { gas: 'carbonDioxidePercent', most: 1.5 },
  ],
}
/** At every place of a mine that is not a coal mine. */
const NON_COAL: readonly Limit[] = [
  { gas: 'oxygenPercent', least: 20 },
  { gas: 'carbonMonoxidePpm', most: 24 },
  { gas: 'nitrogenDioxidePpm', most: 2.5 },
]

/** A check that is older says nothing of the air now. */
export const GAS_CHECK_MAX_AGE_MS: Millis = 30 * 60_000

/** What is wrong with one reading; a gas that must be told and is not counts as too much. */
function readingProblems(reading: GasReading, mine: 'coal' | 'non-coal'): Reason[] {
  const limits = mine === 'coal' ? LIMITS[reading.place] : [...LIMITS[reading.place], ...NON_COAL]
  return limits.flatMap(({ gas, least, most }) => {
    const value = reading[gas]
    if (value === null) return [note('gas-untold', { gas, where: reading.where })]
    if (most !== undefined && value > most) return [note('gas-over', { gas, where: reading.where, value, limit: most })]
    return least !== undefined && value < least
      ? [note('gas-under', { gas, where: reading.where, value, limit: least })]
      : []
  })
}

/** Which places must have been measured before a stage. */
const PLACES = {
  ventilation: ['switch', 'local-fan'],
  underground: ['switch', 'stopped-zone'],
  surface: [],
} as const satisfies Record<string, readonly GasReading['place'][]>

/** Why a signed check does not let a stage of this kind begin; empty when it does. */
export function gasProblems(
  check: GasCheck | null,
  kind: keyof typeof PLACES,
  mine: 'coal' | 'non-coal',
  now: Instant,
): Reason[] {
  const places = PLACES[kind]
  if (places.length === 0) return []
  if (check === null) return [note('gas-unchecked', { stage: kind })]
  const measuredAt = parseIsoTime(check.measuredAt)
  if (measuredAt === null || measuredAt > now || now - measuredAt > GAS_CHECK_MAX_AGE_MS) {
    return [note('gas-old', { at: check.measuredAt })]
  }
  if (foldName(check.measuredBy) === foldName(check.witness)) return [note('gas-alone')]
  const missing = places.filter((place) => !check.readings.some((reading) => reading.place === place))
  return [
    ...missing.map((place) => note('gas-place', { place })),
    ...check.readings.flatMap((reading) => readingProblems(reading, mine)),
  ]
}
