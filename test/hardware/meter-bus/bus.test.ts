import { encodeFrame } from '@minewarden/hardware/dlt645/frame.ts'
import { QUANTITIES, writeQuantity } from '@minewarden/hardware/dlt645/values.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { ADDRESSES, type BenchOptions, meterOptions, setUpBus, truthOf } from './bench.ts'

const LEVELS = { a: 1, b: 3, c: 7 } as const
type Id = keyof typeof LEVELS
const ALL: readonly Id[] = ['a', 'b', 'c']
let bench: ReturnType<typeof setUpBus>
const begin = (options?: BenchOptions) => {
  bench = setUpBus(options)
}
afterEach(() => bench.end())

/** Holds every value that was published against what the meter measured about then. */
function expectTrue(id: Id, least: number, { ratio = 1, share = 0 } = {}) {
  const readings = bench.power(id)
  expect(readings.length, `readings of ${id}`).toBeGreaterThanOrEqual(least)
  for (const reading of readings) {
    const truth = truthOf(LEVELS[id], reading.at - bench.start)
    const near = (value: number | null, real: number | null, tolerance: number) => {
      if (value !== null)
        expect(Math.abs(value - real!), `${id}: ${value}, in truth ${real}`).toBeLessThanOrEqual(
          tolerance + share * Math.abs(real!),
        )
    }
    near(reading.activePowerW, truth.activePowerW * ratio, 20 * LEVELS[id] * ratio)
    near(reading.reactivePowerVar, truth.reactivePowerVar * ratio, 10 * LEVELS[id] * ratio)
    for (const phase of [0, 1, 2] as const) {
      near(reading.voltageV[phase], truth.voltageV[phase], 0.5)
      near(reading.currentA[phase], truth.currentA[phase]! * ratio, 0.05 * LEVELS[id] * ratio)
    }
    near(reading.activeEnergyWh, truth.activeEnergyWh * ratio, 50 * ratio)
  }
}
const counts = () => ALL.map((id) => bench.power(id).length)

describe('three meters of two protocols on one bus', () => {
  it('are read in turn, with the values and the status that they have', async () => {
    begin()
    await bench.clock.advance(120_000)
    for (const id of ALL) {
      expectTrue(id, 30)
      expect(bench.states(id)[0]).toBe('ok')
      expect(bench.power(id).filter(({ activeEnergyWh }) => activeEnergyWh !== null)).toHaveLength(2)
      expect(bench.power(id).every(({ activePowerW, voltageV }) => activePowerW !== null && voltageV[2] !== null)).toBe(
        true,
      )
      expect(bench.statuses(id)[0]).toMatchObject({ relayOff: false, faults: [], measuresAt: 'line' })
      expect(Math.abs(bench.statuses(id)[0]!.clockOffsetS!)).toBeLessThanOrEqual(1)
    }
    const [a, b, c] = counts() as [number, number, number]
    expect(Math.max(a, b, c) - Math.min(a, b, c)).toBeLessThanOrEqual(2)
  })

  it('say how slow the bus makes them', async () => {
    begin()
    await bench.clock.advance(60_000)
    expect(bench.reasons('a').at(-1)).toMatch(/read each [234]\.\d s in place of 1 s/)
  })

  it('keep a second each at 19200 baud, with the energy each minute', async () => {
    begin({ baudRate: 19_200, delayMs: () => 25 })
    await bench.clock.advance(120_000)
    for (const id of ALL) expectTrue(id, 115)
    expect(bench.states('a')).toEqual(['ok'])
  })

  it('multiplies by the transformers, energy and reactive power too', async () => {
    begin({ meters: [meterOptions('a', { ctRatio: 40, ptRatio: 1 }), meterOptions('b')] })
    await bench.clock.advance(60_000)
    expectTrue('a', 15, { ratio: 40 })
    expect(bench.power('a').some(({ activeEnergyWh }) => activeEnergyWh! > 3_900_000)).toBe(true)
  })
})

