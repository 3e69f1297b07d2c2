/**
 * How much of a load the site's registered consumers explain. Until a consumer has been seen at work it may draw
 * anything from half of its rating (worn) to somewhat more (a blocked pipe); once it is known by its own steps, only
 * what is near to that is it: another motor, below the pump's rating, is not the pump.
 */
import type { ExpectedLoad } from '@minewarden/protocol/site.ts'
import type { Appliance, ApplianceLibrary } from './appliances.ts'

const LEAST_SHARE = 0.5
const MOST_SHARE = 1.15
/** Of what it was learnt to draw. */
const LEARNT_LEAST = 0.8
const LEARNT_MOST = 1.2
/** A consumer is known from so many starts on, and is sought from here to here of its rating. */
const LEARNT_ONS = 4
const SOUGHT_LEAST = 0.6
const MOST_LOADS = 6
/** tan(phi) of a motor; a heater of the pump's size is not the pump. */
const MOTOR_FROM = 0.25

export interface ExplainedLoad {
  readonly unexplainedW: number
  readonly explainedW: number
  /** Share of the registered consumers' power that is explained as on, 0 to 1. */
  readonly onShare: number
}

const NOTHING: ExplainedLoad = { unexplainedW: 0, explainedW: 0, onShare: 0 }

/** The smallest remainder over all ways in which the registered consumers may be on. */
export function explain(
  excessW: number,
  loads: readonly ExpectedLoad[],
  { averaged, library, allowanceW }: { averaged: boolean; library: ApplianceLibrary; allowanceW: number },
): ExplainedLoad {
  if (excessW <= allowanceW) return NOTHING
  const known = loads.slice(0, MOST_LOADS).map((load) => rangeOf(load, library))
  const all = known.reduce((sum, range) => sum + range.usualW, 0)
  let best: ExplainedLoad = { unexplainedW: Math.max(0, excessW - allowanceW), explainedW: 0, onShare: 0 }
  for (let set = 1; set < 2 ** known.length; set++) {
    const on = known.filter((_, i) => set & (1 << i))
    const least = on.reduce((sum, range) => sum + range.leastW, 0)
    // An average may hold any part of a pump's running time.
    if (!averaged && excessW < least) continue
    const explainedW = Math.min(
      excessW,
      on.reduce((sum, range) => sum + range.mostW, 0),
    )
    const unexplainedW = Math.max(0, excessW - explainedW - allowanceW)
    if (unexplainedW < best.unexplainedW) {
      best = { unexplainedW, explainedW, onShare: Math.min(1, explainedW / Math.max(all, 1)) }
    }
  }
  return best
}

function rangeOf({ ratedW }: ExpectedLoad, library: ApplianceLibrary) {
  const learnt = library.known
    .filter(
      ({ ons, tan, watts }) => ons >= LEARNT_ONS && (tan === null || tan >= MOTOR_FROM) && isSought(watts / ratedW),
    )
    // What runs most by far is the consumer that is there for years; sums of it and others come now and then.
    .reduce<Appliance | null>((a, b) => (a === null || b.ons * b.days > a.ons * a.days ? b : a), null)
  return learnt === null
    ? { leastW: LEAST_SHARE * ratedW, mostW: MOST_SHARE * ratedW, usualW: ratedW }
    : { leastW: LEARNT_LEAST * learnt.watts, mostW: LEARNT_MOST * learnt.watts, usualW: learnt.watts }
}

const isSought = (share: number): boolean => share >= SOUGHT_LEAST && share <= MOST_SHARE
