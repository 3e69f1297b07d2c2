import type { DeviceState, Measurement } from '@minewarden/hardware/contract.ts'
import { MEASUREMENTS_CEILING } from '@minewarden/hardware/line/measurement-queue.ts'
import { type Addressed, shareDevice } from '@minewarden/hardware/line/shared-device.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { believe, instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../edge/support/manual-clock.ts'
import { eventually } from '../../support/eventually.ts'

const GROUND = SensorId.parse('ground')
const AIR = SensorId.parse('air')

const probe = (at: number): Measurement => ({ kind: 'probe', at: instant(at), status: 'online', clock: 'ntp' })
const state = (name: DeviceState['state']): DeviceState => ({
  kind: 'device',
  at: instant(0),
  state: name,
  reason: name === 'ok' ? '' : 'line-lost: x',
  clock: 'ntp',
})

/** A device that says what it is told to say. */
function setUp() {
  const said: (Addressed | DeviceState | Error)[] = []
  let wake = () => {}
  const runs: AbortSignal[] = []
  async function* read(signal: AbortSignal): AsyncGenerator<Addressed | DeviceState> {
    runs.push(signal)
    signal.addEventListener('abort', () => wake(), { once: true })
    while (!signal.aborted) {
      const item = said.shift()
      if (item instanceof Error) throw item
      if (item) yield item
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  }
  const [ground, air] = shareDevice({
    sensors: [
      { sensor: GROUND, kind: 'geophone', channels: ['HHZ'] },
      { sensor: AIR, kind: 'air-pressure', channels: ['HDF'] },
    ],
    read,
    clock: believe(new ManualClock(instant(1e12)), 'ntp'),
  })
  if (!ground || !air) throw new Error('two sensors, two drivers')
  const say = (...items: (Addressed | DeviceState | Error)[]) => {
    said.push(...items)
    wake()
  }
  return { ground, air, say, runs, left: () => said.length }
}

const collect = (items: AsyncIterable<Measurement>) => {
  const got: Measurement[] = []
  const done = (async () => {
    for await (const item of items) got.push(item)
  })()
  return { got, done }
}

describe('a device with several sensors', () => {
  it('gives each sensor its own measurements, and its states to all', async () => {
    const bench = setUp()
    const stop = new AbortController()
    const ground = collect(bench.ground.read(stop.signal))
    const air = collect(bench.air.read(stop.signal))
    bench.say(
      state('ok'),
      { sensor: GROUND, measurement: probe(1) },
      { sensor: AIR, measurement: probe(2) },
      state('disconnected'),
    )
    await eventually('all is read', () => ground.got.length === 3 && air.got.length === 3)
    expect(ground.got.map((m) => (m.kind === 'device' ? m.state : m.kind))).toEqual(['ok', 'probe', 'disconnected'])
    expect(air.got[1]).toEqual(probe(2))
    expect(bench.runs).toHaveLength(1)
    stop.abort()
    await Promise.all([ground.done, air.done])
  })

  it('is talked to while at least one sensor is read, and one by one', async () => {
    const bench = setUp()
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()]
    const ground = collect(bench.ground.read(first.signal))
    const air = collect(bench.air.read(second.signal))
    bench.say(state('ok'))
    await eventually('both heard', () => ground.got.length + air.got.length === 2)
    first.abort()
    await ground.done
    expect(bench.runs[0]?.aborted).toBe(false)
    second.abort()
    await air.done
    expect(bench.runs[0]?.aborted).toBe(true)
    const again = collect(bench.ground.read(third.signal))
    bench.say(state('ok'))
    await eventually('the new reader is served', () => again.got.length === 1)
    expect(bench.runs).toHaveLength(2)
    third.abort()
    await again.done
  })

  it('tells who comes later how the device is', async () => {
    const bench = setUp()
    const stop = new AbortController()
    const ground = collect(bench.ground.read(stop.signal))
    bench.say(state('ok'), state('disconnected'))
    await eventually('told', () => ground.got.length === 2)
    const air = collect(bench.air.read(stop.signal))
    await eventually('told later', () => air.got.length === 1)
    expect(air.got[0]).toMatchObject({ state: 'disconnected' })
    stop.abort()
    await Promise.all([ground.done, air.done])
  })

  it('is not held up by a reader that takes nothing: the oldest is dropped, counted and told', async () => {
    const bench = setUp()
    const stop = new AbortController()
    const slow = bench.air.read(stop.signal)[Symbol.asyncIterator]()
    const ground = collect(bench.ground.read(stop.signal))
    bench.say(state('ok'), { sensor: AIR, measurement: probe(0) })
    expect((await slow.next()).value).toMatchObject({ state: 'ok' })
    const count = MEASUREMENTS_CEILING + 500
    for (let i = 1; i <= count; i++) {
      bench.say({ sensor: AIR, measurement: probe(i) }, { sensor: GROUND, measurement: probe(i) })
    }
    await eventually('the other has all', () => ground.got.length === count + 1)
    const got: Measurement[] = []
    while (got.length < MEASUREMENTS_CEILING + 2) got.push((await slow.next()).value)
    expect(got[0]).toMatchObject({
      state: 'bad-data',
      reason: 'line-overrun: 501 measurements dropped that nobody took',
    })
    expect(got.at(-2)).toEqual(probe(count))
    expect(got.at(-1)).toMatchObject({ kind: 'device', state: 'ok' })
    stop.abort()
    await ground.done
  })

  it('hands our own bugs to each reader, and begins anew when it is read again', async () => {
    const bench = setUp()
    const stop = new AbortController()
    const ground = collect(bench.ground.read(stop.signal))
    bench.say(new Error('ours'))
    await expect(ground.done).rejects.toThrow('ours')
    const again = collect(bench.ground.read(stop.signal))
    bench.say(state('ok'))
    await eventually('it goes on', () => again.got.length === 1)
    stop.abort()
    await again.done
  })
})
