/**
 * One sensor from driver to readings, kept apart from all others: what it throws is caught here, a source that fails is
 * begun again with growing pauses, silence is reported, a flood is cut off with a count, and after each slice of work the
 * other sensors get their turn.
 */
import { setTimeout as sleep, setImmediate as yieldTurn } from 'node:timers/promises'
import type { DeviceState, Measurement, SensorDriver, Snapshot, WaveformBlock } from '@minewarden/hardware/contract.ts'
import { InvariantError } from '@minewarden/protocol/errors.ts'
import type { SensorKind } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { retrySchedule } from '@minewarden/protocol/retry-schedule.ts'
import { type Instant, instant, type Millis, type Timekeeper } from '@minewarden/protocol/time.ts'
import { type ClockShift, shiftFrame, shiftMeasurement } from './core/clock/clock-shift.ts'
import { foldGap, GAP_OF_NOTHING, type GapTally, gapReading } from './core/gap.ts'
import type { GreyFrame } from './core/image/frame.ts'
import type { Measure } from './core/measure/measure.ts'
import type { Logger } from './core/ports.ts'
import { RateLimit } from './core/rate-limit.ts'
import { type Look, PictureDesk } from './picture-desk.ts'
import { Slice, untilAborted } from './sensor-turn.ts'

/** Pauses before a source that failed is begun again. */
const RESTART = { firstMs: 1_000, ceilingMs: 60_000 } as const
/** A source that ran this long before it failed is begun again without a long pause. */
const RECOVERED_MS: Millis = 60_000
/** The pause after it: a sensor that floods without end gets a fifth of a core, and the system does not hold it against us. */
const REST_MS = 20
/** Nothing measured for this long is silence; `null`: this kind may be quiet for any time. */
export const SILENT_AFTER_MS: { readonly [K in SensorKind]: Millis | null } = {
  geophone: 30_000,
  'air-pressure': 30_000,
  // Meters are read as seldom as each quarter of an hour.
  'power-meter': 2_000_000,
  'camera-probe': null,
  enclosure: 150_000,
}
/** A device that sends nothing but bad data is there; one of which nothing comes for so many times as long hangs. */
const SILENT_THOUGH_BAD = 10
/** Far above what any sensor measures, far below what fills a disk: a sensor beyond this is broken. */
export const READINGS_PER_S = 20
export const READINGS_BURST = 400
const LOST_REPORT_MS: Millis = 60_000
/** What was learnt is written down after so long, and then so often: a memory card does not last for ever. */
const FIRST_KEPT_MS: Millis = 900_000
const KEPT_EACH_MS: Millis = 21_600_000
/** The time becomes known twice at most: by hand, and then by a daemon. */
const MAX_SHIFTS = 2

export interface SensorPumpDeps {
  readonly clock: Timekeeper
  readonly logger: Logger
  readonly random: () => number
  readonly driver: SensorDriver
  /** A measure that knows what the last one of this sensor handed to `keep`. */
  readonly createMeasure: () => Measure
  /** How many times as fast as the clock the source plays: the flood ceiling grows with it. */
  readonly speed: number
  readonly readings: (readings: readonly Reading[]) => void
  readonly waveform: (block: WaveformBlock) => void
  readonly up: () => void
  readonly down: () => void
  /** Looks at a camera's picture; absent: pictures are counted as bad. */
  readonly look?: Look
  /** Writes down what the measure has learnt, for the next one of this sensor; absent: it is forgotten. */
  readonly keep?: (learnt: unknown) => void
}

export class SensorPump {
  readonly #deps: SensorPumpDeps
  readonly #limit: RateLimit
  #measure: Measure
  #state: DeviceState['state'] = 'ok'
  /** What the driver last said by itself: it holds on when a silence ends. */
  #said: Pick<DeviceState, 'state' | 'reason'> = { state: 'ok', reason: '' }
  #shifts: readonly ClockShift[] = []
  /** Whether anybody has been told a state yet: a sensor that works says so once. */
  #introduced = false
  #heardAt: Millis
  #lost: GapTally = GAP_OF_NOTHING
  #lostReportedAt: Millis
  /** Time of the newest measurement, and when it came. */
  #last: { readonly at: Instant; readonly heardAt: Millis } | null = null
  readonly #pictures: PictureDesk | null
  #keepAt: Millis
  #hasEnded = false

