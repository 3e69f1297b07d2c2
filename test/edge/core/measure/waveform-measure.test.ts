import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import type { WaveformBlock } from '@minewarden/hardware/contract.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading, ReadingOf } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addShot, addTone, block, noise, START } from '../../../support/ground.ts'

const sensor = SensorId.parse('geo-1')
const RATE = 100
const FLOOR = 5e-8

const measure = (channels: readonly string[] = ['HHZ']) => createMeasure({ sensor, kind: 'geophone', channels })

function readingsOf(blocks: Iterable<WaveformBlock>, channels?: readonly string[]): Reading[] {
  const m = measure(channels)
  const readings: Reading[] = []
  for (const b of blocks) readings.push(...m.push(b))
  return [...readings, ...m.end()]
}
const eventsOf = (readings: readonly Reading[]) => readings.filter((r): r is ReadingOf<'event'> => r.kind === 'event')
const windowsOf = (readings: readonly Reading[]) =>
  readings.filter((r): r is ReadingOf<'vibration'> => r.kind === 'vibration')

/** Blocks of a wave, each `length` samples. */
function* blocksOf(wave: Float64Array, length: number, options = {}): Generator<WaveformBlock> {
  for (let from = 0; from < wave.length; from += length) {
    yield block(wave, RATE, { from, to: Math.min(wave.length, from + length), ...options })
  }
}

describe('windows', () => {
  it('lie on the five-second grid of the clock, each stamped with its last sample', () => {
    const windows = windowsOf(readingsOf(blocksOf(noise(23, RATE, FLOOR), 100, { startMs: START + 2000 })))
    expect(windows.map((w) => w.measuredAt - START)).toEqual([4990, 9990, 14990, 19990, 24990])
    expect(windows[0]!.fields.coverage).toBeCloseTo(0.6, 10)
    expect(windows[1]!.fields.coverage).toBe(1)
  })

  it('give the level of a sine in its band, its frequency as tone, and nothing of a constant offset', () => {
    const wave = noise(60, RATE, 1e-9)
    addTone(wave, RATE, { fromS: 0, toS: 60, hz: 36.3, amplitude: 1e-6 })
    const offset = wave.map((x) => x + 3e-4)
    const { fields } = windowsOf(readingsOf(blocksOf(offset, 500)))[6]!
    expect(fields.rmsTo45HzMPerS! / 7.07e-7).toBeGreaterThan(0.85)
    expect(fields.rmsTo45HzMPerS! / 7.07e-7).toBeLessThan(1.02)
    expect(fields.rmsTo4HzMPerS!).toBeLessThan(2e-8)
    expect(fields.rmsTo100HzMPerS).toBeNull()
    expect(Math.abs(fields.toneHz! - 36.3)).toBeLessThan(0.2)
    expect(fields.toneDb!).toBeGreaterThan(25)
    expect(fields.peakMPerS!).toBeCloseTo(1e-6, 7)
  })

  it('find the rhythm of blows', () => {
    const wave = noise(60, RATE, FLOOR)
    for (let at = 1; at < 58; at += 0.25) addTone(wave, RATE, { fromS: at, toS: at + 0.06, hz: 30, amplitude: 2e-6 })
    const { fields } = windowsOf(readingsOf(blocksOf(wave, 500)))[6]!
    expect(Math.abs(fields.percussionHz! - 4) < 0.2 || Math.abs(fields.percussionHz! - 8) < 0.2).toBe(true)
    expect(fields.kurtosis!).toBeGreaterThan(4)
  })

  it('show higher bands at higher rates', () => {
    const wave = noise(20, 500, FLOOR)
    const m = measure()
    const { fields } = windowsOf(m.push(block(wave, 500)))[1]!
    expect(fields.rmsTo100HzMPerS).not.toBeNull()
    expect(fields.rmsTo200HzMPerS).not.toBeNull()
  })
})

