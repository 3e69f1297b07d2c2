import { randomUUID } from 'node:crypto'
import { PictureService } from '@minewarden/edge/picture-service.ts'
import type { SensorDriver } from '@minewarden/hardware/contract.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { MAX_PICTURE_BYTES, MAX_PICTURE_PART_BYTES } from '@minewarden/protocol/picture.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { assignAliases, birthMetric, declareSensor, WRITABLE_PROPERTY } from '@minewarden/protocol/sparkplug/birth.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { ManualClock, silentLogger } from './support/manual-clock.ts'
import { PROBE, T0 } from './support/readings.ts'

const MIB = 1_048_576
type Take = NonNullable<SensorDriver['takeSnapshot']>
const snapshot = (bytes: number) => ({
  kind: 'snapshot' as const,
  at: instant(T0),
  clock: 'ntp' as const,
  jpeg: new Uint8Array(bytes).map((_, i) => i % 251),
})

function desk(
  takeSnapshot: Take = async () => snapshot(10),
  quotaBytes = 64 * MIB,
  signal = new AbortController().signal,
) {
  const clock = new ManualClock(T0)
  const readings: Reading[] = []
  const refused: string[] = []
  const logged: object[] = []
  const service = new PictureService(
    {
      drivers: [{ sensor: PROBE, takeSnapshot }, { sensor: SensorId.parse('probe-9') }],
      clock,
      logger: { ...silentLogger, info: (fields) => void logged.push(fields) },
      put: (more) => void readings.push(...more),
      badInput: (reason) => refused.push(reason),
      signal,
    },
    quotaBytes,
  )
  const ask = async (value: unknown = JSON.stringify({ request: randomUUID() }), device: string = PROBE) => {
    service.requested(device, value as string)
    await clock.advance(0)
  }
  const pictures = () => readings.flatMap(({ kind, fields }) => (kind === 'picture' ? [fields] : []))
  return { clock, ask, pictures, refused, logged, readings }
}

describe('a request for a picture', () => {
  it('is answered in parts of at most 64 KiB, which are the picture, and logged', async () => {
    const { ask, pictures, logged, readings } = desk(async () => snapshot(2.5 * MAX_PICTURE_PART_BYTES))
    const request = randomUUID()
    await ask(JSON.stringify({ request }))
    const parts = pictures()
    expect(parts.map(({ part, parts, data }) => [part, parts, data?.length])).toEqual([
      [0, 3, MAX_PICTURE_PART_BYTES],
      [1, 3, MAX_PICTURE_PART_BYTES],
      [2, 3, MAX_PICTURE_PART_BYTES / 2],
    ])
    expect(Buffer.concat(parts.map(({ data }) => data as Uint8Array)).equals(snapshot(163_840).jpeg)).toBe(true)
    expect(readings.every(({ measuredAt }) => measuredAt === T0)).toBe(true)
    expect(logged).toEqual([{ sensor: PROBE, request, bytes: 163_840 }])
  })

  it.each([
    ['nothing', null],
    ['no JSON', 'now'],
    ['no request', '{}'],
    ['a request of no fleet manager', '{"request":"1"}'],
    ['more than a request', JSON.stringify({ request: randomUUID(), path: '/etc' })],
    ['a text without end', `{"request":"${'x'.repeat(10_000)}"}`],
  ])('that is %s is refused and counted, and no camera is asked', async (_what, value) => {
    let taken = 0
    const { ask, refused, readings } = desk(async () => snapshot(++taken))
    await ask(value)
    expect([refused.length, readings.length, taken]).toEqual([1, 0, 0])
  })

  it('that came before is refused: a repeated command takes no second picture', async () => {
    const { ask, refused, pictures } = desk()
    const text = JSON.stringify({ request: randomUUID() })
    await ask(text)
    await ask(text)
    expect([pictures().length, refused]).toMatchObject([1, [expect.stringContaining('came before')]])
  })

  it('of a sensor that is none is refused; of one that gives none it is told', async () => {
    const { ask, refused, pictures } = desk()
    await ask(undefined, 'probe-7')
    expect(refused).toHaveLength(1)
    await ask(undefined, 'probe-9')
    expect(pictures()).toMatchObject([{ parts: 0, data: null, refusal: 'probe-9 gives no pictures' }])
  })

  it('that the camera refuses, or answers with too much, says why', async () => {
    const broken = desk(async () => {
      throw new Error('the camera wants another password')
    })
    await broken.ask()
    expect(broken.pictures()).toMatchObject([{ refusal: 'the camera wants another password', data: null }])
    const large = desk(async () => snapshot(MAX_PICTURE_BYTES + 1))
    await large.ask()
    expect(large.pictures()).toMatchObject([{ refusal: expect.stringContaining(`${MAX_PICTURE_BYTES + 1} bytes`) }])
  })

  it('that a camera never answers is given up after half a minute, and frees its place', async () => {
    const { clock, ask, pictures } = desk(() => new Promise(() => undefined))
    await ask()
    await ask()
    expect(pictures()).toMatchObject([{ refusal: expect.stringContaining('being taken') }])
    await clock.advance(30_000)
    expect(pictures()[1]).toMatchObject({ refusal: 'no picture within 30 s' })
  })

  it('is asked of no camera once the gateway stops', async () => {
    let taken = 0
    const take: Take = async () => {
      taken += 1
      return snapshot(1)
    }
    const { ask, pictures } = desk(take, MIB, AbortSignal.abort(new Error('stopping')))
    await ask()
    expect([taken, pictures()]).toEqual([0, []])
  })

  it('beyond the quota of the day is refused', async () => {
    const { ask, pictures } = desk(async () => snapshot(600), 1_000)
    await ask()
    await ask()
    expect(pictures().map(({ refusal }) => refusal)).toEqual([null, 'a picture of 600 bytes, 400 are left for today'])
  })
})

it('the birth of a probe that gives pictures declares its commands, of one that does not none', () => {
  const writable = (givesPictures: boolean) =>
    assignAliases(declareSensor('camera-probe', [], [], givesPictures), 1)
      .declared.map((each) => birthMetric(each, null, 0))
      .filter(({ properties }) => properties?.[WRITABLE_PROPERTY]?.value === true)
      .map(({ name }) => name)
  expect(writable(true)).toEqual(['Picture/Request', 'Scene/Relearn'])
  expect(writable(false)).toEqual([])
})
