/**
 * What goes on at a site whose power is cut or shows nothing: pure statements over what is tracked of machines and
 * meters, each with a confidence. Whether one becomes a finding is the site filter's to say.
 *
 * What they cannot tell: a generator whose governor holds 50 Hz as well as the grid does; whose hand closed a switch;
 * machines of compressed air or diesel from machines on a neighbour's wire.
 */
import { ramp } from './evidence.ts'
import type { RunningSource } from './machine/machine-evidence.ts'
import { type Coincidence, coincidenceOf } from './power/coincidence.ts'

export const AFTER_CUT_FACTS = ['generator', 'self-reconnection', 'borrowed-supply', 're-supply'] as const

export interface AfterCutFact {
  readonly fact: (typeof AFTER_CUT_FACTS)[number]
  /** 0 to 1. */
  readonly confidence: number
  readonly sinceMs: number
  /** Numbers and names for the sentence. */
  readonly values: { readonly [name: string]: string | number }
}

/** How a site's supply stands, over all its meters (`power/supply-view.ts` makes one). */
export interface SupplyView {
  /** `false`: every meter reads no voltage. `null`: no meter tells. */
  readonly powered: boolean | null
  /** Since when that is so. */
  readonly sinceMs: number
  /** Load that no expected consumer explains, and since when there has been none; `null` while there is some. */
  readonly unexplainedW: number
  readonly silentSinceMs: number | null
}

const MINUTE_MS = 60_000
/** Less is nothing that a person should read. */
const LEAST_CONFIDENCE = 0.2
/** Lines that have always been there are no machine of this site. */
const LEAST_NOVELTY = 0.4

const minutes = (ms: number): number => ms / MINUTE_MS
const told = (fact: AfterCutFact): AfterCutFact | null => (fact.confidence >= LEAST_CONFIDENCE ? fact : null)

/**
 * Power has fallen, yet a line whose fundamental wanders goes on: an engine with a governor.
 * @param sources what one geophone hears ({@link RunningSource}); ask for each geophone
 */
export function generatorFact(
  sources: readonly RunningSource[],
  supply: SupplyView,
  nowMs: number,
): AfterCutFact | null {
  const silentMs = supply.powered === false ? supply.sinceMs : supply.silentSinceMs
  let best: AfterCutFact | null = null
  for (const { line, source, confidence, offGrid, novelty, wanderShare } of sources) {
    if (line.form !== 'tone' || novelty < LEAST_NOVELTY || (source !== 'generator' && offGrid < 0.8)) continue
    const alone = silentMs === null ? 0 : ramp(minutes(nowMs - Math.max(silentMs, line.sinceMs)), 0.5, 3)
    // Without a meter that is known to be silent, the wander alone must speak.
    const known = supply.powered === false ? 1 : supply.powered === null ? 0.6 : 0.8 * alone
    const named = source === 'generator' ? confidence : 0.5 * offGrid
    const whole = named * known * ramp(minutes(line.heardMs - line.sinceMs), 0.5, 2) * novelty
    if (whole > (best?.confidence ?? 0)) {
      const values = { hz: line.hz, wanderPercent: 100 * wanderShare, minutes: minutes(line.heardMs - line.sinceMs) }
      best = { fact: 'generator', confidence: whole, sinceMs: line.sinceMs, values }
    }
  }
  return best && told(best)
}

/** What the ground says of machines at a site, whoever heard it. */
export interface MachineryView {
  /** Minutes of machinery since it began, pauses left out; 0 while there is none. */
  readonly minutes: number
  readonly sinceMs: number
  /** When it was last heard. */
  readonly lastMs: number
  /** 0 to 1, that it is this site's: loud, and high tones that do not come far. */
  readonly near: number
}

/** Machines shake the ground while the meter shows nothing: another supply feeds them, or an engine. */
export function borrowedSupplyFact(
  machinery: MachineryView,
  sources: readonly RunningSource[],
  supply: SupplyView,
): AfterCutFact | null {
  const silentSince = supply.powered === false ? supply.sinceMs : supply.silentSinceMs
  if (machinery.minutes <= 0 || silentSince === null || supply.powered === null) return null
  // Load between the machines' bouts is theirs; only what runs through the silence is fed from elsewhere.
  const alone = Math.min(machinery.minutes, minutes(machinery.lastMs - Math.max(silentSince, machinery.sinceMs)))
  const engine = Math.max(0, ...sources.map((s) => (s.line.form === 'tone' ? s.offGrid - 0.5 : 0))) * 2
  const confidence = 0.9 * ramp(alone, 1, 6) * machinery.near * (1 - 0.6 * engine)
  return told({
    fact: 'borrowed-supply',
    confidence,
    sinceMs: Math.max(machinery.sinceMs, silentSince),
    values: { minutes: machinery.minutes, near: machinery.near },
  })
}

/** A cut that was verified. */
export interface CutView {
  readonly verifiedMs: number
  /** When an order gave the power back; `null`: none has. */
  readonly restoredMs: number | null
  /** On the line side voltage stays after a cut and returns with the line: only load says something there. */
  readonly measuresAt: 'line' | 'load' | null
}

/** Voltage or load has returned although no order gave it back. */
export function selfReconnectionFact(
  cut: CutView,
  supply: SupplyView & { readonly loadW: number | null },
  nowMs: number,
): AfterCutFact | null {
  if (cut.restoredMs !== null || supply.powered !== true) return null
  const loaded = supply.loadW === null ? 0 : ramp(supply.loadW, 50, 500)
  const byVoltage = supply.sinceMs > cut.verifiedMs ? { load: 0.95, line: 0, null: 0.4 }[cut.measuresAt ?? 'null'] : 0
  const sinceMs = Math.max(supply.sinceMs, cut.verifiedMs)
  const confidence = Math.max(byVoltage, 0.98 * loaded) * ramp((nowMs - sinceMs) / 1000, 2, 20)
  const values = { minutes: minutes(nowMs - sinceMs), loadW: supply.loadW ?? 0 }
  return told({ fact: 'self-reconnection', confidence, sinceMs, values })
}

/** A neighbour's load rises and falls with this site's vibration: he feeds it. */
export function reSupplyFact(neighbour: string, together: Coincidence, supply: SupplyView): AfterCutFact | null {
  const { strength, starts, sinceMs } = coincidenceOf(together)
  // With a load of its own the site need not borrow.
  const own = supply.powered === true && supply.silentSinceMs === null ? 0.4 : 1
  const values = { neighbour, strength, starts }
  return told({ fact: 're-supply', confidence: strength * own, sinceMs, values })
}
