import { readdirSync, readFileSync } from 'node:fs'
import { systemClock } from '@minewarden/edge/shell/system-clock.ts'
import type { DeviceState, WaveformBlock } from '@minewarden/hardware/contract.ts'
import { keepTalking } from '@minewarden/hardware/line/keep-talking.ts'
import { serialOpener } from '@minewarden/hardware/line/serial-opener.ts'
import type { DriverDeps } from '@minewarden/hardware/opener.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { believe, instant } from '@minewarden/protocol/time.ts'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { fuzzRuns } from '../support/fuzz.ts'
import { numberedFrame, numberedFrames } from '../support/line-device.ts'
import {
  type DeviceUnderTest,
  type Outcomes,
  outcomeTable,
  playLineFaults,
  RECOVERED_WITHIN_MS,
} from '../support/line-faults.ts'
import { requires } from '../support/requires.ts'
import { type Decoded, LineDecoder } from './barometer/decoder.ts'
import { createBarometerDriver } from './barometer/driver.ts'
import { openBarometerDrivers } from './barometer/open-drivers.ts'
import { BarometerOptions } from './barometer/options.ts'
import { Receiver } from './barometer/receiver.ts'

const FOLDER = new URL('barometer/', import.meta.url)
const PAGE = readFileSync(new URL('../../docs/adding-a-driver.md', import.meta.url), 'utf8')

const clock = believe(systemClock, 'ntp', 2)
const encoder = new TextEncoder()

/** The other side of the wire: what such a barometer prints. */
function print(number: number, hundredthsPa = number): Uint8Array {
  const body = `P,${number},${hundredthsPa}`
  const checksum = [...body].reduce((sum, char) => sum ^ char.charCodeAt(0), 0)
  return encoder.encode(`${body}*${checksum.toString(16).toUpperCase().padStart(2, '0')}\r\n`)
}

const decoded = (...chunks: Uint8Array[]): Decoded[] => {
  const decoder = new LineDecoder()
  return chunks.flatMap((chunk) => decoder.push(chunk))
}
const numbers = (items: readonly Decoded[]) => items.flatMap((item) => (item.kind === 'frame' ? [item.number] : []))
const discarded = (items: readonly Decoded[]) =>
  items.reduce((sum, item) => sum + (item.kind === 'discarded' ? item.bytes : 0), 0)