describe('transients', () => {
  it('a single shot is one event, with its onset, peak, frequency and shape', () => {
    const wave = noise(80, RATE, FLOOR)
    addShot(wave, RATE, 45, 4e-6, 15)
    const events = eventsOf(readingsOf(blocksOf(wave, 500)))
    expect(events).toHaveLength(1)
    const { fields } = events[0]!
    expect(Math.abs(fields.onsetMs! + 1000 * fields.mainS! - (START + 45_000))).toBeLessThan(60)
    expect(fields.peakVelocityMPerS!).toBeGreaterThan(2.5e-6)
    expect(fields.peakVelocityMPerS!).toBeLessThan(7e-6)
    expect(fields.dominantHz!).toBeGreaterThan(5)
    expect(fields.dominantHz!).toBeLessThan(20)
    expect(fields.energySpanS!).toBeLessThan(1)
    expect(fields.firstRatio!).toBe(1)
    expect(fields.snrDb!).toBeGreaterThan(25)
    expect(fields.peakVectorMPerS).toBeNull()
  })

  it('a delay-fired round of shots up to 2.3 s apart is one event, and counts its shots', () => {
    const wave = noise(120, RATE, FLOOR)
    for (const at of [50, 50.5, 52.5, 54.8, 55.3, 57]) addShot(wave, RATE, at, 3e-6)
    const events = eventsOf(readingsOf(blocksOf(wave, 500)))
    expect(events).toHaveLength(1)
    expect(events[0]!.fields.impulses).toBe(6)
    expect(events[0]!.fields.impulseEvenness!).toBeGreaterThan(0.8)
  })

  it('two rounds a quarter of a minute apart are two events', () => {
    const wave = noise(120, RATE, FLOOR)
    for (const at of [50, 51, 66, 67]) addShot(wave, RATE, at, 3e-6)
    expect(eventsOf(readingsOf(blocksOf(wave, 500)))).toHaveLength(2)
  })

  it('a shot while a vehicle passes has an event of its own', () => {
    const wave = noise(120, RATE, FLOOR)
    for (let i = 50 * RATE; i < 66 * RATE; i++) {
      wave[i] = wave[i]! * (1 + 8 * Math.sin((Math.PI * (i - 50 * RATE)) / (16 * RATE)) ** 2)
    }
    addShot(wave, RATE, 61, 3e-5)
    const events = eventsOf(readingsOf(blocksOf(wave, 500)))
    expect(events.some((e) => Math.abs(e.fields.onsetMs! + 1000 * e.fields.mainS! - (START + 61_000)) < 200)).toBe(true)
    expect(events.length).toBeGreaterThan(1)
  })

  describe('with a machine that runs on after them', () => {
    /** Irregular stones: loud every half second or so. */
    const addMachine = (wave: Float64Array, fromS: number, amplitude: number) => {
      for (let at = fromS; at < wave.length / RATE - 1; at += 0.31 + 0.2 * Math.sin(at)) {
        addTone(wave, RATE, { fromS: at, toS: at + 0.12, hz: 17, amplitude })
      }
    }
    const mainOnset = ({ fields }: ReadingOf<'event'>) => (fields.onsetMs! + 1000 * fields.mainS! - START) / 1000

    it.each([
      ['at once', 45.6, [45]],
      ['five seconds later', 50, [45]],
      ['before', 20, [45]],
      ['after a round of six shots', 52.5, [45, 45.5, 47.4, 49.2, 49.7, 51.5]],
    ])('(%s) are told by themselves, seconds after they end', (_, machineS, shots) => {
      const wave = noise(140, RATE, FLOOR)
      addMachine(wave, machineS, 2e-6)
      for (const at of shots) addShot(wave, RATE, at, 2e-4)
      const strong = eventsOf(readingsOf(blocksOf(wave, 500))).filter((e) => e.fields.peakVelocityMPerS! > 1e-4)
      expect(strong).toHaveLength(1)
      expect(mainOnset(strong[0]!)).toBeCloseTo(45, 0)
      expect((strong[0]!.measuredAt - START) / 1000 - shots.at(-1)!).toBeLessThan(5)
      expect(strong[0]!.fields.impulses).toBe(shots.length)
      expect(strong[0]!.fields.cut).toBe(false)
    })

    it('leave the trigger as it was once the machine has stopped', () => {
      const wave = noise(160, RATE, FLOOR)
      addTone(wave, RATE, { fromS: 46, toS: 60, hz: 17, amplitude: 4e-6 })
      addShot(wave, RATE, 45, 4e-4)
      addShot(wave, RATE, 70, 1.5e-6)
      const events = eventsOf(readingsOf(blocksOf(wave, 500)))
      expect(events.map((e) => Math.round(mainOnset(e)))).toEqual([45, 70])
    })
  })

  it('what ended when a stronger one began has none of it', () => {
    const wave = noise(120, RATE, FLOOR)
    addTone(wave, RATE, { fromS: 50, toS: 70, hz: 33, amplitude: 1e-6 })
    addShot(wave, RATE, 60, 1e-4)
    const [machine, shot] = eventsOf(readingsOf(blocksOf(wave, 500)))
    expect(machine!.fields.cut).toBe(true)
    expect(machine!.fields.peakVelocityMPerS!).toBeLessThan(3e-6)
    expect(Math.abs(shot!.fields.onsetMs! - (START + 60_000))).toBeLessThan(100)
    expect(shot!.fields.firstRatio!).toBeGreaterThan(0.9)
  })

  it('noise alone has none', () => {
    expect(eventsOf(readingsOf(blocksOf(noise(900, RATE, FLOOR, 3), 500)))).toHaveLength(0)
  })

  it('a machine that starts and stays is learnt, not reported for ever', () => {
    const wave = noise(600, RATE, FLOOR)
    addTone(wave, RATE, { fromS: 60, toS: 600, hz: 33, amplitude: 2e-6 })
    expect(eventsOf(readingsOf(blocksOf(wave, 500))).length).toBeLessThan(4)
  })

  it('three channels give peaks by axis and the length of the vector', () => {
    const still = noise(80, RATE, 1e-9)
    const wave = still.slice()
    addTone(wave, RATE, { fromS: 45, toS: 46, hz: 15, amplitude: 4e-6 })
    const channels = ['HHZ', 'HHN', 'HHE']
    const blocks = function* () {
      for (let from = 0; from < wave.length; from += 500) {
        for (const channel of channels) yield block(wave, RATE, { from, to: from + 500, channel })
      }
    }
    const { fields } = eventsOf(readingsOf(blocks(), channels))[0]!
    expect(fields.peakVerticalMPerS!).toBeCloseTo(fields.peakEastMPerS!, 9)
    expect(fields.peakVectorMPerS! / fields.peakVerticalMPerS!).toBeCloseTo(Math.sqrt(3), 3)
  })
})

