import { KEPT_KINDS } from '@minewarden/cloud/core/history/reading-measurements.ts'
import type { JournalRow } from '@minewarden/cloud/core/ports.ts'
import { READING_KINDS, type ReadingKind } from '@minewarden/protocol/reading.ts'
import { rowOf } from './fleet.ts'

const SENSOR_OF: { readonly [kind: string]: string | null } = {
  ...{ air: 'air-pressure-1', airEvent: 'air-pressure-1', power: 'power-meter-2', probe: 'camera-probe-3' },
  ...{ health: null, gap: null },
}

/** One reading of every kind of each site, every number of it given. */
export function readingsOf(sites: number, atMs: number): JournalRow[] {
  return KEPT_KINDS.flatMap((kind) =>
    Array.from({ length: sites }, (_, site) =>
      rowOf({
        ...{ gateway: `gateway-${site}`, kind, atMs, fields: fieldsOf(kind, site, atMs) },
        sensor: SENSOR_OF[kind] === undefined ? 'geophone-0' : SENSOR_OF[kind],
        channel: READING_KINDS[kind].perChannel ? 'HHZ' : null,
      }),
    ),
  )
}

function fieldsOf(kind: ReadingKind, site: number, atMs: number): { [name: string]: unknown } {
  const wave = 2 + Math.sin(atMs / 400_000 + site)
  return Object.fromEntries(
    Object.entries(READING_KINDS[kind].fields).map(([name, { type }]) => [
      name,
      type === 'number' ? wave : type === 'flag' ? site % 2 === 1 : (TEXTS[name] ?? 'other'),
    ]),
  )
}

const TEXTS: { readonly [field: string]: string } = { status: 'offline', state: 'ok', reason: 'as it should be' }
