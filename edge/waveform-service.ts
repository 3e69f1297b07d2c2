/**
 * Which raw waveform leaves the ring: that of each event, by itself, and what the host asks for. Both go through the
 * spool at the lowest priority, so a broken link resumes them; a quota a day bounds what they may cost.
 */
import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'
import { WaveformRequest } from '@minewarden/protocol/spool.ts'
import { type Instant, instant, type Millis, type Timekeeper } from '@minewarden/protocol/time.ts'
import type { ClockShift } from './core/clock/clock-shift.ts'
import { parseCommandJson } from './core/command-json.ts'
import { DayQuota } from './core/day-quota.ts'
import type { StampTiming } from './core/measure/worst-timing.ts'
import type { Logger, SpoolRow, WaveformStore } from './core/ports.ts'
import { type Stretch, waveformReadings } from './core/waveform-parts.ts'

/** What of an event travels: from so long before its onset until so long after; a long event to its end. */
export const BEFORE_ONSET_MS: Millis = 10_000
export const AFTER_ONSET_MS: Millis = 20_000
const MAX_EVENT_MS: Millis = 60_000
/** Events and requests that wait for their samples; beyond, the newest is refused (it stays in the ring). */
export const MAX_WAITING = 64
/** Samples that have not come by then, in the gateway's time, will not come. */
const PATIENCE_MS: Millis = 60_000
/** No single answer is larger. */
export const MAX_STRETCH_BYTES = 4_194_304
/** Requests leave this share of the day's quota to events. */
const REQUEST_SHARE = 0.8
const MAX_REQUEST_CHARS = 1_024
const TICK_MS: Millis = 1_000

export interface WaveformServiceDeps {
  readonly clock: Timekeeper
  readonly logger: Logger
  readonly ring: WaveformStore & { newestAt(sensor: string, channel: string): Instant | null }
  readonly sensors: readonly { readonly id: SensorId; readonly channels: readonly string[] }[]
  readonly put: (readings: readonly Reading[]) => void
  readonly badInput: (reason: string) => void
}

interface Waiting extends Stretch {
  readonly since: Millis
}

export class WaveformService {
  readonly #deps: WaveformServiceDeps
  readonly #quota: DayQuota
  readonly #stop = new AbortController()
  #waiting: Waiting[] = []
  /** Until when each channel's events have been sent: overlapping events share their waveform. */
  readonly #sentUntil = new Map<string, Instant>()
  #running: Promise<void> = Promise.resolve()

  constructor(deps: WaveformServiceDeps, options: { readonly quotaBytesPerDay: number }) {
    this.#deps = deps
    this.#quota = new DayQuota(options.quotaBytesPerDay)
  }

  start(): void {
    this.#running = this.#tickForEver()
  }

  /** Events that still wait are answered with what is there. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    for (const stretch of this.#waiting.splice(0)) await this.#answer(stretch)
  }

  /** Looks for events among rows that were just accepted. */
  accepted(rows: readonly SpoolRow[]): void {
    for (const { reading } of rows) {
      if (reading.kind !== 'event' && reading.kind !== 'airEvent') continue
      const { onsetMs, durationS } = reading.fields
      if (onsetMs === null || reading.sensor === null) continue
      const lengthMs = Math.min(MAX_EVENT_MS, Math.max(AFTER_ONSET_MS, (durationS ?? 0) * 1000))
      this.#event(reading.sensor, instant(onsetMs - BEFORE_ONSET_MS), instant(onsetMs + lengthMs))
    }
  }

  /** The value of the NCMD metric `Waveform/Request`. */
  requested(value: MetricValue | null): void {
    const parsed = check(WaveformRequest, parseCommandJson(value, MAX_REQUEST_CHARS))
    const problem = parsed.ok ? this.#problemOf(parsed.value) : describeProblems(parsed.problems)
    if (!parsed.ok || problem !== null) {
      this.#deps.badInput(`Waveform/Request: ${problem}`)
      return
    }
    const { request, channel, fromMs, toMs } = parsed.value
    const sensor = SensorId.parse(parsed.value.sensor)
    this.#wait({ request, sensor, channel, from: instant(fromMs), to: instant(toMs) })
  }

