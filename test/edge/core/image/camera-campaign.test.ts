import { beforeAll, describe, expect, test } from 'vitest'
import { createImageJudge } from '../../../../edge/core/image/image-judge.ts'
import { SceneCamera } from '../../../support/camera-scenes/camera.ts'
import { ATTACKS, HARMLESS } from '../../../support/camera-scenes/campaign.ts'
import { type CourseResult, runCourse, teach } from '../../../support/camera-scenes/run-course.ts'
import { createWorld } from '../../../support/camera-scenes/world.ts'

/**
 * Every course of events before cameras at different adits, each with a sensor of its own. Some 1,030 pictures a
 * camera, all through a JPEG encoder and the decoder of the product. More by `MINEWARDEN_CAMERA_SCENES`.
 */
const CAMERAS = Number(process.env.MINEWARDEN_CAMERA_SCENES) || 2
const DAY = Date.UTC(2026, 2, 1)
/** Share of a plain sensor's noise: from one that averages over time to a cheap one. */
const NOISE = [1, 0.3, 0.6, 0.1]

const results: CourseResult[] = []
let frames = 0
let oddLessons = 0

beforeAll(async () => {
  for (let seed = 1; seed <= CAMERAS; seed++) await runCamera(seed)
  printTable()
}, CAMERAS * 150_000)

async function runCamera(seed: number): Promise<void> {
  const camera = new SceneCamera(createWorld(seed), seed, NOISE[seed % NOISE.length])
  const judge = createImageJudge()
  const lesson = await teach(judge, camera, DAY, seed)
  frames += lesson.looks
  oddLessons += lesson.odd
  // What travels over a restart is what each course begins with.
  const learnt = JSON.stringify(judge.snapshot())
  for (const course of [...HARMLESS, ...ATTACKS]) {
    const result = await runCourse(course, createImageJudge(JSON.parse(learnt)), camera, DAY + 2 * 86_400_000, seed)
    frames += result.frames
    results.push(result)
  }
}

const of = (name: string): CourseResult[] => results.filter((result) => result.course.name === name)

function printTable(): void {
  const lines = [...HARMLESS, ...ATTACKS].map(({ name, expects }) => {
    const runs = of(name)
    const looks = runs.reduce((sum, run) => sum + run.verdicts.length, 0)
    const wrong = runs.reduce((sum, run) => sum + run.falseLooks, 0)
    const found = runs.filter((run) => run.detectedAfter !== null)
    const after = found.map((run) => run.detectedAfter).join(' ')
    const causes = [...new Set(runs.map((run) => run.verdicts.at(-1)?.cause ?? '-'))].join(', ')
    const detection = expects.length === 0 ? '' : `${found.length}/${runs.length} after ${after}`
    return `${name.padEnd(36)}${String(looks).padStart(5)}${String(wrong).padStart(7)}   ${detection.padEnd(18)} ${causes}`
  })
  console.log([`condition                           looks  false   found after looks  cause`, ...lines].join('\n'))
  console.log(`${frames} frames, ${CAMERAS} cameras`)
}

describe('cameras at rendered adits', () => {
  test('at least two thousand pictures are judged', () => {
    expect(frames).toBeGreaterThanOrEqual(2000)
  })

  test('a day and a night of learning bring no verdict', () => {
    expect(oddLessons).toBe(0)
  })

  test.each(HARMLESS.map(({ name }) => name))('%s is not called tampering', (name) => {
    expect(of(name).map((result) => result.falseLooks)).toEqual(Array(CAMERAS).fill(0))
  })

  test('of all attacks 96 % are found, and nothing else is said of them before', () => {
    const attacks = results.filter((result) => result.course.expects.length > 0)
    const missed = attacks.filter((result) => result.detectedAfter === null).map((result) => result.course.name)
    expect(missed.length / attacks.length, missed.join(', ')).toBeLessThanOrEqual(0.04)
    expect(attacks.filter((result) => result.falseLooks > 0).map((result) => result.course.name)).toEqual([])
  })

  test('an attack that stays still is found within six looks', () => {
    const steady = results.filter(
      ({ course }) => course.expects.length > 0 && (course.replays ?? 1) === 1 && !course.qualities,
    )
    const slow = steady.filter((result) => (result.detectedAfter ?? 0) > 6)
    expect(slow.map((result) => `${result.course.name}: ${result.detectedAfter}`)).toEqual([])
  })

  test('a verdict is never certain, and begins with the picture that first showed it', () => {
    const attacks = results.filter((result) => result.detectedAfter !== null)
    for (const { course, verdicts, detectedAfter, begin } of attacks) {
      const found = (detectedAfter ?? 1) - 1
      const verdict = verdicts[found]
      expect(verdict?.confidence, course.name).toBeLessThan(1)
      expect(verdict?.confidence, course.name).toBeGreaterThan(0.3)
      expect(verdict?.since, course.name).toBeGreaterThanOrEqual(begin)
      expect(verdict?.since, course.name).toBeLessThan(begin + found * course.everyMs)
    }
  })
})
