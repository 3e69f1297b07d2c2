/**
 * What the whole detector of one site costs for each reading, beside what it costs to parse the same readings from
 * JSON: two simulated days of ordinary life in the season of storms, judged in the order in which they would arrive.
 * Rounds of both are taken in turn and the best of each counts.
 */
import { createSiteDetector } from '@minewarden/cloud/core/detection/site-detector.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { createLibrary } from '../test/scenario/years/library.ts'
import { simulate } from '../test/scenario/years/simulate.ts'
import { createSiteSpec, DAY_MS, type EquipmentName, GATEWAY, YEAR_START } from '../test/scenario/years/site-spec.ts'
import { type BenchRow, costRow } from './row.ts'

const SITES: readonly EquipmentName[] = ['no air', 'no meter']
const SENSORS: { readonly [name: string]: string } = {
  'no air': 'geophone, meter, camera',
  'no meter': 'geophone, camera',
}
const SEED = 1000
const FROM_DAY = 150
const DAYS = 2
const ROUNDS = 12

/** One thing that happens to a detector: a reading, or time passes. */
type Step = { readonly reading: Reading; readonly historical: boolean } | { readonly atMs: number }

export async function bench(): Promise<BenchRow[]> {
  const library = createLibrary({ examples: 4 })
  return SITES.map((equipment) => {
    const { site, steps } = daysOf(library, equipment)
    const readings = steps.flatMap((step) => ('reading' in step ? [step.reading] : []))
    const texts = readings.map((reading) => JSON.stringify(reading))
    let [ours, peer] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (let round = 0; round < ROUNDS; round++) {
      ours = Math.min(ours, elapsedUs(() => judge(site, steps)) / readings.length)
      peer = Math.min(peer, elapsedUs(() => parse(texts)) / readings.length)
    }
    return costRow(`a reading judged (${SENSORS[equipment]}); peer: JSON.parse of it`, ours, peer, 'us')
  })
}

function daysOf(library: ReturnType<typeof createLibrary>, equipment: EquipmentName) {
  const spec = createSiteSpec(equipment, SEED)
  const steps: Step[] = []
  const fromMs = YEAR_START + FROM_DAY * DAY_MS
  simulate(
    library,
    spec,
    { fromMs, toMs: fromMs + DAYS * DAY_MS },
    {
      reading: (reading, historical) => void steps.push({ reading, historical }),
      advance: (atMs) => void steps.push({ atMs }),
    },
  )
  return { site: spec.site, steps }
}

function judge(site: Parameters<typeof createSiteDetector>[0], steps: readonly Step[]): void {
  const detector = createSiteDetector(site)
  for (const step of steps) {
    if ('reading' in step) detector.observe(GATEWAY, step.reading, step)
    else detector.advanceTo(instant(step.atMs))
  }
}

function parse(texts: readonly string[]): void {
  for (const text of texts) JSON.parse(text)
}

function elapsedUs(work: () => void): number {
  const from = performance.now()
  work()
  return 1000 * (performance.now() - from)
}
