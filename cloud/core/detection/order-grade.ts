/**
 * Whether a site's evidence may ground a cut-off: two kinds of sensor and two causes, so that no one instrument and no
 * one innocent thing explains it; nothing that a registered consumer may explain; nothing that came late. A machine
 * that is heard and metered is one cause, however many sensors have it.
 */
import type { OrderGrade, Reason } from '@minewarden/protocol/finding.ts'
import { reason } from './reasons.ts'
import type { Contributions } from './site-belief.ts'

export interface GradeFacts {
  readonly contributions: Contributions
  /** A blast's air wave was heard. */
  readonly air: boolean
  /** Of the last hour: the largest unexplained load, and the largest registered consumer (0: none). */
  readonly motorKw: number
  readonly ratedKw: number
  /** A permit runs and was not found to be abused. */
  readonly covered: boolean
  /** Sensor kinds of whose evidence some was sent late. */
  readonly lateKinds: readonly string[]
}

export const GRADE_CAUSES = ['blast', 'drilling', 'work', 'digging', 'camera'] as const
export type GradeCause = (typeof GRADE_CAUSES)[number]

/** Log-odds from which a cause stands by itself: seven times likelier with mining than without. */
const STANDS = 2
/** What a worn pump, or one against a blocked pipe, may draw beyond its rating, as a share of it. */
const WORN = 0.35
const NEEDED = 2

interface Standing {
  readonly cause: GradeCause
  readonly kinds: readonly string[]
}

export function orderGradeOf(facts: GradeFacts): OrderGrade {
  const standing = standingOf(facts)
  const causes = standing.map(({ cause }) => cause)
  const kinds = [...new Set(standing.flatMap((one) => one.kinds))]
  const because: Reason[] = []
  if (kinds.length < NEEDED) because.push(reason('grade-few-kinds', { kinds: kinds.join(' ') || 'none' }))
  if (causes.length < NEEDED) because.push(reason('grade-few-causes', { causes: causes.join(' ') || 'none' }))
  if (facts.contributions.motor >= STANDS && isWorn(facts))
    because.push(reason('grade-explained-load', { kw: facts.motorKw, ratedKw: facts.ratedKw }))
  if (facts.covered) because.push(reason('grade-permit', {}))
  if (facts.lateKinds.length > 0) because.push(reason('grade-late', { kinds: facts.lateKinds.join(' ') }))
  const met = kinds.length >= NEEDED && causes.length >= NEEDED && !facts.covered
  return { met, kinds, causes, because: met ? [] : because }
}

/** The causes that stand, each with the kinds of sensor that show it; late and explained evidence is left out. */
function standingOf({ contributions: c, air, motorKw, ratedKw, lateKinds }: GradeFacts): Standing[] {
  const inTime = (kinds: readonly string[]) => kinds.filter((kind) => !lateKinds.includes(kind))
  const loaded = c.motor >= STANDS && !isWorn({ motorKw, ratedKw }) && !lateKinds.includes('power-meter')
  const heard = c.machinery + c.together >= STANDS
  const standing: Standing[] = [
    { cause: 'blast', kinds: c.blasts >= STANDS ? (air ? ['geophone', 'air-pressure'] : ['geophone']) : [] },
    { cause: 'drilling', kinds: c.drilling >= STANDS ? ['geophone'] : [] },
    // Heard alone it may be a neighbour's, or an expected pump's shaking.
    { cause: 'work', kinds: loaded ? (heard ? ['power-meter', 'geophone'] : ['power-meter']) : [] },
    { cause: 'digging', kinds: c.digging >= STANDS ? ['geophone'] : [] },
    { cause: 'camera', kinds: c.probes >= STANDS ? ['camera-probe'] : [] },
  ]
  return standing.map((one) => ({ ...one, kinds: inTime(one.kinds) })).filter(({ kinds }) => kinds.length > 0)
}

const isWorn = ({ motorKw, ratedKw }: Pick<GradeFacts, 'motorKw' | 'ratedKw'>): boolean => motorKw <= WORN * ratedKw
