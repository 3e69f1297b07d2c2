/**
 * Every registered camera probe as it is known: from readings, births and deaths. While a gateway is away nobody knows
 * how its probes are: they are unknown, not offline, until it is back and says so itself.
 */
import {
  type GatewayId,
  PROBE_STATUSES,
  type ProbeStatus,
  type SensorId,
  type SiteId,
} from '@minewarden/protocol/ids.ts'
import { metricName, type ReadingOf } from '@minewarden/protocol/reading.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import type { HostAction } from '@minewarden/protocol/sparkplug/host-session.ts'
import type { MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import type { JournalRow } from '../ports.ts'
import { countProbes, type KnownStatus, type ProbeCounts, type ProbePlace } from './online-rate.ts'

/** What was last told of a probe. */
export interface ToldOfProbe {
  readonly measuredAt: Instant
  readonly status: ProbeStatus
  /** When the status began; the last sign of life of one that is offline; `null`: not known. */
  readonly sinceMs: Instant | null
  readonly cause: string | null
  readonly confidence: number | null
  readonly clockOffsetS: number | null
}

export interface ProbeKey {
  readonly gateway: GatewayId
  readonly sensor: SensorId
}

/** A probe for a page. */
export interface ProbeView extends ProbeKey {
  readonly site: SiteId
  readonly place: ProbePlace
  readonly status: KnownStatus
  /** What was last told, though it be unknown whether it still holds; `null`: nothing yet. */
  readonly told: ToldOfProbe | null
  /** Why the status is unknown; `null` beside one that is known. */
  readonly unknownBecause: 'gateway-away' | 'not-heard' | null
}

/** A probe's last word, as it is stored. */
export interface StoredProbe extends ProbeKey {
  readonly told: ToldOfProbe
}

interface Entry extends ProbeKey {
  readonly site: SiteId
  readonly place: ProbePlace
  told: ToldOfProbe | null
  /** The gateway stands by it. */
  isConfirmed: boolean
}

export interface ProbeBoardDeps {
  readonly sites: readonly Site[]
  /** What was told before a restart. */
  readonly stored: readonly StoredProbe[]
}

/** What of a birth certificate tells of a probe. */
export interface BirthStates {
  readonly states: ReadonlyMap<string, MetricValue | null | undefined>
  /** When each was measured. */
  readonly times: ReadonlyMap<string, number>
}

/** The longest that a gateway tells has some 40; a longer one is cut. */
const MAX_CAUSE_CHARS = 128
const STATUS = metricName('probe', null, 'status')
/** Births round times up. */
const BIRTH_STEP_MS = 1

const keyOf = (gateway: string, sensor: string) => `${gateway}/${sensor}`

export class ProbeBoard {
  readonly #entries = new Map<string, Entry>()
  readonly #online = new Set<string>()

  constructor({ sites, stored }: ProbeBoardDeps) {
    for (const site of sites) {
      const place = { county: site.county, township: site.township ?? null, area: site.area }
      for (const { gateway, id: sensor, kind } of site.sensors)
        if (kind === 'camera-probe')
          this.#entries.set(keyOf(gateway, sensor), {
            ...{ gateway, sensor, site: site.id, place },
            told: null,
            isConfirmed: false,
          })
    }
    for (const { gateway, sensor, told } of stored) {
      const entry = this.#entries.get(keyOf(gateway, sensor))
      if (entry) entry.told = told
    }
  }

  /** All probes, in the order in which they are registered. */
  list(): ProbeView[] {
    return [...this.#entries.values()].map((entry) => this.#view(entry))
  }

  get({ gateway, sensor }: ProbeKey): ProbeView | null {
    const entry = this.#entries.get(keyOf(gateway, sensor))
    return entry ? this.#view(entry) : null
  }

  counts(): ProbeCounts {
    return countProbes(this.list())
  }

  /** Rows that were committed; returns what is to be stored. An older word never overwrites a newer one. */
  take(rows: readonly JournalRow[]): StoredProbe[] {
    const changed = new Map<string, StoredProbe>()
    for (const { gateway, reading, receivedAt, historical } of rows) {
      if (reading.kind !== 'probe' || reading.sensor === null) continue
      const key = keyOf(gateway, reading.sensor)
      const entry = this.#entries.get(key)
      const told = entry && wordOf(reading, receivedAt)
      if (!entry || !told || (entry.told && told.measuredAt < entry.told.measuredAt - BIRTH_STEP_MS)) continue
      entry.told = told
      if (!historical && this.#online.has(gateway)) entry.isConfirmed = true
      changed.set(key, { gateway, sensor: reading.sensor, told })
    }
    return [...changed.values()]
  }

  /** A gateway or a sensor came or went. */
  presence(gateway: GatewayId, action: HostAction): void {
    if (action.kind === 'node-online') this.#online.add(gateway)
    else if (action.kind === 'node-offline') {
      this.#online.delete(gateway)
      for (const entry of this.#entries.values()) if (entry.gateway === gateway) entry.isConfirmed = false
    } else if (action.kind === 'device-offline') {
      const entry = this.#entries.get(keyOf(gateway, action.device))
      // What was told to be offline is so the more when its device is gone.
      if (entry && entry.told?.status !== 'offline') entry.isConfirmed = false
    }
  }

  /** The states that a probe's birth declares: what its gateway knows of it now. */
  born({ gateway, sensor }: ProbeKey, { states, times }: BirthStates, now: Instant): void {
    const entry = this.#entries.get(keyOf(gateway, sensor))
    if (!entry) return
    const state = (field: string) => states.get(metricName('probe', null, field))
    const status = statusOf(states.get(STATUS))
    // A gateway that has begun anew has not heard of it yet.
    entry.isConfirmed = status !== null
    if (status === null) return
    entry.told = {
      measuredAt: instant(Math.min(now, times.get(STATUS) ?? now)),
      status,
      sinceMs: momentOf(state('sinceMs'), now),
      cause: textOf(state('cause')),
      confidence: numberOf(state('confidence')),
      clockOffsetS: numberOf(state('clockOffsetS')),
    }
  }

  #view({ gateway, sensor, site, place, told, isConfirmed }: Entry): ProbeView {
    const isOnline = this.#online.has(gateway)
    const isKnown = isOnline && isConfirmed && told !== null
    return {
      ...{ gateway, sensor, site, place, told },
      status: isKnown ? told.status : 'unknown',
      unknownBecause: isKnown ? null : isOnline ? 'not-heard' : 'gateway-away',
    }
  }
}

/** `null`: a status that this version does not know. */
function wordOf({ fields, measuredAt }: ReadingOf<'probe'>, receivedAt: Instant): ToldOfProbe | null {
  const status = statusOf(fields.status)
  if (status === null) return null
  const { sinceMs, confidence, clockOffsetS } = fields
  // Nothing was measured later than now: a clock that ran ahead must not outlast all that follows.
  const at = instant(Math.min(measuredAt, receivedAt))
  return {
    measuredAt: at,
    status,
    sinceMs: momentOf(sinceMs, receivedAt),
    cause: textOf(fields.cause),
    confidence: numberOf(confidence),
    clockOffsetS: numberOf(clockOffsetS),
  }
}

const statusOf = (value: unknown): ProbeStatus | null => PROBE_STATUSES.find((status) => status === value) ?? null
const numberOf = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)
const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value.slice(0, MAX_CAUSE_CHARS) : null

/** A gateway may send any number: one that is no moment up to now is none. */
function momentOf(value: unknown, now: Instant): Instant | null {
  const ms = numberOf(value)
  return ms === null || ms < 0 || ms > now ? null : instant(ms)
}
