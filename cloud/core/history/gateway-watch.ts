/** What the newest readings of each gateway tell of it: its store, how fast it fills, its clock, how late its rows come. */
import { CLOCK_QUALITIES, type Millis } from '@minewarden/protocol/time.ts'
import type { JournalRow } from '../ports.ts'

export interface GatewayFigures {
  readonly delayS: number | null
  readonly spoolFill: number | null
  /** `null`: it is not filling, or not known to be. */
  readonly timeToFullS: number | null
  readonly clockQuality: number | null
  readonly clockErrorMs: number | null
}

interface Entry {
  newestMs: number
  delayS: number | null
  clockQuality: number
  clockErrorMs: number | null
  /** Oldest first. */
  fills: { readonly atMs: number; readonly fill: number }[]
}

/** The pace of filling is taken over the last hour, from so many readings at least. */
const PACE_MS: Millis = 3_600_000
const LEAST_FILLS = 3
/** A reading of health comes each minute. */
const MAX_FILLS = 120
/** A store that would take longer than this is not filling. */
const LONGEST_S = 365 * 86_400

const NOTHING: GatewayFigures = {
  delayS: null,
  spoolFill: null,
  timeToFullS: null,
  clockQuality: null,
  clockErrorMs: null,
}

export class GatewayWatch {
  readonly #entries = new Map<string, Entry>()

  /** Its memory is bounded by the registered gateways: no other's rows are committed. */
  take({ gateway, reading, receivedAt, historical }: JournalRow): void {
    const at = Math.min(reading.measuredAt, receivedAt)
    const entry = this.#entries.get(gateway) ?? newEntry()
    this.#entries.set(gateway, entry)
    if (reading.kind === 'health') takeHealth(entry, at, reading.fields)
    if (historical || at < entry.newestMs) return
    entry.newestMs = at
    entry.delayS = (receivedAt - at) / 1000
    entry.clockQuality = CLOCK_QUALITIES.indexOf(reading.clock)
  }

  figuresOf(gateway: string): GatewayFigures {
    const entry = this.#entries.get(gateway)
    if (!entry) return NOTHING
    const { delayS, clockErrorMs, fills, newestMs, clockQuality } = entry
    return {
      delayS,
      clockErrorMs,
      clockQuality: newestMs > Number.NEGATIVE_INFINITY ? clockQuality : null,
      spoolFill: fills.at(-1)?.fill ?? null,
      timeToFullS: timeToFull(fills),
    }
  }
}

const newEntry = (): Entry => ({
  newestMs: Number.NEGATIVE_INFINITY,
  delayS: null,
  clockQuality: 0,
  clockErrorMs: null,
  fills: [],
})

function takeHealth(
  entry: Entry,
  atMs: number,
  { spoolFill, clockErrorMs }: { readonly spoolFill: number | null; readonly clockErrorMs: number | null },
): void {
  const last = entry.fills.at(-1)
  // A backlog tells how full the store was, not how full it is.
  if (last && atMs <= last.atMs) return
  entry.clockErrorMs = clockErrorMs
  if (spoolFill === null || !Number.isFinite(spoolFill)) return
  entry.fills.push({ atMs, fill: spoolFill })
  while (entry.fills.length > MAX_FILLS || (entry.fills[0]?.atMs ?? atMs) < atMs - PACE_MS) entry.fills.shift()
}

/** By the line of least squares through the last hour. */
function timeToFull(fills: Entry['fills']): number | null {
  const last = fills.at(-1)
  if (!last || fills.length < LEAST_FILLS) return null
  const meanS = fills.reduce((sum, { atMs }) => sum + (atMs - last.atMs) / 1000, 0) / fills.length
  const meanFill = fills.reduce((sum, { fill }) => sum + fill, 0) / fills.length
  let [across, along] = [0, 0]
  for (const { atMs, fill } of fills) {
    const s = (atMs - last.atMs) / 1000 - meanS
    across += s * (fill - meanFill)
    along += s * s
  }
  const perS = along > 0 ? across / along : 0
  const s = (1 - last.fill) / perS
  return perS > 0 && s >= 0 && s <= LONGEST_S ? s : null
}
