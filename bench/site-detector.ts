/**
 * What the whole detector of one site costs for each reading, beside what it costs to parse the same readings from
 * JSON: two simulated days of ordinary life in the season of storms, judged in the order in which they would arrive.
 * Slices of both are taken in turn, and of each slice the best of some rounds counts.
 */
import { createSiteDetector, type SiteDetector } from '@minewarden/cloud/core/detection/site-detector.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { createLibrary } from '../test/scenario/years/library.ts'
import { simulate } from '../test/scenario/years/simulate.ts'
import { createSiteSpec, DAY_MS, type EquipmentName, GATEWAY, YEAR_START } from '../test/scenario/years/site-spec.ts'
import { type BenchRow, costRow } from './row.ts'

const SITES: readonly EquipmentName[] = ['all', 'no air', 'no meter']
const SENSORS: { readonly [name: string]: string } = {
  all: 'geophone, microphone, meter, camera',
  'no air': 'geophone, meter, camera',
  'no meter': 'geophone, camera',
}
const SEED = 1000
const FROM_DAY = 150
const DAYS = 2
const ROUNDS = 16
const SLICE = 500

/** One thing that happens to a detector: a reading, or time passes. */
type Step = { readonly reading: Reading; readonly historical: boolean } | { readonly atMs: number }

export async function bench(): Promise<BenchRow[]> {
  const library = createLibrary({ examples: 4 })
  return SITES.map((equipment) => {
    const { site, steps } = daysOf(library, equipment)
    const readings = steps.flatMap((step) => ('reading' in step ? [step.reading] : []))
    const texts = steps.map((step) => ('reading' in step ? JSON.stringify(step.reading) : ''))
    const [ours, peer] = bestOf(site, steps, texts)
    return costRow(
      `a reading judged (${SENSORS[equipment]}); peer: JSON.parse of it`,
      ours / readings.length,
      peer / readings.length,
      'us',
    )
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

/** Microseconds for all steps and for all texts: of each slice the best round, so that what else runs hardly counts. */
function bestOf(site: Site, steps: readonly Step[], texts: readonly string[]): [judged: number, parsed: number] {
  const slices = Math.ceil(steps.length / SLICE)
  const judged = new Float64Array(slices).fill(Number.POSITIVE_INFINITY)
  const parsed = judged.slice()
  for (let round = 0; round < ROUNDS; round++) {
    const detector = createSiteDetector(site)
    for (let i = 0; i < slices; i++) {
      const [from, to] = [i * SLICE, (i + 1) * SLICE]
      judged[i] = Math.min(
        judged[i]!,
        elapsedUs(() => judge(detector, steps.slice(from, to))),
      )
      parsed[i] = Math.min(
        parsed[i]!,
        elapsedUs(() => parse(texts.slice(from, to))),
      )
    }
  }
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)
  return [sum(judged), sum(parsed)]
}

function judge(detector: SiteDetector, steps: readonly Step[]): void {
  for (const step of steps) {
    if ('reading' in step) detector.observe(GATEWAY, step.reading, step)
    else detector.advanceTo(instant(step.atMs))
  }
}

function parse(texts: readonly string[]): void {
  for (const text of texts) if (text !== '') JSON.parse(text)
}

function elapsedUs(work: () => void): number {
  const from = performance.now()
  work()
  return 1000 * (performance.now() - from)
}
