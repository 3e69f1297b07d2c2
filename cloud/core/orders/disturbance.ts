import type { ReadingKind } from '@minewarden/protocol/reading.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import type { JournalRow } from '../ports.ts'
import type { Order } from './order.ts'
import type { Disturbance } from './people.ts'

/**
 * What a reading says of anything that stirs at a site. Raw readings, not judgements: who is below ground is no question
 * of probability, and a truck in the valley voids a word that is cheaply given again.
 */
const CAUSES = {
  event: 'vibration',
  airEvent: 'air',
  machineLine: 'machinery',
  powerStep: 'load',
  voltageEvent: 'load',
  probe: 'probe',
} as const satisfies Partial<Record<ReadingKind, Disturbance['cause']>>
export const DISTURBING_KINDS = Object.keys(CAUSES) as (keyof typeof CAUSES)[]

const isDisturbing = (kind: ReadingKind): kind is keyof typeof CAUSES => Object.hasOwn(CAUSES, kind)

/** `null`: nothing stirs. */
export function disturbanceOf({ reading }: JournalRow): Disturbance | null {
  if (!isDisturbing(reading.kind)) return null
  return { cause: CAUSES[reading.kind], sensor: reading.sensor ?? '-', at: beganAt(reading) }
}

/** A machine that goes on stirred when it began; one that ended, then. */
function beganAt({ kind, fields, measuredAt }: JournalRow['reading']): Instant {
  const since = kind === 'machineLine' && fields.phase === 'runs' ? fields.sinceMs : null
  return typeof since === 'number' && since < measuredAt ? instant(since) : measuredAt
}

export const isSensorOf = ({ sensors }: Site, { gateway, reading }: JournalRow): boolean =>
  sensors.some((one) => one.gateway === gateway && one.id === reading.sensor)

/** A load falls this long after a permission has run out, at the most: the operator moves, the meter reads, tells. */
const AFTER_PERMISSION_MS = 30_000

/** Whether this is the very cut that we permitted: the load that falls at the meter of its point stirs nobody. */
export function isOwnCut({ points, permissions }: Order, { gateway, reading }: JournalRow): boolean {
  const falls =
    (reading.kind === 'powerStep' && typeof reading.fields.stepW === 'number' && reading.fields.stepW < 0) ||
    reading.kind === 'voltageEvent'
  if (!falls) return false
  const point = points.find(({ meter }) => meter?.gateway === gateway && meter.sensor === reading.sensor)
  return permissions.some(
    ({ granted, point: id, at, validUntil }) =>
      granted &&
      id === point?.id &&
      reading.measuredAt >= at &&
      reading.measuredAt <= (validUntil ?? at) + AFTER_PERMISSION_MS,
  )
}
