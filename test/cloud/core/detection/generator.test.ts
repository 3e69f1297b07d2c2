import { createSiteDetector } from '@minewarden/cloud/core/detection/site-detector.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { READING_KINDS, type ReadingOf } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { gateway, NIGHT, siteOf } from '../../../support/detection.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOTHING = Object.fromEntries(Object.keys(READING_KINDS.machineLine.fields).map((field) => [field, null]))

/** An engine's line above the speed of any motor on the grid, told each ten seconds while it is heard. */
const engine = (sinceMs: number, minutes: number, { hz = 56.5, line = 1 } = {}): ReadingOf<'machineLine'>[] =>
  Array.from({ length: Math.floor(6 * minutes) }, (_, i) => {
    const heardMs = sinceMs + 10_000 * (i + 1)
    const values = { line, form: 'tone', phase: 'runs', sinceMs, heardMs, hz, wanderHz: 0.4, errorHz: 0.05, db: 25 }
    return {
      sensor: SensorId.parse('geo-1'),
      channel: null,
      measuredAt: instant(heardMs),
      clock: 'ntp',
      kind: 'machineLine',
      fields: { ...NOTHING, ...values, presence: 1, order: 1, harmonics: 0 },
    } as unknown as ReadingOf<'machineLine'>
  })

interface Judged {
  readonly evidence: { readonly generatorMs: number | null }
  readonly belief: { readonly support: { readonly generator: number } }
}
const judged = (readings: readonly ReadingOf<'machineLine'>[], untilMs: number): Judged => {
  const detector = createSiteDetector(siteOf())
  for (const reading of readings) detector.observe(gateway, reading, { historical: false })
  detector.advanceTo(instant(untilMs))
  return detector.snapshot() as Judged
}
const support = (readings: readonly ReadingOf<'machineLine'>[], afterMs = 0): number =>
  judged(readings, readings.at(-1)!.measuredAt + afterMs).belief.support.generator

describe('the line of an engine', () => {
  it('is none of a generator where it lasts as long as a truck passes, however many do', () => {
    const trucks = [0, 7, 15, 28].flatMap((m, i) => engine(NIGHT + m * MINUTE, 0.9, { hz: 54 + i, line: i + 1 }))
    expect(support(trucks)).toBe(0)
    expect(judged(trucks, NIGHT + HOUR).evidence.generatorMs).toBeNull()
  })

  it('tells more the longer it goes on, and no more for its double', () => {
    const one = support(engine(NIGHT, 2))
    expect(one).toBeGreaterThan(0.3)
    expect(support(engine(NIGHT, 8))).toBeGreaterThan(one + 0.1)
    const both = engine(NIGHT, 2).flatMap((r, i) => [r, engine(NIGHT, 2, { hz: 28.25 * 0.9, line: 2 })[i]!])
    expect(support(both)).toBeCloseTo(one, 1)
  })

  it('has begun anew when it comes on hours after the last was heard', () => {
    const again = NIGHT + 9 * HOUR
    const readings = [...engine(NIGHT, 3), ...engine(again, 3, { line: 2 })]
    expect(judged(readings, again + 4 * MINUTE).evidence.generatorMs).toBe(again)
  })
})
