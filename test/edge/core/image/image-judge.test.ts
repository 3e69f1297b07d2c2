import { instant } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GreyFrame, ImageJudge, ImageVerdict } from '../../../../edge/core/image/frame.ts'
import { createImageJudge } from '../../../../edge/core/image/image-judge.ts'
import { type Chance, chance } from '../../../support/camera-scenes/random.ts'
import { fuzzRuns } from '../../../support/fuzz.ts'

const WIDTH = 160
const HEIGHT = 90
const MINUTE = 60_000
const START = Date.UTC(2026, 0, 5, 8)

interface Shade {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly level: number
}

/** Overlapping rectangles, wider than the picture: enough edges for a scene, quick enough for thousands of looks. */
const shades = (seed: number): Shade[] => {
  const random = chance(seed)
  return Array.from({ length: 90 }, () => {
    const left = random.between(-80, 230)
    const top = random.between(-10, 90)
    const [width, height] = [random.between(6, 50), random.between(5, 35)]
    return { left, top, right: left + width, bottom: top + height, level: random.between(40, 210) }
  })
}

/** The scene as a camera turned by so many points to the right sees it; fractions are drawn as such. */
function paint(scene: readonly Shade[], turned: number, random: Chance, noise = 1.2): Uint8Array {
  const sharp = new Float32Array(WIDTH * HEIGHT).fill(120)
  for (const { left, top, right, bottom, level } of scene)
    for (let y = Math.max(0, Math.ceil(top)); y < Math.min(HEIGHT, bottom); y++)
      for (let x = Math.max(0, Math.floor(left - turned)); x < Math.min(WIDTH, right - turned); x++) {
        const inside = Math.min(1, x + 1 - (left - turned))
        sharp[y * WIDTH + x] = sharp[y * WIDTH + x]! * (1 - inside) + level * inside
      }
  return Uint8Array.from(sharp, (value) => Math.max(0, Math.min(255, Math.round(value + noise * random.normal()))))
}

const frame = (luma: Uint8Array, at: number, colour?: number): GreyFrame => ({
  kind: 'frame',
  at: instant(at),
  clock: 'ntp',
  width: WIDTH,
  height: HEIGHT,
  luma,
  ...(colour === undefined ? {} : { colour }),
})

/** A camera before a scene of rectangles, looked at each minute. */
class Watch {
  judge: ImageJudge
  at = START
  readonly random = chance(5)
  readonly scene: readonly Shade[]

  constructor(judge = createImageJudge(), scene = shades(1)) {
    this.judge = judge
    this.scene = scene
  }

  look(turned = 0, colour = 20): ImageVerdict {
    return this.push(paint(this.scene, turned, this.random), colour)
  }

  push(luma: Uint8Array, colour = 20): ImageVerdict {
    this.at += MINUTE
    return this.judge.push(frame(luma, this.at, colour))
  }

  repeat(looks: number, act: () => ImageVerdict): ImageVerdict[] {
    return Array.from({ length: looks }, act)
  }

  restart(): void {
    this.judge = createImageJudge(JSON.parse(JSON.stringify(this.judge.snapshot())))
  }
}

const statuses = (verdicts: readonly ImageVerdict[]): string[] => [...new Set(verdicts.map(({ status }) => status))]

test('the first pictures only teach: a turn before anything is learnt is not seen', () => {
  const watch = new Watch()
  expect(statuses(watch.repeat(6, () => watch.look()))).toEqual(['online'])
  const turned = watch.repeat(40, () => watch.look(25))
  expect(statuses(turned)).toEqual(['online'])
  expect(turned[0]?.confidence).toBeLessThan(0.5)
  expect(turned.at(-1)?.confidence).toBeGreaterThan(0.8)
})

test('darkness is told from the first pictures, and whether it came at once', () => {
  const watch = new Watch()
  const black = () =>
    watch.push(Uint8Array.from({ length: WIDTH * HEIGHT }, () => 8 + Math.round(watch.random.normal())))
  expect(watch.repeat(4, black).at(-1)).toMatchObject({ status: 'dark', cause: 'dark', since: START + MINUTE })
  const lit = new Watch()
  lit.repeat(30, () => lit.look())
  const began = lit.at + MINUTE
  const blackened = lit.repeat(4, () => lit.push(new Uint8Array(WIDTH * HEIGHT).fill(6)))
  expect(blackened.at(-1)).toMatchObject({ status: 'dark', cause: 'dark-at-once', since: began })
})

