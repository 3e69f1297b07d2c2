import type { RegisteredFleet } from '@minewarden/cloud/core/history/cardinality.ts'
import type { JournalRow } from '@minewarden/cloud/core/ports.ts'
import type { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import { READING_KINDS, type Reading, type ReadingKind } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { usualFleet } from '../../../scripts/usual-fleet.ts'

export const MINUTE_MS = 60_000
export const DAY_MS = 24 * 3_600_000

/** Sites of the usual sort: `gateway-N` with `geophone-0`, `air-pressure-1`, `power-meter-2` and two cameras. */
export const fleetOf = (sites: number): RegisteredFleet => usualFleet(sites)

export interface RowSpec {
  readonly offset?: number
  readonly gateway?: string
  readonly sensor?: string | null
  readonly kind?: ReadingKind
  readonly channel?: string | null
  readonly atMs: number
  readonly fields: { readonly [name: string]: unknown }
}

/** A committed reading; fields that are not given are `null`. */
export function rowOf({
  offset = 1,
  gateway = 'gateway-0',
  kind = 'power',
  atMs,
  fields,
  ...rest
}: RowSpec): JournalRow {
  const { sensor = 'power-meter-2', channel = null } = rest
  const empty = Object.fromEntries(Object.keys(READING_KINDS[kind].fields).map((name) => [name, null]))
  const reading = {
    ...{ kind, sensor: sensor as SensorId | null, channel, measuredAt: instant(atMs), clock: 'ntp' },
    fields: { ...empty, ...fields },
  } as unknown as Reading
  return { offset, gateway: gateway as GatewayId, receivedAt: instant(atMs), historical: false, reading }
}

/** What a site tells in one minute of a simulated week, one row of it: what a minute is of goes round. */
function minuteOf(minute: number, site: number): Omit<RowSpec, 'atMs'> {
  const gateway = `gateway-${site}`
  const hour = (minute / 60) % 24
  const works = site % 10 === 3 && (hour < 5 || hour > 22)
  const wave = Math.sin(minute / 7 + site)
  switch (minute % 4) {
    case 0:
      return {
        gateway,
        fields: { activePowerW: (works ? 38_000 : 400) + 50 * wave, voltageAV: 230 + wave, simulated: true },
      }
    case 1: {
      const rmsMPerS = (works ? 4e-6 : 3e-7) * (1.5 + wave)
      const fields = { windowS: 10, coverage: 1, rmsMPerS, peakMPerS: 4 * rmsMPerS, kurtosis: 3 + wave }
      return { gateway, sensor: 'geophone-0', kind: 'vibration', channel: 'HHZ', fields }
    }
    case 2:
      return {
        gateway,
        sensor: 'air-pressure-1',
        kind: 'air',
        channel: 'HDF',
        fields: { windowS: 10, rmsPa: 0.02 * (1.5 + wave) },
      }
    default:
      return {
        gateway,
        sensor: null,
        kind: 'health',
        fields: { spoolRows: 10, spoolFill: 0.01 + 0.005 * wave, clockErrorMs: 3 },
      }
  }
}

/** A simulated week: one row a minute of each site, in batches as a journal gives them. `offset` counts from 1. */
export function* weekOf(sites: number, fromMs: number, batch = 5_000): Generator<JournalRow[]> {
  let rows: JournalRow[] = []
  let offset = 0
  for (let minute = 0; minute < 7 * 24 * 60; minute++) {
    for (let site = 0; site < sites; site++) {
      rows.push(rowOf({ ...minuteOf(minute, site), atMs: fromMs + minute * MINUTE_MS + site * 100, offset: ++offset }))
      if (rows.length < batch) continue
      yield rows
      rows = []
    }
  }
  if (rows.length > 0) yield rows
}