describe('streaming', () => {
  const wave = noise(90, RATE, FLOOR)
  addShot(wave, RATE, 45, 4e-6)
  const whole = readingsOf(blocksOf(wave, wave.length))

  it('gives the same readings, however the stream is cut into blocks', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(lengths, (sizes) => {
        const blocks: WaveformBlock[] = []
        for (let from = 0, k = 0; from < wave.length; k++) {
          const to = Math.min(wave.length, from + sizes[k % sizes.length]!)
          blocks.push(block(wave, RATE, { from, to }))
          from = to
        }
        expect(readingsOf(blocks)).toEqual(whole)
      }),
      { numRuns: 15 },
    )
  })

  it('is causal: a stream cut short gives the same up to the cut', () => {
    const cutMs = START + 62_000
    const cut = readingsOf(blocksOf(wave.subarray(0, 62 * RATE), 500))
    const until = (readings: readonly Reading[]) => readings.filter((r) => r.measuredAt < cutMs - 5000)
    expect(until(cut)).toEqual(until(whole))
    expect(until(cut).length).toBeGreaterThan(8)
  })

  it('a gap makes no event, is counted, and what follows is measured again', () => {
    const m = measure()
    const early = wave.map((x) => x + 1e-4)
    const late = wave.map((x) => x - 2e-4)
    const readings = [
      ...m.push(block(early, RATE, { to: 4000 })),
      ...m.push(block(late, RATE, { startMs: START + 300_000 })),
      ...m.end(),
    ]
    expect(m.discarded.gaps).toBe(1)
    const events = eventsOf(readings)
    expect(events).toHaveLength(1)
    expect(Math.abs(events[0]!.fields.onsetMs! - (START + 345_000))).toBeLessThan(1500)
  })

  it('samples that come twice are dropped and counted', () => {
    const m = measure()
    const readings = [
      ...m.push(block(wave, RATE, { to: 5000 })),
      ...m.push(block(wave, RATE, { from: 4000, to: 6000 })),
      ...m.push(block(wave, RATE, { from: 1000, to: 2000 })),
      ...m.push(block(wave, RATE, { from: 6000 })),
      ...m.end(),
    ]
    expect(m.discarded.overlapSamples).toBe(2000)
    expect(readings).toEqual(whole)
  })

  it('stamps that jitter by part of a sample are no gap', () => {
    const m = measure()
    for (const [i, b] of [...blocksOf(wave, 250)].entries())
      m.push({ ...b, startAt: instant(b.startAt + (i % 2 ? 4 : -4)) })
    expect(m.discarded).toEqual({ gaps: 0, overlapSamples: 0, badBlocks: 0, floodedEvents: 0 })
  })

  it('a change of rate begins anew', () => {
    const m = measure()
    m.push(block(wave, RATE))
    const faster = noise(60, 250, FLOOR)
    const readings = [...m.push(block(faster, 250, { startMs: START + 90_000 })), ...m.end()]
    expect(m.discarded.gaps).toBe(1)
    expect(eventsOf(readings)).toHaveLength(0)
    expect(windowsOf(readings).length).toBeGreaterThan(10)
  })

  it.each([
    ['no rate', { rateHz: Number.NaN }],
    ['an absurd rate', { rateHz: 1e7 }],
    ['no time', { startAt: instant(Number.NaN) }],
    ['no gain', { countsPerUnit: 0 }],
    ['no samples', { counts: new Int32Array(0) }],
  ])('a block with %s is counted and does no harm', (_, wrong) => {
    const m = measure()
    const readings = [
      ...m.push(block(wave, RATE, { to: 3000 })),
      ...m.push({ ...block(wave, RATE, { from: 3000, to: 3100 }), ...wrong }),
      ...m.push(block(wave, RATE, { from: 3000 })),
      ...m.end(),
    ]
    expect(m.discarded.badBlocks).toBe(1)
    expect(readings).toEqual(whole)
  })
})
