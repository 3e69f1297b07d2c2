import type { Instant } from '@minewarden/protocol/time.ts'
import type { Act } from './act.ts'
import { createRandom } from './random.ts'
import type { Pump, Scenario } from './scenarios.ts'

/** An act with its date: what the sensors of a site agree on. */
export interface Occurrence {
  /** Seeds whatever chance the occurrence holds, so that every sensor sees the same one. */
  readonly key: string
  readonly act: Act
  readonly fromMs: number
  /** When its cause ends; what it left in the ground or the air may ring on. */
  readonly toMs: number
  /** Starts again by itself when the supply comes back; what a person switches on stays off. */
  readonly restarts: boolean
}

/** What happens when, for ever in both directions, without remembering anything: any sensor may ask for any time. */
export interface Timeline {
  /** Occurrences whose cause or echo touches the span. */
  between(fromMs: number, toMs: number): Occurrence[]
  /** A probe's status at a time, and when it changes next (`null`: never). */
  probe(atMs: number): { readonly status: ProbeStatus; readonly nextMs: number | null }
}
type ProbeStatus = Extract<Act, { kind: 'probe' }>['status']

/** The longest that anything goes on after its cause: the coda of an earthquake, the air wave of a far quarry. */
export const LONGEST_ECHO_MS = 180_000
const HOUR_MS = 3_600_000
/** Hours of passers kept at hand. */
const HOURS_KEPT = 4
/** Sites of this product keep the time of China. */
const LOCAL_OFFSET_MS = 8 * HOUR_MS

/** 0 in the dead of night, 1 in the middle of the day. */
export function daylight(atMs: number): number {
  const hour = (((atMs + LOCAL_OFFSET_MS) / HOUR_MS) % 24) + (atMs + LOCAL_OFFSET_MS < 0 ? 24 : 0)
  return Math.min(1, Math.max(0, 1.6 * Math.cos(((hour - 13) / 24) * 2 * Math.PI) + 0.4))
}

export function createTimeline(scenario: Scenario, seed: number, startAt: Instant): Timeline {
  const acts = scenario.acts.map((act, index) => dated(act, `act-${index}`, startAt))
  const hours = new Map<number, readonly Occurrence[]>()

  function passersOf(hour: number): readonly Occurrence[] {
    const known = hours.get(hour)
    if (known) return known
    const made = passers(scenario, seed, hour).filter((passer) => passer.fromMs < startAt || passer.fromMs > lastActMs)
    if (hours.size >= HOURS_KEPT) hours.delete(hours.keys().next().value ?? hour)
    hours.set(hour, made)
    return made
  }
  // Chance keeps out of the way of what the scenario tells.
  const lastActMs = Math.min(startAt + HOUR_MS, Math.max(startAt, ...acts.map((act) => act.fromMs)))

  return {
    between(fromMs, toMs) {
      const touches = (one: Occurrence) => one.fromMs < toMs && one.toMs + LONGEST_ECHO_MS > fromMs
      const found = acts.filter(touches)
      if (scenario.pump) found.push(...pumpCycles(scenario.pump, seed, startAt, fromMs, toMs))
      for (let hour = Math.floor(fromMs / HOUR_MS) - 1; hour * HOUR_MS < toMs; hour++) {
        found.push(...passersOf(hour).filter(touches))
      }
      return found
    },
    probe(atMs) {
      let status: ProbeStatus = 'online'
      for (const { act, fromMs } of acts) {
        if (act.kind !== 'probe') continue
        if (fromMs > atMs) return { status, nextMs: fromMs }
        status = act.status
      }
      return { status, nextMs: null }
    },
  }
}

function dated(act: Act, key: string, startAt: number): Occurrence {
  const fromMs = startAt + 1000 * ('atS' in act ? act.atS : act.fromS)
  return { key, act, fromMs, toMs: fromMs + ('forS' in act ? 1000 * act.forS : 0), restarts: false }
}

/** Cycles begin at multiples of the period, each a little early or late; the first one soon after the start. */
function pumpCycles(pump: Pump, seed: number, startAt: number, fromMs: number, toMs: number): Occurrence[] {
  const periodMs = pump.everyS * 1000
  const firstMs = startAt + createRandom(seed, 'pump').between(10_000, 40_000)
  const found: Occurrence[] = []
  const first = Math.floor((fromMs - LONGEST_ECHO_MS - firstMs) / periodMs) - 1
  for (let cycle = first; firstMs + (cycle - 1) * periodMs < toMs; cycle++) {
    const random = createRandom(seed, 'pump', cycle)
    const beginMs = firstMs + cycle * periodMs + (cycle === 0 ? 0 : random.between(-0.1, 0.1) * periodMs)
    const forS = pump.forS * random.between(0.9, 1.1)
    const act: Act = {
      kind: 'machine',
      machine: 'drainage-pump',
      fromS: (beginMs - startAt) / 1000,
      forS,
      distanceM: pump.distanceM,
      ratedW: pump.ratedW,
    }
    const toAt = beginMs + forS * 1000
    if (beginMs >= toMs || toAt + LONGEST_ECHO_MS <= fromMs) continue
    found.push({ key: `pump-${cycle}`, act, fromMs: beginMs, toMs: toAt, restarts: true })
  }
  return found
}

/** Poisson, thinner by night. */
function passers(scenario: Scenario, seed: number, hour: number): Occurrence[] {
  const random = createRandom(seed, 'passers', hour)
  const found: Occurrence[] = []
  const perHour = scenario.passersPerHour * (0.1 + 0.9 * daylight((hour + 0.5) * HOUR_MS))
  for (let at = nextArrival(); at < 1; at += nextArrival()) {
    const fromMs = (hour + at) * HOUR_MS
    const forS = random.between(9, 20)
    const kind = random.unit() < 0.7 ? 'vehicle' : 'footsteps'
    const distanceM = kind === 'vehicle' ? random.between(30, 90) : random.between(10, 25)
    const act: Act = { kind, fromS: 0, forS, distanceM }
    found.push({ key: `passer-${hour}-${found.length}`, act, fromMs, toMs: fromMs + forS * 1000, restarts: false })
  }
  return found

  function nextArrival(): number {
    return perHour > 0 ? -Math.log(1 - random.unit()) / perHour : 1
  }
}
