/**
 * Watches one camera for ever: whether it answers, what it tells of itself, what it sees. Each of these fails and begins
 * anew by itself, and what follows for the camera's status is told at each change.
 */
import type { SensorId } from '@minewarden/protocol/ids.ts'
import { retrySchedule } from '@minewarden/protocol/retry-schedule.ts'
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState, Measurement } from '../contract.ts'
import { HardwareError } from '../errors.ts'
import { deviceFault } from '../line/device-fault.ts'
import { pauseUntil } from '../line/pause.ts'
import { Bell } from './bell.ts'
import type { Camera } from './camera.ts'
import { CameraRecord, type CameraVerdict, isCameraFault, type Way } from './camera-record.ts'
import type { Neighbours } from './neighbours.ts'
import { followPullPoint } from './pull-point.ts'
import { StandingEvents } from './standing-events.ts'

export interface CameraWatchDeps {
  readonly clock: Timekeeper
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly neighbours: Neighbours
  readonly emit: (measurement: Measurement) => void
  /** False while the last picture was not taken away yet: there is no other one then. */
  readonly hasRoomForPicture: () => boolean
}

export interface CameraWatchOptions {
  readonly statusMs: Millis
  /** 0: none but those that are asked for. */
  readonly snapshotMs: Millis
  readonly alarmHoldMs: Millis
}

/** A camera that just failed is asked again soon, a few times: one lost answer is no outage. */
const AGAIN_MS: Millis = 5_000
const SOON_TIMES = 3
/** Beside ONVIF the stream is a second opinion: it is asked for less often. */
const STREAM_MS: Millis = 60_000
/** What a camera says of itself changes when someone sets it up anew. */
const INTRODUCED_FOR_MS: Millis = 3_600_000
const EVENT_PAUSES = { firstMs: 1_000, ceilingMs: 60_000 } as const
/** Cameras are not all asked in the same second. */
const SPREAD_MS: Millis = 2_000
/** A change of its clock that is worth telling. */
const CLOCK_STEP_S = 5

export class CameraWatch {
  readonly #deps: CameraWatchDeps
  readonly #camera: Camera
  readonly #options: CameraWatchOptions
  readonly #record: CameraRecord
  readonly #events: StandingEvents
  /** Something was learnt: who waits for it looks again. */
  readonly #learnt = new Bell()
  /** A connection broke: the camera is to be looked at now. */
  readonly #alert = new Bell()
  #introducedAt: Millis | null = null
  #streamAt: Millis = Number.NEGATIVE_INFINITY
  #failures = 0
  #toldVerdict: CameraVerdict | null = null
  #toldOffsetS: number | null = null
  #toldState: string | null = null
  readonly #faults = new Map<Way, HardwareError>()

  constructor(deps: CameraWatchDeps, camera: Camera, options: CameraWatchOptions) {
    this.#deps = deps
    this.#camera = camera
    this.#options = options
    this.#record = new CameraRecord(deps.clock.monotonic())
    this.#events = new StandingEvents(options.alarmHoldMs)
  }

