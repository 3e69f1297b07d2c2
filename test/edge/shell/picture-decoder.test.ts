import fc from 'fast-check'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { createPictureDecoder, decodePicture } from '../../../edge/shell/picture-decoder.ts'
import { fuzzRuns } from '../../support/fuzz.ts'

const picture = (width: number, height: number, background: { r: number; g: number; b: number }) =>
  sharp({ create: { width, height, channels: 3, background } })

const grey = (level: number) => ({ r: level, g: level, b: level })

async function refusal(jpeg: Uint8Array): Promise<unknown> {
  return decodePicture(jpeg).then(
    () => 'decoded',
    (error) => error.code,
  )
}

/** The same JPEG that claims another size in its frame header (SOF0: marker, length, precision, height, width). */
function claimSize(jpeg: Uint8Array, width: number, height: number): Uint8Array {
  const copy = new Uint8Array(jpeg)
  const frame = copy.findIndex((byte, i) => byte === 0xff && copy[i + 1] === 0xc0)
  new DataView(copy.buffer).setUint16(frame + 5, height)
  new DataView(copy.buffer).setUint16(frame + 7, width)
  return copy
}

test('a picture keeps its shape and its brightness within 160 by 120', async () => {
  const wide = await decodePicture(await picture(1920, 1080, grey(100)).jpeg().toBuffer())
  expect([wide.width, wide.height, wide.luma.length]).toEqual([160, 90, 14_400])
  expect(Math.abs(wide.luma[7000]! - 100)).toBeLessThanOrEqual(1)
  const high = await decodePicture(await picture(1600, 1200, grey(30)).jpeg().toBuffer())
  expect([high.width, high.height]).toEqual([160, 120])
})

test('a small picture is not enlarged', async () => {
  const { width, height } = await decodePicture(await picture(96, 64, grey(50)).jpeg().toBuffer())
  expect([width, height]).toEqual([96, 64])
})

test('a colour picture and one in black and white are told apart, whatever the file holds', async () => {
  const coloured = await decodePicture(await picture(320, 180, { r: 60, g: 140, b: 80 }).jpeg().toBuffer())
  expect(coloured.colour).toBeGreaterThan(50)
  expect(Math.abs(coloured.luma[0]! - (0.299 * 60 + 0.587 * 140 + 0.114 * 80))).toBeLessThanOrEqual(3)
  expect((await decodePicture(await picture(320, 180, grey(90)).jpeg().toBuffer())).colour).toBeLessThan(1)
  expect((await decodePicture(await picture(320, 180, grey(90)).greyscale().jpeg().toBuffer())).colour).toBe(0)
})

test('what is damaged, cut off or no JPEG at all gives a coded error', async () => {
  const jpeg = await picture(640, 360, grey(80)).jpeg().toBuffer()
  expect(await refusal(jpeg.subarray(0, jpeg.length / 2))).toBe('picture-unreadable')
  expect(await refusal(new Uint8Array(0))).toBe('picture-unreadable')
  expect(await refusal(await picture(64, 64, grey(80)).png().toBuffer())).toBe('picture-unreadable')
  expect(await refusal(new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toBe(
    'picture-unreadable',
  )
  expect(await refusal(Uint8Array.of(0xff, 0xd8, 0xff, 0xd9))).toBe('picture-unreadable')
})

test('a decompression bomb is refused before it is decoded', async () => {
  const jpeg = await picture(640, 360, grey(80)).jpeg().toBuffer()
  const before = process.memoryUsage.rss()
  expect(await refusal(claimSize(jpeg, 60_000, 60_000))).toBe('picture-too-large')
  expect(await refusal(claimSize(jpeg, 65_535, 65_535))).toMatch(/picture-/)
  expect(await refusal(new Uint8Array(9_000_000).fill(0xff))).toBe('picture-too-large')
  expect(process.memoryUsage.rss() - before).toBeLessThan(60_000_000)
})

test('pictures are decoded one after another, and too many at once are refused, not kept', async () => {
  const decode = createPictureDecoder()
  const jpeg = await picture(320, 180, grey(80)).jpeg().toBuffer()
  const finished: number[] = []
  const all = await Promise.allSettled(
    Array.from({ length: 80 }, async (_, i) => {
      await decode(jpeg)
      finished.push(i)
    }),
  )
  expect(finished).toEqual(Array.from({ length: 64 }, (_, i) => i))
  expect(all.slice(64).map((one) => one.status === 'rejected' && one.reason.code)).toEqual(
    Array(16).fill('picture-queue-full'),
  )
  expect((await decode(jpeg)).width).toBe(160)
})

test('a damaged picture among good ones holds up nobody', async () => {
  const decode = createPictureDecoder()
  const jpeg = await picture(320, 180, grey(80)).jpeg().toBuffer()
  const results = await Promise.allSettled([decode(jpeg), decode(jpeg.subarray(0, 300)), decode(jpeg)])
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('whatever bytes a camera answers, a picture or a coded error comes back', { timeout: 120_000 }, async () => {
  const jpeg = await sharp({
    create: {
      width: 64,
      height: 48,
      channels: 3,
      background: grey(0),
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  })
    .jpeg()
    .toBuffer()
  const spoilt = fc.array(fc.tuple(fc.nat(jpeg.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(spoilt, fc.nat(jpeg.length), async (changes, length) => {
      const bytes = Uint8Array.from(jpeg)
      for (const [at, value] of changes) bytes[at] = value
      expect(await refusal(bytes.subarray(0, Math.max(3, length)))).toMatch(
        /^(decoded|picture-unreadable|picture-too-large)$/,
      )
    }),
    { numRuns: fuzzRuns(300) },
  )
})