  /** The time became known: events that wait have happened later. What a host asked for is in its own time. */
  restamp(shift: ClockShift): void {
    const moved = (at: Instant): Instant => instant(at + shift.byMs)
    const isOurs = (at: Instant) => at >= shift.sinceMs - BEFORE_ONSET_MS && at <= shift.untilMs + MAX_EVENT_MS
    this.#waiting = this.#waiting.map((stretch) =>
      stretch.request === '' && isOurs(stretch.from)
        ? { ...stretch, from: moved(stretch.from), to: moved(stretch.to) }
        : stretch,
    )
    for (const [key, until] of this.#sentUntil) if (isOurs(until)) this.#sentUntil.set(key, moved(until))
  }

  #worth(): StampTiming {
    const { clock } = this.#deps
    const { quality, errorMs } = clock.stamp(clock.monotonic())
    return errorMs === null ? { clock: quality } : { clock: quality, clockErrorMs: errorMs }
  }

  #problemOf({ sensor, channel, fromMs, toMs }: WaveformRequest): string | null {
    const known = this.#deps.sensors.find(({ id }) => id === sensor)
    if (!known?.channels.includes(channel)) return `no channel ${channel} of ${sensor}`
    return fromMs < toMs ? null : 'fromMs is not before toMs'
  }

  #event(sensor: SensorId, from: Instant, to: Instant): void {
    const channels = this.#deps.sensors.find(({ id }) => id === sensor)?.channels ?? []
    for (const channel of channels) {
      const sentUntil = this.#sentUntil.get(`${sensor}/${channel}`) ?? from
      const begin = instant(Math.max(from, sentUntil > to ? from : sentUntil))
      if (begin >= to) continue
      this.#sentUntil.set(`${sensor}/${channel}`, to)
      this.#wait({ request: '', sensor, channel, from: begin, to })
    }
  }

  #wait(stretch: Stretch): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#deps.logger.warn({ sensor: stretch.sensor, request: stretch.request }, 'too many waveforms wait: refused')
      if (stretch.request !== '') this.#deps.put(waveformReadings(stretch, [], this.#worth()))
      return
    }
    this.#waiting.push({ ...stretch, since: this.#deps.clock.monotonic() })
  }

  async #tickForEver(): Promise<void> {
    const { clock } = this.#deps
    const { signal } = this.#stop
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal).catch(() => undefined)
      if (signal.aborted) return
      const ripe = this.#waiting.filter((stretch) => this.#isRipe(stretch))
      this.#waiting = this.#waiting.filter((stretch) => !ripe.includes(stretch))
      for (const stretch of ripe) await this.#answer(stretch)
    }
  }

  #isRipe({ sensor, channel, to, since }: Waiting): boolean {
    const newest = this.#deps.ring.newestAt(sensor, channel)
    return (newest !== null && newest >= to) || this.#deps.clock.monotonic() - since > PATIENCE_MS
  }

  async #answer(stretch: Stretch): Promise<void> {
    const { ring, clock, logger, put } = this.#deps
    const isEvent = stretch.request === ''
    const room = this.#quota.left(clock.now(), isEvent ? 1 : REQUEST_SHARE)
    const maxBytes = Math.min(MAX_STRETCH_BYTES, room)
    const records = await ring.read(stretch.sensor, stretch.channel, stretch.from, stretch.to, maxBytes)
    if (records.length === 0) logger.info({ ...stretch, room }, 'no waveform for this stretch, or quota used up')
    if (records.length === 0 && isEvent) return
    this.#quota.use(
      clock.now(),
      records.reduce((sum, { length }) => sum + length, 0),
    )
    put(waveformReadings(stretch, records, this.#worth()))
  }
}