test('one odd picture changes nothing', () => {
  const watch = new Watch()
  watch.repeat(40, () => watch.look())
  const odd = [
    watch.push(new Uint8Array(WIDTH * HEIGHT).fill(5)),
    watch.look(),
    watch.look(30),
    watch.look(),
    watch.push(new Uint8Array(WIDTH * HEIGHT).fill(255)),
    watch.look(),
  ]
  expect(statuses(odd)).toEqual(['online'])
})

test('a turn is moved until the camera is turned back', () => {
  const watch = new Watch()
  watch.repeat(60, () => watch.look())
  const began = watch.at + MINUTE
  expect(watch.repeat(5, () => watch.look(12)).at(-1)).toMatchObject({ status: 'moved', since: began })
  expect(statuses(watch.repeat(120, () => watch.look(12)))).toEqual(['moved'])
  expect(watch.repeat(3, () => watch.look()).at(-1)?.status).toBe('online')
})

test('who turns the camera a little each day is found by what was learnt at the beginning', () => {
  const watch = new Watch()
  watch.repeat(260, () => watch.look())
  const verdicts: ImageVerdict[] = []
  // Half a point a day, so slowly that the reference goes with it.
  for (let hour = 0; hour < 24 * 20; hour++) {
    watch.at += 59 * MINUTE
    verdicts.push(watch.look(hour * 0.022))
  }
  expect(verdicts.at(-1)?.status).toBe('moved')
  const foundAfterPoints = verdicts.findIndex(({ status }) => status === 'moved') * 0.022
  expect(foundAfterPoints).toBeGreaterThan(3)
  expect(statuses(watch.repeat(6, () => watch.look()).slice(3))).toEqual(['online'])
})

test('a picture that comes again bit for bit is frozen, but for a clock in its corner', () => {
  const watch = new Watch()
  watch.repeat(30, () => watch.look())
  const still = paint(watch.scene, 0, watch.random)
  const ticking = () => {
    const luma = Uint8Array.from(still)
    for (let x = 4; x < 70; x++) luma[5 * WIDTH + x] = watch.random.between(0, 255)
    return watch.push(luma)
  }
  expect(watch.repeat(8, ticking).at(-1)).toMatchObject({ status: 'frozen', cause: 'picture-frozen' })
  expect(watch.repeat(2, () => watch.look()).at(-1)?.status).toBe('online')
})

test('a camera that answers the same picture for some seconds is not frozen', () => {
  const watch = new Watch()
  const verdicts = watch.repeat(60, () => {
    const luma = paint(watch.scene, 0, watch.random)
    const again = [5000, 10_000, 15_000].map((ms) => watch.judge.push(frame(luma, watch.at + MINUTE + ms, 20)))
    watch.at += MINUTE + 15_000
    return again.at(-1)!
  })
  expect(statuses(verdicts)).toEqual(['online'])
})

test('a quiet night in which only the sensor makes noise is not frozen', () => {
  const watch = new Watch()
  const night = () => watch.push(paint(watch.scene, 0, watch.random, 0.25), 0)
  expect(statuses(watch.repeat(200, night))).toEqual(['online'])
})

test('after a restart a judge knows the scene, and that the camera was turned', () => {
  const watch = new Watch()
  watch.repeat(60, () => watch.look())
  watch.restart()
  expect(watch.repeat(5, () => watch.look(12)).at(-1)?.status).toBe('moved')
  watch.restart()
  const later = watch.repeat(3, () => watch.look(12))
  expect(statuses(later)).toEqual(['moved'])
  expect(later.at(-1)?.since).toBeLessThan(watch.at - 5 * MINUTE)
})

test('a cloth that was there before a restart is there after it', () => {
  const watch = new Watch()
  watch.repeat(40, () => watch.look())
  const cloth = () =>
    watch.push(
      Uint8Array.from({ length: WIDTH * HEIGHT }, () => 110 + Math.round(watch.random.normal())),
      0,
    )
  expect(watch.repeat(6, cloth).at(-1)).toMatchObject({ status: 'occluded', cause: 'covered' })
  watch.restart()
  expect(statuses(watch.repeat(20, cloth))).toEqual(['occluded'])
  expect(watch.repeat(3, () => watch.look()).at(-1)?.status).toBe('online')
})

