import type { Measurement } from '@minewarden/hardware/contract.ts'
import { SimulatedSiteOptions } from '@minewarden/hardware/sim/options.ts'
import type { Pace } from '@minewarden/hardware/sim/pacer.ts'
import { createSimulatedSite } from '@minewarden/hardware/sim/simulated-site.ts'
import { type Clock, instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { NIGHT, record } from './support.ts'

/** A clock that moves only when someone sleeps; `step` sets its wall time. */
function virtualClock(atMs: number) {
  let wallMs = atMs
  let monotonicMs = 0
  let sleeps = 0
  const clock: Clock = {
    now: () => instant(wallMs),
    monotonic: () => monotonicMs,
    sleep(ms, signal) {
      signal?.throwIfAborted()
      if (++sleeps > 10_000) throw new Error('sleeps for ever')
      wallMs += ms
      monotonicMs += ms
      return Promise.resolve()
    },
  }
  return {
    clock,
    sleeps: () => sleeps,
    step: (ms: number) => {
      wallMs += ms
    },
  }
}

async function take(
  sensor: object,
  { clock, pace = { speed: 1 }, startAt = NIGHT }: { clock: Clock; pace?: Pace; startAt?: number },
  count: number,
  onEach: (n: number) => void = () => undefined,
): Promise<Measurement[]> {
  const options = SimulatedSiteOptions.parse({ scenario: 'reopening', seed: 7, sensors: [{ id: 's', ...sensor }] })
  const [driver] = createSimulatedSite({ clock, pace, startAt: instant(startAt) }, options)
  const taken: Measurement[] = []
  for await (const one of driver!.read(new AbortController().signal)) {
    taken.push(one)
    onEach(taken.length)
    if (taken.length === count) break
  }
  return taken
}

const GEOPHONE = { kind: 'geophone', channels: ['HHZ'] }
const startOf = (one: Measurement | undefined) => (one?.kind === 'waveform' ? one.startAt : Number.NaN)

describe('a site in real time', () => {
  it('gives a block out when its last sample has been measured, not before', async () => {
    const { clock } = virtualClock(NIGHT)
    await take(GEOPHONE, { clock }, 20, (n) => expect(clock.now()).toBe(NIGHT + n * 500))
  })

  it('runs as many times as fast as it is told', async () => {
    const { clock } = virtualClock(5_000)
    const taken = await take(GEOPHONE, { clock, pace: { speed: 20 } }, 40)
    expect(startOf(taken.at(-1))).toBe(NIGHT + 39 * 500)
    expect(clock.monotonic()).toBeCloseTo((40 * 500) / 20, 6)
  })

  it('that is opened again later is found where it is by then', async () => {
    const { clock } = virtualClock(NIGHT + 30_000)
    const [reading] = await take({ kind: 'power-meter' }, { clock }, 1)
    expect(reading).toMatchObject({ at: NIGHT + 30_000 })
    expect(reading?.kind === 'power' && reading.activePowerW).toBeGreaterThan(10_000)
    const through = (await record('reopening', { forS: 30, sensors: [{ kind: 'power-meter', id: 's' }] })).power
    const drawnWh = through[30]!.activeEnergyWh! - through[0]!.activeEnergyWh!
    const foundWh = (reading?.kind === 'power' && reading.activeEnergyWh!) as number
    expect(foundWh - through[0]!.activeEnergyWh!).toBeCloseTo(drawnWh, 0)
    expect(await take({ kind: 'camera-probe' }, { clock }, 1)).toMatchObject([{ status: 'occluded' }])
  })

  it('has its background before the scenario begins', async () => {
    const { clock } = virtualClock(NIGHT)
    const taken = await take({ kind: 'power-meter' }, { clock, startAt: NIGHT + 60_000 }, 85)
    expect(taken[40]).toMatchObject({ activePowerW: 0 })
    expect(taken[84]?.kind === 'power' && taken[84].activePowerW).toBeGreaterThan(10_000)
  })

  it.each([
    ['forward, as after a sleep of the machine', 3_600_000],
    ['back', -3_600_000],
  ])('follows a clock that is set far %s, with a gap and without waiting', async (_, stepMs) => {
    for (const sensor of [GEOPHONE, { kind: 'power-meter' }]) {
      const virtual = virtualClock(NIGHT)
      const taken = await take(sensor, virtual, 20, (n) => {
        if (n === 10) virtual.step(stepMs)
      })
      const at = (n: number) => (taken[n]?.kind === 'power' ? taken[n].at : startOf(taken[n]))
      expect(Math.abs(at(10) - at(9) - stepMs)).toBeLessThan(2_000)
      expect(at(19) - at(18)).toBe(at(1) - at(0))
    }
  })

  it('makes up for a short delay of its reader', async () => {
    const virtual = virtualClock(NIGHT)
    const taken = await take(GEOPHONE, virtual, 60, (n) => {
      if (n === 10) virtual.step(20_000)
    })
    for (let n = 1; n < taken.length; n++) expect(startOf(taken[n]) - startOf(taken[n - 1])).toBe(500)
  })

  it('waits quietly for a meter that is read each quarter of an hour', async () => {
    const virtual = virtualClock(NIGHT + 1)
    const taken = await take({ kind: 'power-meter', everyS: 900 }, virtual, 3)
    expect(taken.map((one) => (one.kind === 'power' ? one.at - NIGHT : 0))).toEqual([900_000, 1_800_000, 2_700_000])
    expect(virtual.sleeps()).toBeLessThan(1_000)
  })

  it('ends without an error when it is told to', async () => {
    const { clock } = virtualClock(NIGHT)
    for (const pace of ['free', { speed: 1 }] as const) {
      const options = SimulatedSiteOptions.parse({
        scenario: 'reopening',
        seed: 7,
        sensors: [{ id: 's', ...GEOPHONE }],
      })
      const [driver] = createSimulatedSite({ clock, pace, startAt: NIGHT }, options)
      const stop = new AbortController()
      let blocks = 0
      for await (const _ of driver!.read(stop.signal)) if (++blocks === 5) stop.abort()
      expect(blocks).toBe(5)
    }
  })
})
