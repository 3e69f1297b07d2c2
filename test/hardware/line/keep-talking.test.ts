import type { DeviceState } from '@minewarden/hardware/contract.ts'
import { HardwareError } from '@minewarden/hardware/errors.ts'
import { ChunkQueue } from '@minewarden/hardware/line/chunk-queue.ts'
import type { ByteLine } from '@minewarden/hardware/line/contract.ts'
import { type KeepTalkingOptions, keepTalking } from '@minewarden/hardware/line/keep-talking.ts'
import { InvariantError } from '@minewarden/protocol/errors.ts'
import { believe, instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../edge/support/manual-clock.ts'

interface Item {
  readonly kind: 'item'
  readonly bytes: number
}

class FakeLine implements ByteLine {
  readonly name = 'fake'
  readonly queue = new ChunkQueue(1_000)
  isClosed = false
  get droppedBytes() {
    return this.queue.droppedBytes
  }
  read = () => this.queue.read()
  write = async () => {}
  async close() {
    this.isClosed = true
    this.queue.end()
  }
  say(length = 10) {
    this.queue.push({ bytes: new Uint8Array(length), at: 0 })
  }
}

async function* items(line: ByteLine): AsyncGenerator<Item> {
  for await (const { bytes } of line.read()) yield { kind: 'item', bytes: bytes.length }
}

function setUp(more: Partial<KeepTalkingOptions<Item>> = {}) {
  const manual = new ManualClock(instant(1e12))
  const lines: FakeLine[] = []
  const stop = new AbortController()
  const got: (Item | DeviceState)[] = []
  const options: KeepTalkingOptions<Item> = {
    clock: believe(manual, 'ntp'),
    random: () => 0.999_999,
    silentMs: 1_000,
    converse: items,
    async open() {
      const line = new FakeLine()
      lines.push(line)
      return line
    },
    ...more,
  }
  const running = (async () => {
    await null
    for await (const item of keepTalking(options, stop.signal)) got.push(item)
  })()
  const told = () => got.flatMap((item) => (item.kind === 'device' ? [`${item.state} ${item.reason}`] : []))
  const end = async () => {
    stop.abort()
    await running
  }
  /** Whoever is about to sleep goes to sleep first. */
  const pass = async (ms: number) => {
    await manual.advance(0)
    await manual.advance(ms)
  }
  return { manual, lines, stop, got, told, end, running, pass }
}

describe('a conversation that is kept going', () => {
  it('tells that the device is well before its first item, and each change once', async () => {
    const bench = setUp()
    await bench.pass(10)
    bench.lines[0]?.say()
    bench.lines[0]?.say()
    await bench.pass(10)
    expect(bench.got.map(({ kind }) => kind)).toEqual(['device', 'item', 'item'])
    for (let i = 0; i < 5; i++) await bench.pass(6_000)
    expect(bench.told()).toEqual(
      ['ok ', 'line-silent: fake: nothing arrived for 1000 ms'].map((s, i) => (i ? `silent ${s}` : s)),
    )
    expect(bench.lines.slice(0, -1).every(({ isClosed }) => isClosed)).toBe(true)
    while (bench.lines.at(-1)?.isClosed) await bench.pass(100)
    bench.lines.at(-1)?.say()
    await bench.pass(10)
    expect(bench.told().at(-1)).toBe('ok ')
    await bench.end()
    expect(bench.lines.every(({ isClosed }) => isClosed)).toBe(true)
  })

  it('never gives up, and its pauses double up to the ceiling, which is 60 s at most', async () => {
    const at: number[] = []
    const bench = setUp({
      pauses: { firstMs: 1_000, ceilingMs: 900_000 },
      async open() {
        at.push(bench.manual.monotonic())
        throw new HardwareError('line-absent', 'gone')
      },
    })
    await bench.pass(400_000)
    const pauses = at.slice(1).map((t, i) => Math.round((t - (at[i] ?? 0)) / 1000))
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60].slice(0, pauses.length))
    expect(pauses.length).toBeGreaterThan(9)
    expect(bench.told()).toEqual(['disconnected line-absent: gone'])
    await bench.end()
  })

  it('gives each fault its own name', async () => {
    const faults = ['line-forbidden', 'line-busy', 'line-refused', 'device-mistaken', 'device-restarted'] as const
    let next = 0
    const bench = setUp({
      async open() {
        throw new HardwareError(faults[next++ % faults.length] ?? 'line-lost', 'x')
      },
    })
    await bench.pass(12_000)
    expect(bench.told().slice(0, 5)).toEqual([
      'failed line-forbidden: x',
      'failed line-busy: x',
      'disconnected line-refused: x',
      'failed device-mistaken: x',
      'disconnected device-restarted: x',
    ])
    await bench.end()
  })

  it('survives whatever else is thrown, but not our own bugs', async () => {
    let thrown: Error = new TypeError('odd')
    const bench = setUp({
      converse: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(thrown) }) }),
    })
    await bench.pass(100)
    expect(bench.told()).toEqual(['failed unexpected: odd'])
    thrown = new InvariantError('ours')
    const ended = expect(bench.running).rejects.toThrow('ours')
    await bench.pass(10_000)
    await ended
    expect(bench.lines.every(({ isClosed }) => isClosed)).toBe(true)
  })

  it('tells nonsense from silence', async () => {
    const bench = setUp({
      async *converse(line): AsyncGenerator<Item> {
        for await (const { bytes } of line.read()) if (bytes.length > 5) yield { kind: 'item', bytes: bytes.length }
      },
    })
    await bench.pass(1)
    for (let i = 0; i < 11; i++) {
      bench.lines[0]?.queue.push({ bytes: new Uint8Array(5), at: bench.manual.monotonic() })
      await bench.pass(100)
    }
    expect(bench.told()[0]).toMatch(/^bad-data line-garbled: fake: \d+ bytes/)
    await bench.end()
  })

  it('leaves a conversation behind that hears nothing, and opens a new line', async () => {
    const bench = setUp({
      async *converse(): AsyncGenerator<Item> {
        yield await new Promise(() => undefined)
      },
    })
    await bench.pass(5_000)
    expect(bench.lines.length).toBeGreaterThan(1)
    expect(bench.lines[0]?.isClosed).toBe(true)
    await bench.end()
  })

  it('gives an opening up that takes for ever, and closes what it opens too late', async () => {
    const late = new FakeLine()
    const opening = Promise.withResolvers<ByteLine>()
    const bench = setUp({ open: () => opening.promise, openLimitMs: 500 })
    await bench.pass(600)
    expect(bench.told()).toEqual(['failed line-unopened: not opened within 500 ms'])
    opening.resolve(late)
    await bench.end()
    await bench.pass(1)
    expect(late.isClosed).toBe(true)
  })

  it('ends a pause when a port comes, and hears no more of ports after it', async () => {
    const watchers = new Set<() => void>()
    let opened = 0
    const bench = setUp({
      pauses: { firstMs: 50_000, ceilingMs: 60_000 },
      watch(changed) {
        watchers.add(changed)
        return () => watchers.delete(changed)
      },
      async open() {
        opened += 1
        throw new HardwareError('line-absent', 'gone')
      },
    })
    await bench.pass(1_000)
    expect([opened, watchers.size]).toEqual([1, 1])
    for (const changed of watchers) changed()
    await bench.pass(200)
    expect(opened).toBe(2)
    await bench.end()
    expect(watchers.size).toBe(0)
  })

  it('does not take a slow reader for a silent device, and tells what was dropped meanwhile', async () => {
    const manual = new ManualClock(instant(1e12))
    const line = new FakeLine()
    const stop = new AbortController()
    const options = { clock: believe(manual, 'ntp'), random: () => 0, silentMs: 1_000, converse: items }
    const talk = keepTalking({ ...options, open: async () => line }, stop.signal)
    const next = async () => {
      const asked = talk.next()
      await manual.advance(1)
      return (await asked).value
    }
    line.say()
    expect(await next()).toMatchObject({ state: 'ok' })
    expect(await next()).toMatchObject({ kind: 'item' })
    for (let i = 0; i < 30; i++) {
      line.say(100)
      await manual.advance(500)
    }
    expect(await next()).toMatchObject({
      state: 'bad-data',
      reason: 'line-overrun: fake: 2000 bytes dropped that nobody took',
    })
    expect(await next()).toMatchObject({ state: 'ok' })
    for (let i = 0; i < 10; i++) expect(await next()).toMatchObject({ kind: 'item' })
    expect(line.isClosed).toBe(false)
    stop.abort()
    await talk.return()
    expect(line.isClosed).toBe(true)
  })

  it('leaves no listener on the signal behind', async () => {
    const stop = new AbortController()
    let listeners = 0
    const { addEventListener, removeEventListener } = stop.signal
    stop.signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners += 1
      addEventListener.apply(stop.signal, args)
    }
    stop.signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners -= 1
      removeEventListener.apply(stop.signal, args)
    }
    const manual = new ManualClock(instant(1e12))
    const options = { clock: believe(manual, 'ntp'), random: () => 0, silentMs: 100, converse: items }
    const running = (async () => {
      for await (const item of keepTalking({ ...options, open: async () => new FakeLine() }, stop.signal)) void item
    })()
    await manual.advance(60_000)
    expect(listeners).toBeLessThanOrEqual(2)
    stop.abort()
    await running
    expect(listeners).toBe(0)
  })
})