describe('a meter with faults', () => {
  it('that dies is silent by name, starves nobody, and is read again when it is back', async () => {
    begin()
    await bench.clock.advance(60_000)
    const [, , before] = counts()
    bench.meters.a.faults.isDead = true
    await bench.clock.advance(120_000)
    expect(bench.states('a').at(-1)).toBe('silent meter-silent')
    expect(counts()[2]! - before!).toBeGreaterThan(2 * before!)
    bench.meters.a.faults.isDead = false
    await bench.clock.advance(40_000)
    expect(bench.states('a')).toContain('silent meter-silent')
    expect(bench.states('a').at(-1)).toMatch(/^ok/)
    for (const id of ALL) expectTrue(id, 15)
    for (const id of ['b', 'c'] as const) expect(bench.states(id).filter((one) => one.startsWith('silent'))).toEqual([])
  })

  it('that answers late is told from one that is dead, and its late answers are taken for nobody else', async () => {
    begin()
    await bench.clock.advance(20_000)
    bench.meters.b.faults.lateMs = 900
    await bench.clock.advance(180_000)
    for (const id of ALL) expectTrue(id, 20)
    // It is waited for longer, once it was heard.
    expect(bench.bus.polls[1]!.delay.timeoutMs).toBeGreaterThan(900)
    expect(bench.power('b').at(-1)!.at).toBeGreaterThan(bench.clock.now() - 20_000)
  })

  it('that is later than anybody waits publishes nothing, and nobody publishes its values', async () => {
    begin()
    await bench.clock.advance(40_000)
    const before = bench.power('b').length
    bench.meters.b.faults.lateMs = 1_700
    await bench.clock.advance(120_000)
    expect(bench.power('b').length - before).toBeLessThanOrEqual(1)
    expect(bench.states('b').at(-1)).toBe('silent meter-silent')
    for (const id of ALL) expectTrue(id, 5)
  })

  it('that answers under another address is not believed, whoever else has it', async () => {
    begin()
    await bench.clock.advance(40_000)
    bench.meters.b.faults.answersAs = '999888777666'
    bench.meters.c.faults.answersAs = ADDRESSES.a
    await bench.clock.advance(60_000)
    expect(bench.states('b').at(-1)).toBe('bad-data meter-mistaken')
    expect(bench.reasons('b').at(-1)).toContain('999888777666 answers')
    expect(bench.states('c').at(-1)).toBe('bad-data meter-mistaken')
    for (const id of ALL) expectTrue(id, 4)
  })

  it('that refuses says which bits of its error byte are set', async () => {
    begin()
    bench.meters.b.faults.refusesWith = 0b101
    bench.meters.c.faults.refusesWith = 3
    await bench.clock.advance(20_000)
    expect(bench.states('b')).toEqual(['failed meter-refused'])
    expect(bench.reasons('b')[0]).toContain('other error, password wrong or not authorised')
    expect(bench.reasons('c')[0]).toContain('refused')
  })

  it('of the first edition of the standard is called outdated', async () => {
    begin({ a: { isOf1997: true } })
    await bench.clock.advance(60_000)
    expect(bench.states('a')).toEqual(['failed meter-outdated'])
    expect(bench.reasons('a')[0]).toContain('DL/T 645-1997')
    expectTrue('b', 10)
  })

  it('whose digits are none is implausible, and the others are not disturbed', async () => {
    begin({ a: { truth: (now) => ({ ...truthOf(1, now), voltageV: [900, 900, 900] }) } })
    await bench.clock.advance(60_000)
    for (const { voltageV } of bench.power('a')) expect(voltageV).toEqual([null, null, null])
    expect(bench.power('a').at(-1)!.activePowerW).not.toBeNull()
    expect(bench.states('a')).toEqual(['ok', 'bad-data meter-implausible'])
    expectTrue('b', 8)
  })
})

