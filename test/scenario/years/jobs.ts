/** What is run: few site-years for every change, a hundred and two hundred operations where someone has the time. */
import { CUNNING, type Grade, planOperation } from './covert.ts'
import type { Library } from './library.ts'
import { createRandom, seedOf } from './random.ts'
import { createSiteSpec, DAY_MS, type EquipmentName, YEAR_START } from './site-spec.ts'
import { type CalmTally, type CovertResult, tallyCalm, tallyCovert } from './tally.ts'

export interface CalmJob {
  readonly kind: 'calm'
  readonly equipment: EquipmentName
  readonly seed: number
  readonly fromDay: number
  readonly days: number
}
export interface CovertJob {
  readonly kind: 'covert'
  readonly grade: Grade
  readonly equipment: EquipmentName
  readonly seed: number
}
export type Job = CalmJob | CovertJob
export type JobResult =
  | { readonly kind: 'calm'; readonly tally: CalmTally }
  | { readonly kind: 'covert'; readonly result: CovertResult }

/** Five site-years; the sites that send most run for the shortest time, through the season of storms. */
const FEW: readonly (readonly [EquipmentName, number, number])[] = [
  ['all', 120, 110],
  ['no meter', 0, 365],
  ['no air', 0, 260],
  ['minute meter', 0, 365],
  ['quarter-hour meter', 0, 365],
  ['probe only', 0, 360],
]
const FIRST_SEED = 1000

export const fewYears = (): CalmJob[] =>
  FEW.map(([equipment, fromDay, days], i) => ({ kind: 'calm', equipment, seed: FIRST_SEED + i, fromDay, days }))

/** Whole years of sites of every equipment; a meter that is read each second is rare, as it is costly. */
const MIX: readonly EquipmentName[] = [
  'all',
  'no meter',
  'no air',
  'minute meter',
  'quarter-hour meter',
  'no meter, but air',
  'no air',
  'minute meter',
  'probe only',
  'quarter-hour meter',
]

export const manyYears = (years: number): CalmJob[] =>
  Array.from({ length: years }, (_, i) => {
    const equipment = i % 50 === 49 ? 'all, each second' : MIX[i % MIX.length]!
    return { kind: 'calm', equipment, seed: 2 * FIRST_SEED + i, fromDay: 0, days: 365 }
  })

/** Sites on which covert work is judged: all that can feel the ground. */
const WATCHED: readonly EquipmentName[] = [
  'all',
  'no meter',
  'minute meter',
  'no air',
  'quarter-hour meter',
  'no meter, but air',
]

export function operations(count: number): CovertJob[] {
  const grades = Object.keys(CUNNING) as Grade[]
  return Array.from({ length: count }, (_, i) => ({
    kind: 'covert',
    grade: grades[i % grades.length]!,
    equipment: WATCHED[(i + Math.floor(i / grades.length)) % WATCHED.length]!,
    seed: 5 * FIRST_SEED + i,
  }))
}

/** Days of ordinary life before an operation. */
const LEARN_DAYS = 2

export function runJob(library: Library, job: Job): JobResult {
  const spec = createSiteSpec(job.equipment, job.seed)
  if (job.kind === 'calm')
    return { kind: 'calm', tally: tallyCalm(library, spec, YEAR_START + job.fromDay * DAY_MS, job.days) }
  const random = createRandom(seedOf(job.seed, 41))
  // A load like the pump's needs a pump, work under a permit one that runs: such operations choose their sites.
  const firstDay = Math.floor(random.between(10, 340))
  const day =
    job.grade === 'under a permit' && spec.permits.length > 0
      ? permitDay(spec.permits, random.next())
      : YEAR_START + firstDay * DAY_MS
  const operation = planOperation(job.grade, spec, day, random)
  return { kind: 'covert', result: tallyCovert(library, spec, operation, LEARN_DAYS) }
}

const permitDay = (permits: readonly { readonly fromMs: number }[], draw: number): number => {
  const { fromMs } = permits[Math.floor(draw * permits.length)]!
  return fromMs - ((((fromMs - YEAR_START) % DAY_MS) + DAY_MS) % DAY_MS)
}
