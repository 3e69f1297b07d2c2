import { instant } from '@minewarden/protocol/time.ts'
import type { GreyFrame, ImageJudge, ImageVerdict } from '../../../edge/core/image/frame.ts'
import { decodePicture } from '../../../edge/shell/picture-decoder.ts'
import { type Picture, SceneCamera } from './camera.ts'
import type { Course } from './campaign.ts'
import { CALM, type Conditions } from './conditions.ts'
import { type Chance, chance } from './random.ts'

const DAY = 86_400_000
const MINUTE = 60_000
/** Calm looks before a course begins. */
const LEAD = 5
/** Where a camera learns its scene: local times, looks at each. */
const LESSONS: readonly (readonly [number, number])[] = [
  [7, 7],
  [8.6, 7],
  [10, 7],
  [11.5, 7],
  [13, 7],
  [14.5, 7],
  [16, 7],
  [17.3, 7],
  [19, 11],
  [22, 11],
  [25.2, 11],
  [28, 11],
]

export interface CourseResult {
  readonly course: Course
  readonly verdicts: readonly ImageVerdict[]
  /** Looks from the course's first until a status that it expects; `null` never. */
  readonly detectedAfter: number | null
  /** Looks at which another status was held than the course may have. */
  readonly falseLooks: number
  /** Time of the course's first look. */
  readonly begin: number
  /** Pictures judged, with the calm ones before. */
  readonly frames: number
}

/** From a rendered moment to what the judge is given: through a real encoder and the product's decoder. */
export async function look(picture: Picture, at: number, quality?: number): Promise<GreyFrame> {
  const decoded = await decodePicture(await SceneCamera.encode(picture, at, quality))
  return { kind: 'frame', at: instant(at), clock: 'ntp', ...decoded }
}

/** A day and a night of calm looks in all lights. @returns how many, and how many verdicts were not plain */
export async function teach(
  judge: ImageJudge,
  camera: SceneCamera,
  day: number,
  seed: number,
): Promise<{ looks: number; odd: number }> {
  const random = chance(seed + 90)
  let looks = 0
  let odd = 0
  for (const [hour, count] of LESSONS)
    for (let i = 0; i < count; i++) {
      const conditions = { ...CALM, hour: (hour + i / 60) % 24, cloud: random.next(), wind: random.between(0, 0.5) }
      const verdict = judge.push(await look(camera.expose(conditions), day + (hour / 24) * DAY + i * MINUTE))
      looks += 1
      if (verdict.status !== 'online') odd += 1
    }
  return { looks, odd }
}

/** The calm looks before it and the course itself. */
export async function runCourse(
  course: Course,
  judge: ImageJudge,
  camera: SceneCamera,
  day: number,
  seed: number,
): Promise<CourseResult> {
  const random = chance(seed + 900)
  const begin = day + (course.hour / 24) * DAY
  for (let i = LEAD; i > 0; i--) {
    const hour = (course.hour + 24 - (i * course.everyMs) / (60 * MINUTE)) % 24
    judge.push(
      await look(
        camera.expose(calm(Math.abs(hour - course.hour) < 1 ? hour : course.hour, random)),
        begin - i * course.everyMs,
      ),
    )
  }
  const verdicts: ImageVerdict[] = []
  const recorded: Picture[] = []
  for (let i = 0; i < course.looks; i++) {
    const hour = (course.hour + (i * course.everyMs) / (60 * MINUTE)) % 24
    const conditions = { ...calm(hour, random), ...course.at(i, random) }
    const { qualities = [78] } = course
    const quality = qualities[Math.floor(random.next() * qualities.length)]
    verdicts.push(
      judge.push(await look(pictureOf(course, camera, conditions, recorded, i), begin + i * course.everyMs, quality)),
    )
  }
  return { course, verdicts, begin, frames: LEAD + course.looks, ...score(course, verdicts) }
}

const calm = (hour: number, random: Chance): Conditions => ({ ...CALM, hour, cloud: 0.3 + 0.2 * random.next() })

function pictureOf(
  course: Course,
  camera: SceneCamera,
  conditions: Conditions,
  recorded: Picture[],
  i: number,
): Picture {
  const { replays } = course
  if (replays !== undefined && recorded.length >= replays) return recorded[i % replays]!
  const picture = camera.expose(conditions)
  recorded.push(picture)
  return picture
}

function score(
  { expects }: Course,
  verdicts: readonly ImageVerdict[],
): Pick<CourseResult, 'detectedAfter' | 'falseLooks'> {
  const allowed = ['online', ...expects]
  const detected = verdicts.findIndex((verdict) => expects.includes(verdict.status))
  return {
    detectedAfter: detected < 0 ? null : detected + 1,
    falseLooks: verdicts.filter((verdict) => !allowed.includes(verdict.status)).length,
  }
}