  constructor(deps: SensorPumpDeps) {
    this.#deps = deps
    this.#measure = deps.createMeasure()
    // A source that plays as fast as it is read has no rate that could be too high.
    const isPaced = Number.isFinite(deps.speed)
    this.#limit = new RateLimit({
      perS: isPaced ? READINGS_PER_S * deps.speed : 0,
      burst: isPaced ? READINGS_BURST * Math.max(1, deps.speed) : Number.POSITIVE_INFINITY,
    })
    this.#heardAt = deps.clock.monotonic()
    this.#lostReportedAt = this.#heardAt
    this.#keepAt = this.#heardAt + FIRST_KEPT_MS
    const { look, logger, driver } = deps
    const seen = (frame: GreyFrame) => {
      // A picture may be looked at for seconds: by then the sensor may have been stopped, and all behind it.
      if (!this.#hasEnded) this.#emit(this.#measure.push(this.#inRightTime(frame)))
    }
    this.#pictures = look ? new PictureDesk({ look, logger, sensor: driver.sensor, seen }) : null
  }

  /** Runs until the signal aborts or the source is exhausted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#run(signal)
    this.#hasEnded = signal.aborted
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, logger, random, driver } = this.#deps
    let pauses = retrySchedule(RESTART, random)
    while (!signal.aborted) {
      const begunAt = clock.monotonic()
      try {
        await this.#drain(signal)
        if (!signal.aborted) this.#exhausted()
        this.#keep()
        return
      } catch (error) {
        if (signal.aborted) {
          this.#keep()
          return
        }
        const reason = error instanceof Error ? error.message : String(error)
        logger.error({ sensor: driver.sensor, reason, bug: error instanceof InvariantError }, 'sensor failed')
        this.#device('failed', reason)
      }
      if (clock.monotonic() - begunAt > RECOVERED_MS) pauses = retrySchedule(RESTART, random)
      this.#keep()
      this.#measure = this.#deps.createMeasure()
      // Who begins anew knows nothing of what it said.
      this.#said = { state: 'ok', reason: '' }
      await clock.sleep(pauses.next().value, signal).catch(() => undefined)
    }
  }

  /** To be called each second or so: notices silence, lets time pass, and reports what was cut off. */
  check(): void {
    const { clock, driver } = this.#deps
    this.#tick()
    if (clock.monotonic() >= this.#keepAt) {
      this.#keepAt = clock.monotonic() + KEPT_EACH_MS
      this.#keep()
    }
    const limitMs = SILENT_AFTER_MS[driver.kind]
    const silentMs = clock.monotonic() - this.#heardAt
    const times = this.#state === 'ok' ? 1 : this.#state === 'bad-data' ? SILENT_THOUGH_BAD : Number.POSITIVE_INFINITY
    if (limitMs !== null && silentMs > limitMs * times) {
      const before = this.#state === 'ok' ? '' : `; before: ${this.#said.reason}`
      this.#device('silent', `nothing measured for ${Math.round(silentMs / 1000)} s${before}`)
    }
    this.#reportLost()
  }

  /** Forgets what was learnt of the surroundings, and tells that it did, and why. */
  relearn(why: string): void {
    this.#deps.logger.info({ sensor: this.#deps.driver.sensor, why }, 'learns anew')
    this.#measure.relearn?.()
    this.#keepAt = this.#deps.clock.monotonic() + FIRST_KEPT_MS
    this.#tell(this.#state, this.#state === 'ok' ? why : `${why}; before: ${this.#said.reason}`)
  }

  /** The time became known: what is being measured goes on in right time, and what is still under way is moved. */
  restamp(shift: ClockShift): void {
    this.#emit(this.#measure.restamp?.(shift) ?? [])
    this.#last = null
    this.#shifts = [...this.#shifts, shift].slice(-MAX_SHIFTS)
  }

  async #drain(signal: AbortSignal): Promise<void> {
    let slice = new Slice()
    for await (const measurement of untilAborted(this.#deps.driver.read(signal), signal)) {
      if (measurement.kind === 'snapshot' && this.#pictures) this.#see(measurement)
      else this.#take(this.#shifts.reduce((moved, shift) => shiftMeasurement(shift, moved), measurement))
      if (slice.isUsedUp()) await (Number.isFinite(this.#deps.speed) ? sleep(REST_MS) : yieldTurn())
      if (slice.isOver()) slice = new Slice()
    }
  }

  /** A picture is looked at beside everything else; that it came is a sign of life at once. */
  #see(snapshot: Snapshot): void {
    this.#heardAt = this.#deps.clock.monotonic()
    if (this.#state === 'silent' || this.#state === 'failed') this.#recovered()
    else if (!this.#introduced) this.#tell('ok', '')
    this.#pictures?.show(snapshot)
  }

  /** The time may have become known while the picture was looked at. */
  #inRightTime(frame: GreyFrame): GreyFrame {
    const moved = this.#shifts.reduce((each, shift) => shiftFrame(shift, each), frame)
    this.#last = { at: moved.at, heardAt: this.#deps.clock.monotonic() }
    return moved
  }

  /** Lets the measure's time pass, which may be another than ours: a recording's. */
  #tick(): void {
    const { clock, speed } = this.#deps
    if (!this.#measure.tick || !this.#last || !Number.isFinite(speed)) return
    const now = clock.monotonic()
    const { quality, errorMs } = clock.stamp(now)
    const at = instant(this.#last.at + (now - this.#last.heardAt) * speed)
    this.#emit(this.#measure.tick(at, { clock: quality, ...(errorMs !== null && { clockErrorMs: errorMs }) }))
  }

  #keep(): void {
    const learnt = this.#measure.learnt?.()
    if (learnt !== undefined) this.#deps.keep?.(learnt)
  }

  #take(measurement: Measurement): void {
    this.#heardAt = this.#deps.clock.monotonic()
    if (measurement.kind === 'probe') this.#last = { at: measurement.at, heardAt: this.#heardAt }
    if (measurement.kind === 'device') {
      this.#said = measurement
      this.#changed(measurement.state)
    } else if (this.#state === 'silent' || this.#state === 'failed') this.#recovered()
    else if (!this.#introduced) this.#tell('ok', '')
    this.#introduced = true
    if (measurement.kind === 'waveform') this.#deps.waveform(measurement)
    this.#emit(this.#measure.push(measurement))
  }

  #exhausted(): void {
    this.#emit(this.#measure.end())
    this.#device('disconnected', 'the source is exhausted')
  }

  /** A state that the driver itself did not report. */
  #device(state: DeviceState['state'], reason: string): void {
    if (state === this.#state) return
    this.#changed(state)
    this.#tell(state, reason)
  }

  /** It measures again: as bad as the driver last said, if it did. */
  #recovered(): void {
    const { state, reason } = this.#said
    if (state !== 'bad-data') this.#device('ok', '')
    else {
      this.#device(state, reason)
      this.#deps.up()
    }
  }

  #tell(state: DeviceState['state'], reason: string): void {
    this.#introduced = true
    const { clock } = this.#deps
    const { at, quality, errorMs } = clock.stamp(clock.monotonic())
    const timing = errorMs === null ? { clock: quality } : { clock: quality, clockErrorMs: errorMs }
    this.#emit(this.#measure.push({ kind: 'device', at, state, reason, ...timing }))
  }

  #changed(state: DeviceState['state']): void {
    if (state === this.#state) return
    this.#state = state
    if (state === 'ok') this.#deps.up()
    // Bad data comes from a device that is there.
    else if (state !== 'bad-data') this.#deps.down()
  }

  #emit(readings: readonly Reading[]): void {
    const now = this.#deps.clock.monotonic()
    const allowed = readings.filter((reading) => {
      if (this.#limit.take(now)) return true
      this.#lost = foldGap(this.#lost, null, reading)
      return false
    })
    if (allowed.length > 0) this.#deps.readings(allowed)
  }

  #reportLost(): void {
    const now = this.#deps.clock.monotonic()
    if (this.#lost.rows === 0 || now - this.#lostReportedAt < LOST_REPORT_MS) return
    this.#deps.logger.warn({ sensor: this.#deps.driver.sensor, rows: this.#lost.rows }, 'sensor floods')
    this.#deps.readings([gapReading(this.#lost, `flood of ${this.#deps.driver.sensor}`)])
    this.#lost = GAP_OF_NOTHING
    this.#lostReportedAt = now
  }
}
