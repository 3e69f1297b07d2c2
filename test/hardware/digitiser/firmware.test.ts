/** The compiled firmware and its simulated ADC, through the real driver, in simulated time. */
import { readFileSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import type { DeviceState, Measurement, WaveformBlock } from '@minewarden/hardware/contract.ts'
import { filterDelayMs } from '@minewarden/hardware/digitiser/delay.ts'
import { createDigitiserDrivers } from '@minewarden/hardware/digitiser/driver.ts'
import { receiverOptions } from '@minewarden/hardware/digitiser/open-drivers.ts'
import { connectAds131m04 } from '@minewarden/hardware/sim/adc/ads131m04.ts'
import { type Board, createBoard } from '@minewarden/hardware/sim/avr/board.ts'
import { type Cable, createCable } from '@minewarden/hardware/sim/avr/cable.ts'
import { parseIntelHex } from '@minewarden/hardware/sim/avr/intel-hex.ts'
import { runFreely } from '@minewarden/hardware/sim/avr/run.ts'
import { instant, type Timekeeper } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { cachedFirmware } from '../../../scripts/firmware.ts'
import { requires } from '../../support/requires.ts'
import { CONFIG, UTC_AT_ZERO } from './bench-table.ts'

/** Told apart by channel, and by conversion over eleven hours at 100 a second. */
const codeOf = (conversion: number, channel: number) => (((conversion << 2) | channel) << 8) >> 8
const conversionOf = (code: number) => (code & 0xff_ff_ff) >> 2

/** A board, its cable, and both sensors' drivers reading it. */
class Site implements AsyncDisposable {
  readonly board: Board
  readonly cable: Cable
  readonly taken: number[] = []
  readonly of: Record<string, Measurement[]> = {}
  readonly #stop = new AbortController()
  readonly #readers: Promise<void>[]

  constructor(rateHz: 250 | 500 | 1000, driftPpm: number) {
    this.board = createBoard({ flash: parseIntelHex(readFileSync(cachedFirmware().hex, 'utf8')) })
    connectAds131m04(this.board, {
      driftPpm,
      source: (conversion, channel, atMs) => {
        this.taken[conversion] = atMs
        return codeOf(conversion, channel)
      },
    })
    this.cable = createCable(this.board)
    const deps = { clock: simulatedClock(this.board), random: () => 0.5, open: this.cable.open }
    const drivers = createDigitiserDrivers(deps, receiverOptions({ ...CONFIG, rateHz }))
    this.#readers = drivers.map(async (driver) => {
      const into: Measurement[] = []
      this.of[driver.sensor] = into
      for await (const measurement of driver.read(this.#stop.signal)) into.push(measurement)
    })
  }

  async run(seconds: number): Promise<void> {
    await breathe()
    await runFreely(this.board, seconds * 1000)
  }

  blocks(sensor: string, channel: string): WaveformBlock[] {
    return this.of[sensor]!.flatMap((one) => (one.kind === 'waveform' && one.channel === channel ? [one] : []))
  }

  states(): DeviceState[] {
    return this.of['geo-1']!.flatMap((one) => (one.kind === 'device' ? [one] : []))
  }

  /** Checks every sample of a channel bit for bit and the stamp of each block; returns how often samples are missing. */
  check(sensor: string, channel: string, adc: number): { gaps: number; samples: number; worstMs: number } {
    let next: number | null = null
    const sum = { gaps: 0, samples: 0, worstMs: 0 }
    for (const { counts, startAt, rateHz } of this.blocks(sensor, channel)) {
      const first = conversionOf(counts[0]!)
      if (next !== null && first !== next) sum.gaps += 1
      expect(counts).toEqual(Int32Array.from(counts, (_, i) => codeOf(first + i, adc)))
      next = first + counts.length
      sum.samples += counts.length
      for (const i of [0, counts.length - 1]) {
        const truth = UTC_AT_ZERO + this.taken[first + i]! - filterDelayMs(rateHz)
        sum.worstMs = Math.max(sum.worstMs, Math.abs(startAt + (i * 1000) / rateHz - truth))
      }
    }
    return sum
  }

  async [Symbol.asyncDispose]() {
    this.#stop.abort()
    await Promise.all(this.#readers)
  }
}

function simulatedClock(board: Board): Timekeeper {
  return {
    now: () => instant(UTC_AT_ZERO + board.nowMs),
    monotonic: () => board.nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const cancel = board.schedule((ms / 1000) * board.crystalHz, resolve)
        signal?.addEventListener('abort', () => {
          cancel()
          reject(signal.reason)
        })
      }),
    stamp: (ms) => ({ at: instant(UTC_AT_ZERO + ms), quality: 'ntp', errorMs: 1 }),
  }
}

describe.runIf(requires('avr-gcc'))('the digitiser with its real firmware', () => {
  it.each([
    { rateHz: 250 as const, driftPpm: 80 },
    { rateHz: 1000 as const, driftPpm: -60 },
  ])('gives every sample bit for bit at $rateHz a second, stamped within one sample', async ({ rateHz, driftPpm }) => {
    await using site = new Site(rateHz, driftPpm)
    await site.run(12)
    for (const [sensor, channel, adc] of [
      ['geo-1', 'HHZ', 0],
      ['geo-1', 'HHE', 2],
      ['air-1', 'HDF', 3],
    ] as const) {
      const { gaps, samples, worstMs } = site.check(sensor, channel, adc)
      expect(gaps).toBe(0)
      expect(samples / rateHz).toBeGreaterThan(10)
      expect(worstMs).toBeLessThan(0.5)
    }
    expect(site.states()).toMatchObject([{ state: 'ok' }])
    expect(site.of['air-1']!.find((one) => one.kind === 'instrument')).toMatchObject({
      missedSamples: 0,
      lostSamples: 0,
    })
  })

  it('has good data again within 10 s of every fault of the line', async () => {
    await using site = new Site(250, 30)
    await site.run(4)
    const recovers = async (withinS: number, fault: () => void | Promise<void>) => {
      await fault()
      const before = site.blocks('geo-1', 'HHZ').length
      await site.run(withinS)
      expect(site.blocks('geo-1', 'HHZ').length).toBeGreaterThan(before + 4)
    }
    await recovers(4, () => site.cable.disturb(Uint8Array.from({ length: 700 }, (_, i) => (i * 73) & 0xff)))
    await recovers(5, () => site.board.reset('brown-out'))
    await recovers(10, async () => {
      site.cable.unplug()
      await site.run(1)
      site.cable.plug('/dev/ttyACM1')
    })
    await recovers(10, async () => {
      site.board.serial.setBaud(115_200)
      await site.run(5)
      site.board.serial.setBaud(null)
    })
    const { worstMs } = site.check('geo-1', 'HHN', 1)
    expect(worstMs).toBeLessThan(4)
    expect(site.states().map(({ state }) => state)).toEqual(expect.arrayContaining(['ok', 'disconnected', 'bad-data']))
    const reasons = site.states().map(({ reason }) => reason)
    expect(reasons).toEqual(expect.arrayContaining([expect.stringMatching(/% of frames damaged/)]))
    expect(reasons).toEqual(expect.arrayContaining([expect.stringMatching(/line-garbled: .*no sound frame/)]))
  }, 120_000)
})
