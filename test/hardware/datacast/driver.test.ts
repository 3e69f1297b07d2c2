import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DeviceState, Measurement, WaveformBlock } from '@minewarden/hardware/contract.ts'
import { openDatacastDrivers } from '@minewarden/hardware/datacast/open-drivers.ts'
import { DatacastOptions } from '@minewarden/hardware/datacast/options.ts'
import { SimulatedShake } from '@minewarden/hardware/sim/datacast/shake.ts'
import { believe, type Clock, instant } from '@minewarden/protocol/time.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'

const realClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}),
}
const START = 1_790_000_000_000
const SHAKE = { countsPerUnit: 1, unit: 'm/s' }
const sampleAt = (i: number) => ((i * 7919) % 20_011) - 10_000

const endings: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function open(config: object = {}, more: { silentMs?: number } = {}) {
  const stations = [{ id: 'geo-1', kind: 'geophone', channels: { EHZ: SHAKE } }]
  const options = DatacastOptions.parse({
    kind: 'datacast',
    bind: '127.0.0.1',
    port: 0,
    sender: '127.0.0.1',
    stations,
    ...config,
  })
  const clock = believe(realClock, 'ntp')
  const bound = Promise.withResolvers<number>()
  const [opened] = await openDatacastDrivers(
    options,
    { clock, random: Math.random, dataDir: '/nowhere', startAt: clock.now(), supply: null },
    { onBound: bound.resolve, ...more },
  )
  const all: Measurement[] = []
  const stop = new AbortController()
  const done = (async () => {
    for await (const measurement of opened!.driver.read(stop.signal)) all.push(measurement)
  })()
  endings.push(async () => {
    stop.abort()
    await done
  })
  return {
    driver: opened!.driver,
    all,
    bound: bound.promise,
    blocks: () => all.filter((each): each is WaveformBlock => each.kind === 'waveform'),
    states: () => all.filter((each): each is DeviceState => each.kind === 'device'),
    samples: () => all.flatMap((each) => (each.kind === 'waveform' ? [...each.counts] : [])),
  }
}

function shakeTo(port: number, random?: () => number): SimulatedShake {
  const shake = new SimulatedShake(port, random)
  endings.push(() => shake[Symbol.asyncDispose]())
  return shake
}

/** Packets `from` to `to` of a quarter of a second, at 100 samples a second. */
async function cast(shake: SimulatedShake, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    await shake.cast(
      'EHZ',
      START + i * 250,
      Array.from({ length: 25 }, (_, k) => sampleAt(i * 25 + k)),
    )
    if (i % 20 === 19) await sleep(2)
  }
}
const expected = (from: number, to: number) =>
  Array.from({ length: (to - from) * 25 }, (_, k) => sampleAt(from * 25 + k))

describe('the datacast of a Raspberry Shake', () => {
  it('arrives sample for sample, its rate found out', async () => {
    const sensor = await open()
    const shake = shakeTo(await sensor.bound)
    shake.faults.jitterMs = 2
    await cast(shake, 0, 100)
    await eventually('all samples', () => sensor.samples().length === 2_500)
    expect(sensor.samples()).toEqual(expected(0, 100))
    const blocks = sensor.blocks()
    expect(new Set(blocks.map(({ rateHz, channel }) => `${channel} ${rateHz}`))).toEqual(new Set(['EHZ 100']))
    for (const [i, { startAt }] of blocks.entries()) expect(Math.abs(startAt - START - i * 250)).toBeLessThanOrEqual(4)
    expect(sensor.states()).toEqual([])
  })

  it('is put in order when packets are doubled and overtake each other', async () => {
    const sensor = await open()
    let seed = 1
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    }
    const shake = shakeTo(await sensor.bound, random)
    shake.faults.doubleChance = 0.2
    shake.faults.overtakenChance = 0.2
    await cast(shake, 0, 200)
    shake.faults.overtakenChance = 0
    await cast(shake, 200, 204)
    await eventually('all samples', () => sensor.samples().length === 204 * 25)
    expect(sensor.samples()).toEqual(expected(0, 204))
  })

  it('goes on behind lost packets at their true time, and the loss is counted', async () => {
    const sensor = await open({ stations: [{ id: 'geo-1', kind: 'geophone', rateHz: 100, channels: { EHZ: SHAKE } }] })
    const shake = shakeTo(await sensor.bound)
    await cast(shake, 0, 10)
    await cast(shake, 14, 30)
    await eventually('what was not lost', () => sensor.samples().length === 26 * 25)
    expect(sensor.samples()).toEqual([...expected(0, 10), ...expected(14, 30)])
    expect(sensor.blocks()[10]?.startAt).toBe(START + 14 * 250)
    await eventually('the loss', () => sensor.states().some(({ reason }) => reason.includes('100 samples were lost')))
  })

  it('takes the configured sender only, and names the other while that one is silent', async () => {
    const sensor = await open({}, { silentMs: 150 })
    const port = await sensor.bound
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.2')
    await once(socket, 'listening')
    const stranger = new SimulatedShake(port, Math.random, socket)
    endings.push(() => stranger[Symbol.asyncDispose]())
    await cast(stranger, 0, 20)
    await eventually('silence', () => sensor.states().some(({ state }) => state === 'silent'))
    expect(sensor.states()[0]?.reason).toContain('no packet of 127.0.0.1; 20 packets of 127.0.0.2')
    expect(sensor.blocks()).toEqual([])
    await cast(shakeTo(port), 0, 20)
    await eventually('good data', () => sensor.samples().length === 500)
    expect(sensor.states().at(-1)?.state).toBe('ok')
  })

  it('is bad data when the sender sends something else, and good again when it stops', async () => {
    const sensor = await open()
    const shake = shakeTo(await sensor.bound)
    await cast(shake, 0, 10)
    for (let i = 0; i < 10; i++) await shake.send(new TextEncoder().encode('GET / HTTP/1.1'))
    await eventually('bad data', () => sensor.states().at(-1)?.state === 'bad-data')
    await cast(shake, 10, 20)
    await eventually('good data', () => sensor.samples().length === 500)
    expect(sensor.states().at(-1)?.state).toBe('ok')
  })

  it('follows an instrument whose clock is set', async () => {
    const sensor = await open()
    const shake = shakeTo(await sensor.bound)
    await cast(shake, 400, 420)
    await eventually('the first samples', () => sensor.samples().length === 500)
    await cast(shake, 0, 40)
    await eventually('samples of the new time', () => sensor.blocks().at(-1)?.startAt === START + 39 * 250)
    expect(sensor.states().some(({ reason }) => reason.includes('clock was set by'))).toBe(true)
    expect(sensor.states().at(-1)?.state).toBe('ok')
  })

  it('waits for a port that another program holds', async () => {
    const holder = createSocket('udp4')
    holder.bind(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address()
    const sensor = await open({ port })
    await eventually('the failure', () =>
      sensor.states().some(({ state, reason }) => state === 'failed' && reason.includes('line-busy')),
    )
    holder.close()
    await sensor.bound
    await cast(shakeTo(port), 0, 10)
    await eventually('good data', () => sensor.samples().length === 250)
    expect(sensor.states().at(-1)?.state).toBe('ok')
  })
})
