/**
 * A machine that was started without a time: its wall clock shows 1970 until its daemon has found the true time, and its
 * sensors are stamped by the gateway's clock. Time passes `speed` times as fast.
 */
import type { DaemonAnswer } from '@minewarden/edge/core/clock/daemon-answer.ts'
import type { TimeSource } from '@minewarden/edge/gateway.ts'
import type { SensorDriver } from '@minewarden/hardware/contract.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { type Clock, instant, type Timekeeper } from '@minewarden/protocol/time.ts'

export const RATE_HZ = 50

export class WakingMachine {
  readonly #began = performance.now()
  readonly #speed: number
  /** UTC of monotonic zero, in truth and on the wall. */
  readonly truth = Date.UTC(2026, 4, 1)
  #wall = 0
  #heardAt: number | null = null

  constructor(speed: number) {
    this.#speed = speed
  }

  readonly monotonic = (): number => (performance.now() - this.#began) * this.#speed

  get clock(): Clock {
    return {
      now: () => instant(this.#wall + this.monotonic()),
      monotonic: this.monotonic,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason)
          const timer = setTimeout(resolve, ms / this.#speed)
          signal?.addEventListener('abort', () => {
            clearTimeout(timer)
            reject(signal.reason)
          })
        }),
    }
  }

  /** The daemon finds the time, and sets the clock. */
  synchronise(): void {
    this.#wall = this.truth
    this.#heardAt = this.monotonic()
  }

  get time(): TimeSource {
    return {
      daemon: { ask: async () => this.#answer() },
      readWall: () => ({ offsetMs: this.#wall, errorMs: 0.01 }),
      driftPpm: 20,
    }
  }

  #answer(): DaemonAnswer {
    if (this.#heardAt === null) return { kind: 'unsynchronised', source: 'chrony' }
    return {
      kind: 'synchronised',
      source: 'chrony',
      quality: 'ntp',
      correctionMs: 0,
      errorMs: 5,
      referenceAgeMs: this.monotonic() - this.#heardAt,
      updateIntervalMs: 1e9,
      skewPpm: 1,
    }
  }

  /** A meter that reads the monotonic time at which it was read, each second. */
  meter(clock: Timekeeper): SensorDriver {
    const { monotonic } = this
    return {
      sensor: SensorId.parse('meter-1'),
      kind: 'power-meter',
      channels: [],
      async *read(signal) {
        for (let n = 0; !signal.aborted; n++) {
          const taken = monotonic()
          const { at, quality, errorMs } = clock.stamp(taken)
          const timing = errorMs === null ? { clock: quality } : { clock: quality, clockErrorMs: errorMs }
          const rest = { reactivePowerVar: n, voltageV: [null, null, null], currentA: [null, null, null] } as const
          yield { kind: 'power', at, activePowerW: taken, ...rest, activeEnergyWh: null, simulated: false, ...timing }
          await clock.sleep(1_000, signal).catch(() => undefined)
        }
      },
    }
  }

  /** A geophone whose samples count from the start, in blocks of a second stamped by its own steady sample clock. */
  geophone(clock: Timekeeper): SensorDriver {
    const { monotonic } = this
    return {
      sensor: SensorId.parse('geo-1'),
      kind: 'geophone',
      channels: ['HHZ'],
      async *read(signal) {
        const began = monotonic()
        for (let block = 0; !signal.aborted; block++) {
          const startsAt = began + block * 1_000
          await clock.sleep(Math.max(0, startsAt + 1_000 - monotonic()), signal).catch(() => undefined)
          if (signal.aborted) return
          const { at, quality, errorMs } = clock.stamp(startsAt)
          const timing = errorMs === null ? { clock: quality } : { clock: quality, clockErrorMs: errorMs }
          const counts = Int32Array.from({ length: RATE_HZ }, (_, i) => block * RATE_HZ + i)
          const scale = { rateHz: RATE_HZ, countsPerUnit: 1e9, unit: 'm/s' } as const
          yield { kind: 'waveform', channel: 'HHZ', startAt: at, counts, ...scale, ...timing }
        }
      },
    }
  }
}