  /** Until the signal aborts. @throws InvariantError only */
  async run(signal: AbortSignal): Promise<void> {
    const { neighbours } = this.#deps
    neighbours.watch(this.#sensor)
    const stop = new AbortController()
    const all = AbortSignal.any([signal, stop.signal])
    const works = [this.#watchAnswers(all), this.#watchEvents(all), this.#watchPictures(all)]
    try {
      await Promise.all(works)
    } finally {
      stop.abort()
      await Promise.allSettled(works)
      neighbours.leave(this.#sensor)
    }
  }

  get #sensor(): SensorId {
    return this.#camera.config.sensor
  }

  async #watchAnswers(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps
    const { statusMs } = this.#options
    await clock.sleep(random() * Math.min(statusMs, SPREAD_MS), signal).catch(() => undefined)
    while (!signal.aborted) {
      const isWell = await this.#look(signal)
      if (signal.aborted) return
      this.#tell()
      this.#failures = isWell ? 0 : this.#failures + 1
      const isSoon = this.#failures > 0 && this.#failures <= SOON_TIMES
      const pauseMs = isSoon ? Math.min(AGAIN_MS, statusMs) : statusMs
      await pauseUntil({ clock, watch: this.#alert.watch }, pauseMs * (0.9 + random() / 10), signal)
    }
  }

  /** One look by all ways that are due; true when it is there. */
  async #look(signal: AbortSignal): Promise<boolean> {
    const { device } = this.#camera.config
    const isByOnvif = device !== null && (await this.#ask('onvif', (s) => this.#lookByOnvif(device, s), signal))
    const { stream } = this.#camera
    if (stream === null) {
      this.#record.forget('rtsp')
      return isByOnvif
    }
    const now = this.#deps.clock.monotonic()
    const hasFailed = this.#record.faultOf('rtsp') !== null
    const isDue = !isByOnvif || hasFailed || now - this.#streamAt >= Math.max(STREAM_MS, this.#options.statusMs)
    if (!isDue) return isByOnvif
    this.#streamAt = now
    return (await this.#ask('rtsp', (s) => this.#camera.lookByRtsp(stream, s), signal)) || isByOnvif
  }

  async #lookByOnvif(url: URL, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    await this.#camera.lookByOnvif(url, signal)
    const isFresh = this.#introducedAt !== null && clock.monotonic() - this.#introducedAt < INTRODUCED_FOR_MS
    if (isFresh && this.#record.faultOf('onvif') === null) return
    await this.#camera.introduce(url, signal)
    this.#introducedAt = clock.monotonic()
    this.#learnt.ring()
  }

  async #watchEvents(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps
    let pauses = retrySchedule(EVENT_PAUSES, random)
    while (!signal.aborted) {
      const url = this.#camera.introduction?.events ?? null
      if (url === null) {
        await pauseUntil({ clock, watch: this.#learnt.watch }, INTRODUCED_FOR_MS, signal)
        continue
      }
      try {
        const calm = () => {
          pauses = retrySchedule(EVENT_PAUSES, random)
        }
        await this.#followEvents(url, calm, signal)
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof HardwareError)) throw error
        this.#camera.eventsFault = error
        // Who keeps no subscription may be well; who ended a connection may be gone.
        if (this.#record.faultOf('onvif') === null) this.#alert.ring()
        await clock.sleep(pauses.next().value, signal).catch(() => undefined)
      }
    }
  }

  async #followEvents(url: URL, onPulled: () => void, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    const { client, config } = this.#camera
    await followPullPoint(
      {
        client,
        clock,
        url,
        limitMs: config.limitMs,
        pulled: ({ notices, currentTime }, subscribedAt) => {
          onPulled()
          this.#camera.eventsFault = null
          this.#record.heard(clock.monotonic())
          const context = { now: clock.monotonic(), subscribedAt, cameraTime: currentTime ?? this.#cameraTime() }
          for (const notice of notices) if (this.#camera.isConcerned(notice)) this.#events.take(notice, context)
          if (this.#record.faultOf('onvif') === null) this.#tell()
        },
      },
      signal,
    )
  }

  #cameraTime() {
    return this.#camera.client.clockOffsetMs === null ? null : this.#camera.client.cameraTime()
  }

  async #watchPictures(signal: AbortSignal): Promise<void> {
    const { clock, random, hasRoomForPicture } = this.#deps
    const { snapshotMs } = this.#options
    if (snapshotMs === 0) return
    while (!signal.aborted) {
      const url = this.#camera.snapshot
      if (url === null) {
        await pauseUntil({ clock, watch: this.#learnt.watch }, INTRODUCED_FOR_MS, signal)
        continue
      }
      await clock.sleep(random() * Math.min(snapshotMs, SPREAD_MS), signal).catch(() => undefined)
      const isGone = this.#toldVerdict?.status === 'offline'
      if (!signal.aborted && !isGone && hasRoomForPicture()) {
        await this.#ask('picture', async (s) => this.#emitPicture(await this.#camera.client.picture(url, s)), signal)
        this.#tell()
      }
      await clock.sleep(snapshotMs * (0.95 + random() / 20), signal).catch(() => undefined)
    }
  }

  #emitPicture(jpeg: Uint8Array): void {
    this.#deps.emit({ kind: 'snapshot', jpeg, ...this.#stamp(this.#deps.clock.monotonic()) })
  }

  async #ask(way: Way, question: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#deps
    try {
      await question(signal)
      this.#record.answered(way, clock.monotonic())
      this.#faults.delete(way)
      return true
    } catch (error) {
      if (signal.aborted) return false
      if (!(error instanceof HardwareError) || !isCameraFault(error.code)) throw error
      this.#record.failed(way, error.code, clock.monotonic())
      this.#faults.set(way, error)
      return false
    }
  }

  /** What changed since it was told last. */
  #tell(): void {
    const { clock, neighbours, emit } = this.#deps
    const now = clock.monotonic()
    const verdict = this.#record.verdict(this.#events.standing(now), neighbours.isLineSuspect(this.#sensor))
    if (!verdict) return
    neighbours.note(this.#sensor, verdict.status === 'offline' && verdict.cause !== 'onvif-signal-loss')
    this.#tellState()
    const { clockOffsetMs } = this.#camera.client
    const offsetS = clockOffsetMs === null ? null : Math.round(clockOffsetMs / 100) / 10
    const told = this.#toldVerdict
    const isSame =
      told?.status === verdict.status && told.cause === verdict.cause && told.confidence === verdict.confidence
    const isClockSame =
      offsetS === this.#toldOffsetS ||
      (offsetS !== null && this.#toldOffsetS !== null && Math.abs(offsetS - this.#toldOffsetS) < CLOCK_STEP_S)
    if (isSame && isClockSame) return
    this.#toldVerdict = verdict
    this.#toldOffsetS = offsetS
    const { status, cause, confidence, since } = verdict
    emit({
      kind: 'probe',
      status,
      cause,
      confidence,
      sinceMs: clock.stamp(since).at,
      clockOffsetS: offsetS,
      ...this.#stamp(now),
    })
  }

  /** The state of the way that it is configured with; a password that is refused, by whatever way. */
  #tellState(): void {
    const main = this.#faults.get(this.#camera.config.device === null ? 'rtsp' : 'onvif')
    const error = main ?? [...this.#faults.values()].find(({ code }) => code === 'camera-denied')
    const fault = error && deviceFault(error)
    const key = fault?.code ?? 'ok'
    if (key === this.#toldState) return
    this.#toldState = key
    const stamp = this.#stamp(this.#deps.clock.monotonic())
    const state: DeviceState = { kind: 'device', state: fault?.state ?? 'ok', reason: fault?.reason ?? '', ...stamp }
    this.#deps.emit(state)
  }

  #stamp(monotonicMs: Millis) {
    const { at, quality, errorMs } = this.#deps.clock.stamp(monotonicMs)
    return { at, clock: quality, ...(errorMs !== null && { clockErrorMs: errorMs }) }
  }
}