describe('a bus with faults', () => {
  it.each([1, 2, 3, 4])('that turns bits lets no wrong value through (%i)', async (seed) => {
    begin({ baudRate: 9_600, seed })
    await bench.clock.advance(5_000)
    bench.line.flips = 0.002 * seed
    await bench.clock.advance(900_000)
    for (const id of ALL) expectTrue(id, 60)
    for (const id of ALL)
      for (const { faults, relayOff, coverOpenings } of bench.statuses(id))
        expect([faults, relayOff, coverOpenings ?? 0]).toEqual([[], false, 0])
  })

  it.each([1, 2, 3])('whose damage the sum does not see lets no wrong value through (%i)', async (seed) => {
    begin({ baudRate: 9_600, seed })
    await bench.clock.advance(10_000)
    bench.line.flips = 0.004
    // Noise is known of before the first damage that only a second look can see.
    await bench.clock.advance(10_000)
    bench.line.twins = 0.03
    await bench.clock.advance(600_000)
    for (const id of ALL) {
      // Less than what a load changes by from one look to the next cannot be told from it.
      expectTrue(id, 30, { share: 0.05 })
      for (const { faults, relayOff, coverOpenings } of bench.statuses(id))
        expect([faults, relayOff, coverOpenings ?? 0]).toEqual([[], false, 0])
    }
  })

  it('that turns very many bits has garbled meters, and is well again by itself', async () => {
    begin()
    await bench.clock.advance(5_000)
    bench.line.flips = 0.2
    await bench.clock.advance(120_000)
    for (const id of ALL) expect(bench.states(id)).toContain('bad-data meter-garbled')
    bench.line.flips = 0
    await bench.clock.advance(60_000)
    for (const id of ALL) {
      expectTrue(id, 4)
      expect(bench.states(id).at(-1)).toMatch(/^ok/)
    }
  })

  it('whose converter hears itself is read all the same', async () => {
    begin({ baudRate: 9_600 })
    await bench.clock.advance(1_000)
    bench.line.echoes = true
    await bench.clock.advance(30_000)
    for (const id of ALL) expectTrue(id, 15)
  })

  it('on which noise never ends is still spoken on, and never believed', async () => {
    begin()
    await bench.clock.advance(10_000)
    const before = counts()
    for (let i = 0; i < 400; i++) {
      bench.line.disturb(Uint8Array.from({ length: 24 }, () => bench.random() * 256))
      await bench.clock.advance(100)
    }
    for (const id of ALL) expectTrue(id, 1)
    await bench.clock.advance(60_000)
    for (const [i, count] of counts().entries()) expect(count).toBeGreaterThan(before[i]!)
  })

  it('that breaks is opened again, and all its meters are told', async () => {
    begin()
    await bench.clock.advance(20_000)
    await bench.line.close()
    await bench.clock.advance(30_000)
    for (const id of ALL) {
      expect(bench.states(id)).toContain('disconnected line-lost')
      expect(bench.power(id).at(-1)!.at).toBeGreaterThan(bench.clock.now() - 10_000)
    }
  })

  it('on which a stranger answers with a sound frame is not fooled', async () => {
    begin({ meters: [meterOptions('a')] })
    await bench.clock.advance(10_000)
    const value = writeQuantity(9.9, QUANTITIES.activePower)
    for (let i = 0; i < 50; i++) {
      bench.line.disturb(encodeFrame('123456789012', 0x91, Uint8Array.from([0, 0, 3, 2, ...value])))
      await bench.clock.advance(700)
    }
    expectTrue('a', 5)
  })
})

