/**
 * What a site's own judgement of a transient becomes when the sites around it have felt the same. It can only say that
 * an event came from far: less of a blast for this site, more of something from away.
 */
import type { Attribution } from '@minewarden/protocol/attribution.ts'
import type { EventClass } from '@minewarden/protocol/finding.ts'
import type { ClassScores } from './event-class.ts'
import { logistic } from './evidence.ts'

/** Plain JSON. */
export interface Attributed {
  readonly attribution: Attribution
  /** Log-odds against the event having been near this site; 0 where that is not shown. */
  readonly against: number
}

/** From here on others have decided what a site by itself could not. */
const DECIDES = 2
/** What others felt as well is told from this strength on: alone it would be noise. */
export const LEAST_FELT_DB = 9

const SURE = 0.75
const LEAST_BLAST = 0.3
const OUTVOTES = 0.85

const LEAST = 1e-6
const logit = (p: number): number => Math.log(Math.max(p, LEAST) / Math.max(1 - p, LEAST))

/** `blast` is then the probability of one near by. */
export function attributedScores(own: ClassScores, { attribution, against }: Attributed): ClassScores {
  if (against <= 0) return own
  const blast = logistic(logit(own.blast) - against)
  if (attribution.source === 'thunder') return { ...own, blast, other: own.other + own.blast - blast }
  const before = own.blast + own.earthquake
  const far = logistic(logit(before) + against)
  const scale = (1 - far) / Math.max(1 - before, LEAST)
  const scaled = Object.fromEntries(Object.entries(own).map(([name, p]) => [name, p * scale])) as Record<
    EventClass,
    number
  >
  const nearby = Math.min(blast, far)
  return { ...scaled, blast: nearby, earthquake: far - nearby }
}

/**
 * What it is called: a licensed quarry's rounds are blasts and earthquakes none, whatever they look like from here.
 * @param own what this site by itself makes of it
 * @param found what is left of that when others have spoken
 */
export function attributedClass(own: ClassScores, found: EventClass, attributed: Attributed): EventClass {
  const { source, quarry, confidence } = attributed.attribution
  if (!isFelt(attributed) || source === 'thunder') return found
  if (quarry !== null) return 'blast'
  // Others who are not sure of an earthquake do not outvote one that is sure of a blast: from far it is all the same.
  const sure = own.blast >= (source === 'earthquake' ? SURE : LEAST_BLAST) && own.blast >= own.earthquake
  const outvoted = source === 'earthquake' && confidence >= OUTVOTES
  return sure && !outvoted ? 'blast' : found === 'blast' ? 'earthquake' : found
}

/** Whether the sites around have made an event out of it. */
export const isFelt = (attributed: Attributed | undefined): attributed is Attributed =>
  attributed !== undefined && attributed.against >= DECIDES