test('what was turned in the first night does not become the night that is known', () => {
  const watch = new Watch()
  watch.repeat(60, () => watch.look())
  watch.repeat(60, () => watch.look(14, 0))
  expect(watch.repeat(5, () => watch.look(14)).at(-1)?.status).toBe('moved')
  expect(watch.repeat(5, () => watch.look(14, 0)).at(-1)?.status).toBe('moved')
  watch.repeat(5, () => watch.look())
  expect(statuses(watch.repeat(60, () => watch.look(0, 0)))).toEqual(['online'])
})

test('a clock that is set back stops nothing', () => {
  const watch = new Watch()
  watch.repeat(60, () => watch.look())
  watch.at -= 300 * 86_400_000
  expect(watch.repeat(5, () => watch.look(12)).at(-1)?.status).toBe('moved')
  expect(watch.judge.push(frame(paint(watch.scene, 0, watch.random), watch.at - 2000)).status).toBe('moved')
})

test('the same pictures give the same verdicts and the same memory', () => {
  const run = () => {
    const watch = new Watch()
    watch.repeat(80, () => watch.look())
    const verdicts = watch.repeat(6, () => watch.look(10))
    return JSON.stringify([verdicts, watch.judge.snapshot()])
  }
  expect(run()).toBe(run())
})

test('what was learnt is small and plain, and whatever else is handed in is ignored', () => {
  const watch = new Watch()
  watch.repeat(260, () => watch.look())
  const text = JSON.stringify(watch.judge.snapshot())
  expect(text.length).toBeLessThan(40_000)
  const learnt = JSON.parse(text)
  for (const wrong of [
    null,
    7,
    'x',
    [],
    {},
    { ...learnt, version: 2 },
    { ...learnt, day: { ...learnt.day, cosine: 'A' } },
  ])
    expect(createImageJudge(wrong).push(frame(paint(watch.scene, 0, watch.random), START)).confidence).toBeLessThan(0.5)
  const scrambled = { ...learnt, day: { ...learnt.day, cosine: '!'.repeat(learnt.day.cosine.length) } }
  expect(createImageJudge(scrambled).push(frame(paint(watch.scene, 0, watch.random), START)).status).toBe('online')
})

test('a camera whose pictures change size or shape is judged on', () => {
  const watch = new Watch()
  watch.repeat(30, () => watch.look())
  for (const [width, height] of [
    [16, 16],
    [160, 120],
    [1, 1],
    [0, 0],
  ] as const) {
    const luma = new Uint8Array(width * height).fill(90)
    watch.at += MINUTE
    const verdict = watch.judge.push({ kind: 'frame', at: instant(watch.at), clock: 'ntp', width, height, luma })
    expect(verdict.confidence).toBeGreaterThanOrEqual(0)
  }
})

test('no sequence of pictures makes it throw or claim what it cannot know', () => {
  const picture = fc.record({
    gapMs: fc.integer({ min: -1_000_000, max: 100_000_000 }),
    level: fc.nat(255),
    noise: fc.nat(80),
    turned: fc.integer({ min: -60, max: 60 }),
    scene: fc.boolean(),
    colour: fc.option(fc.nat(40), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(picture, { maxLength: 60 }), (pictures) => {
      const random = chance(3)
      const scene = shades(2)
      let judge = createImageJudge()
      let at = START
      for (const { gapMs, level, noise, turned, scene: shown, colour } of pictures) {
        at += gapMs
        const blank = new Uint8Array(WIDTH * HEIGHT).fill(level)
        const { confidence, since } = judge.push(frame(shown ? paint(scene, turned, random, noise) : blank, at, colour))
        expect(confidence).toBeGreaterThanOrEqual(0)
        expect(confidence).toBeLessThan(1)
        expect(Number.isFinite(since)).toBe(true)
        if (noise === 0) judge = createImageJudge(judge.snapshot())
      }
    }),
    { numRuns: fuzzRuns(60) },
  )
})