describe('what a meter has', () => {
  it('is learnt: single values where it knows no blocks, null where it lacks one', async () => {
    const truth = (now: number) => ({ ...truthOf(1, now), voltageV: [220, null, null] as const })
    begin({
      meters: [meterOptions('a'), meterOptions('c')],
      a: { knowsBlocks: false, truth },
      c: { knowsBlocks: false },
    })
    await bench.clock.advance(120_000)
    expect(bench.power('a').length).toBeGreaterThan(20)
    expect(bench.power('a').at(-1)!.voltageV).toEqual([220, null, null])
    expect(bench.meters.c.asked.list).toBe(2)
    expectTrue('c', 20)
  })

  it('may come in short frames, and is put together', async () => {
    begin({ meters: [meterOptions('a')], a: { frameBytes: 4 } })
    await bench.clock.advance(120_000)
    expectTrue('a', 15)
    expect(bench.power('a').at(-1)!.voltageV).not.toContain(null)
    expect(bench.statuses('a').at(-1)).toMatchObject({ relayOff: false, faults: [] })
    expect(bench.states('a')[0]).toBe('ok')
    expect(bench.states('a').filter((state) => !state.startsWith('ok'))).toEqual([])
  })

  it('is its address too, where it is alone', async () => {
    begin({ meters: [meterOptions('a', { address: 'read' })] })
    await bench.clock.advance(20_000)
    expectTrue('a', 8)
    await bench.end()
    begin({ meters: [meterOptions('c', { address: 'read' })] })
    await bench.clock.advance(20_000)
    expectTrue('c', 8)
  })

  it('is told again at each change of its status, and each quarter of an hour', async () => {
    begin({ meters: [meterOptions('a', { everyS: 5 }), meterOptions('c', { everyS: 5 })] })
    await bench.clock.advance(120_000)
    expect(bench.statuses('c').at(-1)).toMatchObject({ coverOpenings: 0, terminalCoverOpenings: 0, powerLosses: 0 })
    bench.meters.c.counts.coverOpened = 2
    bench.meters.c.counts.powerLost = 1
    const first = bench.statuses('a').length
    bench.meters.a.counts.coverOpened = 1
    bench.meters.a.words.phaseB = 1
    await bench.clock.advance(130_000)
    expect(bench.statuses('a').at(-1)).toMatchObject({ coverOpenings: 1, faults: ['b-loss-of-voltage'] })
    expect(bench.statuses('c').at(-1)).toMatchObject({ coverOpenings: 2, terminalCoverOpenings: 0, powerLosses: 1 })
    const changed = bench.statuses('a').length
    expect(changed).toBeGreaterThan(first)
    await bench.clock.advance(1_000_000)
    expect(bench.statuses('a').length).toBe(changed + 1)
  })

  it('tells what it measures beside its power, with its transformers; what it lacks is missing, never zero', async () => {
    const beside = { reverseActiveEnergyWh: 12_340, powerFactor: -0.862, frequencyHz: 49.87, neutralCurrentA: 1.25 }
    const whole = (level: number) => ({ truth: (now: number) => ({ ...truthOf(level, now), ...beside }) })
    const meters = [meterOptions('a', { ctRatio: 40, ptRatio: 10 }), meterOptions('b'), meterOptions('c')]
    begin({ a: whole(1), c: whole(7), meters })
    await bench.clock.advance(1_000_000)
    const primary = { ...beside, reverseActiveEnergyWh: 4_936_000, neutralCurrentA: 50 }
    expect(bench.statuses('a').at(-1)?.measured).toEqual(primary)
    expect(bench.statuses('c').at(-1)?.measured).toEqual({ ...beside, neutralCurrentA: null })
    const lacking = { reverseActiveEnergyWh: null, powerFactor: null, frequencyHz: null, neutralCurrentA: null }
    expect(bench.statuses('b').at(-1)?.measured).toEqual(lacking)
  })

  it('is read in lists although it has nothing of one of them', async () => {
    begin({ meters: [meterOptions('c')] })
    await bench.clock.advance(120_000)
    // Energy, status words and clock are asked by themselves.
    expect(bench.meters.c.asked.single).toBeLessThan(12)
    expect(bench.meters.c.asked.list).toBeGreaterThan(40)
  })

  it('is not told each time the grid is a little faster', async () => {
    const swinging = (now: number) => ({ ...truthOf(1, now), frequencyHz: 50 + 0.1 * Math.sin(now / 100_000) })
    begin({ meters: [meterOptions('a', { everyS: 5 })], a: { truth: swinging } })
    await bench.clock.advance(850_000)
    expect(bench.statuses('a')).toHaveLength(1)
    await bench.clock.advance(100_000)
    expect(bench.statuses('a')[1]?.measured?.frequencyHz).toBeCloseTo(50, 0)
  })

  it('says that it runs on its battery and lies open to programming', async () => {
    begin({ meters: [meterOptions('a'), meterOptions('c')] })
    bench.meters.c.words[2] = 0b1100
    await bench.clock.advance(60_000)
    expect(bench.statuses('c').at(-1)?.faults).toEqual(['on-battery', 'programming-enabled'])
  })
})