describe('the example of docs/adding-a-driver.md', () => {
  it('stands on the page as it is tested here, file by file', () => {
    // The page shows it in a folder of hardware/: imports of that package are relative there, and stand last.
    const shape = (code: string) => {
      const lines = code.replaceAll("'@minewarden/hardware/", "'../").trim().split('\n')
      const isImport = (line: string) => line.startsWith('import ')
      return {
        imports: lines.filter(isImport).sort(),
        code: lines
          .filter((line) => !isImport(line))
          .join('\n')
          .trim(),
      }
    }
    const blocks = PAGE.matchAll(/`hardware\/barometer\/([\w-]+\.ts)`[^\n]*\n\n```ts\n([\s\S]*?)```/g)
    const shown = Object.fromEntries([...blocks].map(([, name = '', code = '']) => [name, shape(code)]))
    const tested = readdirSync(FOLDER).map((name) => [name, shape(readFileSync(new URL(name, FOLDER), 'utf8'))])
    expect(shown).toEqual(Object.fromEntries(tested))
  })

  it('decodes the lines that the page gives as vectors', () => {
    const vectors = [...PAGE.matchAll(/^\| `(P,[^`]*)` \| (.*?) \|$/gm)]
    expect(vectors.length).toBeGreaterThanOrEqual(4)
    for (const [, line = '', meaning = ''] of vectors) {
      const [item] = decoded(encoder.encode(`${line}\r\n`))
      const words = item?.kind === 'frame' ? `line ${item.number}, ${item.hundredthsPa / 100} Pa` : 'discarded'
      expect(words, line).toBe(meaning.split(':')[0])
    }
  })

  it('finds every line however the stream is split', () => {
    const stream = Uint8Array.from([1, 2, 3].flatMap((number) => [...print(number, -number)]))
    for (let at = 0; at <= stream.length; at++) {
      expect(decoded(stream.subarray(0, at), stream.subarray(at))).toEqual(decoded(stream))
    }
    expect(numbers(decoded(stream))).toEqual([1, 2, 3])
  })

  it('survives any bytes, accounts for each, and has the line after them', () => {
    const noise = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 })
    const property = fc.property(noise, fc.integer({ min: 0, max: 65_535 }), (chunks, number) => {
      const items = decoded(...chunks, print(number))
      expect(numbers(items).at(-1)).toBe(number)
      const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
      if (numbers(items).length === 1) expect(discarded(items)).toBe(bytes)
    })
    fc.assert(property, { numRuns: fuzzRuns(2_000) })
  }, 600_000)

  it('tells a lost line and the end of it, and puts what follows in its place in time', () => {
    let nowMs = 0
    const scripted = { now: () => instant(1e12 + nowMs), monotonic: () => nowMs, sleep: async () => {} }
    const receiver = new Receiver(believe(scripted, 'ntp', 1))
    const out: (WaveformBlock | DeviceState)[] = []
    for (let number = 0; number < 200; number++) {
      nowMs = 1_000 + number * 20
      if (number !== 110) out.push(...receiver.take({ bytes: print(number), at: nowMs }))
    }
    const states = out.filter((item) => item.kind === 'device').map(({ state, reason }) => `${state} ${reason}`.trim())
    expect(states).toEqual(['bad-data 1 samples lost on the way', 'ok'])
    for (const block of out) {
      if (block.kind !== 'waveform') continue
      expect(Math.abs(block.startAt - (1e12 + 980 + block.counts[0]! * 20))).toBeLessThan(2)
    }
  })

  it('takes numbers that begin anew for a restart', () => {
    const receiver = new Receiver(clock)
    for (let i = 0; i < 100; i++) receiver.take({ bytes: print(40_000 + i), at: i * 20 })
    expect(() => receiver.take({ bytes: print(0), at: 2_000 })).toThrow('line 0 came after line 40099')
  })

  it('is opened as the registry opens it, and waits for its port', async () => {
    const deps: DriverDeps = { clock, random: Math.random, dataDir: '/nowhere', startAt: clock.now(), supply: null }
    const options = BarometerOptions.parse({ kind: 'barometer', id: 'air-9', ports: ['/dev/no-such-port'] })
    const [opened] = await openBarometerDrivers(options, deps)
    const stop = new AbortController()
    for await (const item of opened!.driver.read(stop.signal)) {
      expect(item).toMatchObject({
        kind: 'device',
        state: 'disconnected',
        reason: expect.stringMatching('line-absent'),
      })
      stop.abort()
    }
  })
})

const barometer: DeviceUnderTest = {
  frameMs: 20,
  frame: (number) => print(number & 0xffff),
  async *read(places, signal) {
    const opener = serialOpener({ places, settings: { baudRate: 9_600 } }, { clock })
    const driver = createBarometerDriver({ clock, random: Math.random, ...opener }, SensorId.parse('air-9'))
    for await (const item of driver.read(signal)) {
      if (item.kind === 'device') yield item
      else if (item.kind === 'waveform') yield* item.counts
    }
  },
}

const beside: DeviceUnderTest = {
  frameMs: 40,
  frame: numberedFrame,
  async *read(places, signal) {
    const opener = serialOpener({ places, settings: { baudRate: 500_000 } }, { clock })
    const options = { ...opener, clock, random: Math.random, silentMs: 10_000, converse: numberedFrames }
    for await (const item of keepTalking(options, signal)) yield item.kind === 'frame' ? item.number : item
  },
}

describe.runIf(requires('gcc'))('the example, whatever happens to its line', () => {
  let played: Outcomes
  beforeAll(async () => {
    played = await playLineFaults(barometer, beside)
    console.log(outcomeTable(played))
  })

  it('gives good data again within 10 s after each fault cleared', () => {
    expect(played.outcomes.filter(({ recoveredMs }) => recoveredMs > RECOVERED_WITHIN_MS)).toEqual([])
    expect(played.outcomes.length).toBeGreaterThanOrEqual(13)
  })

  it('takes no frame from the device beside it', () => {
    expect(played.healthy.sent).toBeGreaterThan(50)
    expect(played.healthy.lost).toBe(0)
  })
})
