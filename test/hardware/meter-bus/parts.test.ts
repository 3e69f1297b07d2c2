import { MeterAddress } from '@minewarden/hardware/dlt645/address.ts'
import { encodeFrame } from '@minewarden/hardware/dlt645/frame.ts'
import { countOf, wordOf } from '@minewarden/hardware/dlt698/meter.ts'
import { Ears } from '@minewarden/hardware/meter-bus/ears.ts'
import { LearntDelay, LONGEST_TIMEOUT_MS, SHORTEST_TIMEOUT_MS } from '@minewarden/hardware/meter-bus/learnt-delay.ts'
import { BusMaster } from '@minewarden/hardware/meter-bus/master.ts'
import type { MeterPoll } from '@minewarden/hardware/meter-bus/meter-poll.ts'
import { MeterBusOptions } from '@minewarden/hardware/meter-bus/options.ts'
import type { Ask } from '@minewarden/hardware/meter-bus/question.ts'
import { Turns } from '@minewarden/hardware/meter-bus/turns.ts'
import { SimulatedBus } from '@minewarden/hardware/sim/meters/bus.ts'
import { SimulatedDlt645Meter } from '@minewarden/hardware/sim/meters/dlt645-meter.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'
import { ADDRESSES, meterOptions, truthOf } from './bench.ts'
import { QuickClock } from './quick-clock.ts'

const address = MeterAddress.parse(ADDRESSES.a)

function setUp() {
  const clock = new QuickClock()
  const meter = new SimulatedDlt645Meter({
    address,
    truth: (now) => truthOf(1, now),
    delayMs: () => 30,
    localMs: (now) => now,
  })
  const line = new SimulatedBus({ clock, baudRate: 9_600, devices: [meter], random: () => 0.5 })
  const master = new BusMaster({ line, clock, baudRate: 9_600 })
  void master.run()
  const ask: Ask = async (question) => {
    const exchange = await master.exchange(question, 700)
    return exchange.kind === 'answer' ? exchange : { kind: 'failed', failure: exchange, question: question.name }
  }
  return { clock, ask, line }
}

describe('what is waited for a meter', () => {
  it('follows its answers, and stays within its bounds', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(5_000), fc.constantFrom('missed', 'late'))), (events) => {
        const delay = new LearntDelay()
        for (const event of events) {
          if (event === 'missed') delay.missed()
          else if (event === 'late') delay.cameLate()
          else delay.answered(event as number)
          expect(delay.timeoutMs).toBeGreaterThanOrEqual(SHORTEST_TIMEOUT_MS)
          expect(delay.timeoutMs).toBeLessThanOrEqual(LONGEST_TIMEOUT_MS)
        }
      }),
      { numRuns: fuzzRuns(200) },
    )
    const delay = new LearntDelay()
    for (let i = 0; i < 10; i++) delay.answered(300)
    expect(delay.timeoutMs).toBe(450)
    for (let i = 0; i < 200; i++) delay.answered(40)
    expect(delay.timeoutMs).toBe(SHORTEST_TIMEOUT_MS)
  })
})

describe('turns on a bus', () => {
  it('go to whoever waits longest, and one after the other to a meter that fails and one that does not', () => {
    const poll = (isFailing: boolean, dueAt: number) => ({ isFailing, dueAt })
    const dead = [1, 2, 3, 4].map((dueAt) => poll(true, dueAt))
    const well = poll(false, 5)
    const turns = new Turns([...dead, well] as unknown as MeterPoll[])
    const served: boolean[] = []
    for (let now = 10; now < 20; now++) {
      const { poll: next } = turns.next()
      served.push(next.isFailing)
      if (next === (well as unknown)) well.dueAt = now
      else dead[dead.indexOf(next as never)]!.dueAt = now - 9
      turns.served(next, now)
    }
    for (const [i, isFailing] of served.entries()) if (i > 1) expect(isFailing, `${served}`).toBe(!served[i - 1])
  })
})

describe('the ears of a bus', () => {
  const good = encodeFrame(ADDRESSES.a, 0x91, Uint8Array.from([0, 0, 3, 2, 1, 2, 3]))
  const isGood = ({ protocol, frame }: ReturnType<Ears['push']>[number]) =>
    protocol === 'dlt645' && frame.kind === 'answer' && frame.address === ADDRESSES.a

  it('hear the frame after any noise and silence, and never throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), (chunks) => {
        const ears = new Ears()
        for (const chunk of chunks) ears.push(chunk)
        ears.settle()
        expect(ears.push(good).some(isGood)).toBe(true)
        expect(ears.isExpectant).toBe(false)
      }),
      { numRuns: fuzzRuns(500) },
    )
  })

  it('never hold an exchange for longer than its limits, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 30 }), async (chunks) => {
        const { clock, ask, line } = setUp()
        const outcome = ask({
          name: 'nothing',
          bytes: Uint8Array.of(0x68),
          answerBytes: 30,
          judge: () => ({ kind: 'unrelated' }),
          agrees: () => true,
        })
        for (const chunk of chunks) {
          line.disturb(chunk)
          await clock.advance(45)
        }
        await clock.advance(Math.max(0, 3_000 - 45 * chunks.length))
        expect((await outcome).kind).toBe('failed')
      }),
      { numRuns: fuzzRuns(10) },
    )
  })
})

describe('the words of DL/T 698.45', () => {
  it('count bits from the top', () => {
    expect(wordOf({ kind: 'bits', length: 16, bytes: Uint8Array.of(0x80, 0x01) })).toBe(0b1000_0000_0000_0001)
    expect(wordOf({ kind: 'bits', length: 16, bytes: Uint8Array.of(0x0a, 0) })).toBe(0b101_0000)
    expect(wordOf(5)).toBeNull()
  })

  it('counts an event over all that set it off, and nothing where the count is none', () => {
    expect(countOf([[null, [3, 180]]])).toBe(3)
    expect(
      countOf([
        [1, [3, 180]],
        [2, [4, 0]],
      ]),
    ).toBe(7)
    expect(countOf([])).toBe(0)
    for (const damaged of [null, 5, [3], [[null, 3]], [[null, ['3', 1]]]]) expect(countOf(damaged)).toBeNull()
  })
})

describe('a configuration of a bus', () => {
  const parse = (meters: unknown[], more = {}) => MeterBusOptions.safeParse({ kind: 'meter-bus', meters, ...more })

  it.each([
    ['two meters of one address', [meterOptions('a'), meterOptions('b', { address: ADDRESSES.a })]],
    ['two meters of one name', [meterOptions('a'), meterOptions('b', { id: 'meter-a' })]],
    ['an address to be read where there are two', [meterOptions('a', { address: 'read' }), meterOptions('b')]],
    ['the broadcast address', [meterOptions('a', { address: '999999999999' })]],
    ['no side', [{ ...meterOptions('a'), measuresAt: undefined }]],
    ['a ratio of zero', [meterOptions('a', { ctRatio: 0 })]],
  ])('is refused for %s', (_what, meters) => {
    expect(parse(meters).success).toBe(false)
  })

  it('is refused for a speed that no meter has', () => {
    expect(parse([meterOptions('a')], { baudRate: 9_601 }).success).toBe(false)
    expect(parse([meterOptions('a', { address: '17' })], { baudRate: 1_200 }).data?.meters[0]?.address).toBe(
      '000000000017',
    )
  })
})
