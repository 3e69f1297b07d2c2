import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GreyFrame } from '@minewarden/edge/core/image/frame.ts'
import { createProbeMeasure } from '@minewarden/edge/core/measure/probe-measure.ts'
import { relearn } from '@minewarden/edge/relearn.ts'
import { SceneService } from '@minewarden/edge/scene-service.ts'
import { openSceneMemory } from '@minewarden/edge/shell/scene-memory.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { chance } from '../support/camera-scenes/random.ts'
import { ManualClock, silentLogger } from './support/manual-clock.ts'
import { PROBE, T0 } from './support/readings.ts'

const MINUTE = 60_000
const random = chance(7)
const levels = Array.from({ length: 400 }, () => random.between(40, 210))

/** A wall of rectangles as a camera sees it that is turned by so many points. */
function look(minute: number, turned: number): GreyFrame {
  const [width, height] = [160, 90]
  const luma = new Uint8Array(width * height).map((_, i) => {
    const [x, y] = [(i % width) + turned, Math.floor(i / width)]
    const [column, row] = [Math.floor((x + 14 * Math.sin(x / 23)) / 17), Math.floor((y + 5 * Math.sin(y / 9)) / 11)]
    return levels[(row * 31 + column) % levels.length]! + 1.2 * random.normal()
  })
  return { kind: 'frame', at: instant(T0 + minute * MINUTE), clock: 'ntp', width, height, luma, colour: 20 }
}

describe('a camera that was turned on purpose', () => {
  it('is moved until it is learnt anew, then online, and moved again when it is turned once more', () => {
    const measure = createProbeMeasure({ sensor: PROBE, settleMs: 0 })
    let minute = 0
    const watch = (looks: number, turned: number) =>
      Array.from({ length: looks }, () => measure.push(look(++minute, turned)))
        .flat()
        .flatMap(({ kind, fields }) => (kind === 'probe' ? [fields.status] : []))
    expect(watch(60, 0)).toEqual(['online'])
    expect(watch(200, 12)).toEqual(['moved'])
    measure.relearn?.()
    expect(watch(60, 12)).toEqual(['online'])
    expect(watch(20, 0)).toEqual(['moved'])
  })

  it('forgets what an earlier process learnt of it, too', () => {
    const before = createProbeMeasure({ sensor: PROBE, settleMs: 0 })
    for (let minute = 1; minute <= 40; minute++) before.push(look(minute, 0))
    const after = createProbeMeasure({ sensor: PROBE, settleMs: 0, learnt: before.learnt?.() })
    after.relearn?.()
    const told = Array.from({ length: 40 }, (_, i) => after.push(look(50 + i, 12))).flat()
    expect(told).toMatchObject([{ fields: { status: 'online' } }])
  })
})

const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

/** A gateway with one camera, as far as this goes. */
function setUp() {
  const data = mkdtempSync(join(tmpdir(), 'minewarden-relearn-'))
  dirs.push(data)
  const clock = new ManualClock(T0)
  const relearnt: string[] = []
  const refused: string[] = []
  const scenes = openSceneMemory(join(data, 'scenes'), silentLogger)
  const service = new SceneService({
    clock,
    scenes,
    badInput: (reason) => void refused.push(reason),
    relearn: (sensor, why) => sensor === PROBE && relearnt.push(`${sensor}: ${why}`) > 0,
  })
  return { data, clock, relearnt, refused, scenes, service }
}

describe('a request to learn anew', () => {
  it('is carried out with its number in the reason; what is none is counted', () => {
    const { service, relearnt, refused } = setUp()
    const request = randomUUID()
    service.requested(PROBE, JSON.stringify({ request }))
    expect(relearnt).toEqual([`${PROBE}: scene learnt anew by request ${request}`])
    for (const value of [null, 1, 'x', '{}', JSON.stringify({ request: 'x' }), `"${'x'.repeat(1e6)}"`])
      service.requested(PROBE, value)
    service.requested('probe-9', JSON.stringify({ request }))
    expect(relearnt).toHaveLength(1)
    expect(refused).toHaveLength(7)
  })
})

describe('a technician at the gateway', () => {
  const ask = async ({ clock, data }: ReturnType<typeof setUp>, sensor: SensorId) => {
    const said: string[] = []
    const asking = relearn({ clock, write: (text) => void said.push(text) }, { data }, sensor)
    asking.catch(() => undefined)
    await clock.advance(20_000)
    return { code: await asking, said: said.join('') }
  }

  it('has a camera learnt anew while the gateway runs', async () => {
    const gateway = setUp()
    const stop = new AbortController()
    gateway.scenes.load(PROBE)
    const running = gateway.service.run(stop.signal)
    const { code, said } = await ask(gateway, PROBE)
    expect([code, said]).toEqual([0, expect.stringContaining('learns anew')])
    expect(gateway.relearnt).toEqual([`${PROBE}: scene learnt anew by a technician at the gateway`])
    expect(readdirSync(join(gateway.data, 'scenes'))).toEqual([])
    stop.abort()
    await running
  })

  it('is told when no running gateway has such a camera, and nothing is left for later', async () => {
    const gateway = setUp()
    gateway.scenes.load(PROBE)
    const stop = new AbortController()
    const running = gateway.service.run(stop.signal)
    const { code, said } = await ask(gateway, SensorId.parse('probe-9'))
    expect([code, said]).toEqual([1, expect.stringContaining('no running gateway has such a camera')])
    expect(readdirSync(join(gateway.data, 'scenes'))).toEqual([])
    stop.abort()
    await running
  })

  it('is refused where no gateway ran, and never writes through a link', async () => {
    const gateway = setUp()
    await expect(ask(gateway, PROBE)).rejects.toMatchObject({ code: 'data-unusable' })
    gateway.scenes.load(PROBE)
    const elsewhere = join(gateway.data, 'precious')
    writeFileSync(elsewhere, 'kept')
    symlinkSync(elsewhere, join(gateway.data, 'scenes', `${PROBE}.relearn`))
    expect((await ask(gateway, PROBE)).code).toBe(1)
    expect(existsSync(elsewhere)).toBe(true)
  })
})
