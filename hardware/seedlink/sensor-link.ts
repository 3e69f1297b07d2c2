import type { SensorId, SensorKind } from '@minewarden/protocol/ids.ts'
import type { Millis, Stamp, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState, Measurement } from '../contract.ts'
import type { InstrumentClock } from './clock-quality.ts'
import { Mailbox } from './mailbox.ts'
import { type ResumePoint, StationFeed, type WantedChannel } from './station-feed.ts'
import type { Timings } from './timings.ts'

/** One sensor at a server: its channels of one station. */
export interface SensorOptions {
  readonly sensor: SensorId
  readonly kind: SensorKind
  readonly network: string
  readonly station: string
  readonly channels: readonly WantedChannel[]
  readonly clock: InstrumentClock
}

/** Kept until they are said; more are not. */
const MAX_NOTES = 4

/**
 * What stands between a connection and one sensor's reader: the station's feed, the letters on their way, the state last
 * told, and the position that the reader has reached.
 */
export class SensorLink {
  readonly options: SensorOptions
  readonly key: string
  readonly mailbox = new Mailbox()
  readonly #clock: Timekeeper
  readonly #timings: Timings
  #feed: StationFeed
  /** What the reader has: this is what is remembered over a restart. */
  #consumed: ResumePoint
  #state: DeviceState['state'] = 'ok'
  #reason = ''
  #toldAt = Number.NEGATIVE_INFINITY
  #active = false
  #heardAt: Millis
  #trouble: { readonly state: DeviceState['state']; readonly reason: string; readonly since: Millis } | null = null
  /** A connection stands again, but nothing came over it yet. */
  #hopeful = false
  #notes: string[] = []
  #garbledBytes = 0
  #notedAt = Number.NEGATIVE_INFINITY
  #healthAt: Millis
  #stalled = false

  constructor(deps: { clock: Timekeeper; timings: Timings }, options: SensorOptions, resume: ResumePoint) {
    this.options = options
    this.key = `${options.network}.${options.station}/${options.sensor}`
    this.#clock = deps.clock
    this.#timings = deps.timings
    this.#consumed = resume
    this.#feed = new StationFeed({ ...options, resume })
    this.#heardAt = deps.clock.monotonic()
    this.#healthAt = this.#heardAt
  }

  get consumed(): ResumePoint {
    return this.#consumed
  }

  /** The state last told. */
  get state(): DeviceState['state'] {
    return this.#state
  }

  get active(): boolean {
    return this.#active
  }

  /** Its reader took nothing for too long, and now has taken all: what was passed over must be asked for again. */
  get caughtUp(): boolean {
    return this.#stalled && this.mailbox.size === 0
  }

  /** A reader begins: from where the last one stopped. */
  begin(): void {
    this.#active = true
    this.mailbox.clear()
    this.#feed = new StationFeed({ ...this.options, resume: this.#consumed }, this.#feed.counts)
    this.#stalled = false
    this.#heardAt = this.#clock.monotonic()
  }

  finish(): void {
    this.#active = false
    this.mailbox.clear()
  }

  /** Measurements until the signal aborts. What was handed out counts as taken. */
  async *read(signal: AbortSignal): AsyncGenerator<Measurement, void, undefined> {
    for (;;) {
      const letter = await this.mailbox.take(signal)
      if (!letter) return
      if (letter.position) this.#consumed = letter.position
      yield letter.measurement
    }
  }

  /** Where a new connection is to begin. */
  resume(): ResumePoint {
    this.#stalled = false
    return this.#feed.resume()
  }

  startedLive(): void {
    this.#feed.forgetSequence()
    this.note('the server no longer knows where this station stood: it begins with what comes next')
  }

  /** One packet of the station. Waits for the reader, but not for ever. */
  async take(sequence: number, record: Uint8Array, signal: AbortSignal): Promise<void> {
    if (!this.#active || this.#stalled) return
    if (this.mailbox.isFull) await this.#patience(signal)
    if (this.mailbox.isFull) {
      this.#stalled = true
      return
    }
    const now = this.#now()
    const monotonic = this.#clock.monotonic()
    const nowIsKnown = now.quality === 'ntp' || now.quality === 'gnss'
    const taken = this.#feed.take(sequence, record, { now: now.at, nowIsKnown, monotonic })
    for (const note of taken.notes) this.note(note)
    if (taken.bad !== null) this.tell('bad-data', taken.bad)
    const position = this.#feed.position()
    if (taken.blocks.length === 0) {
      this.#claimLater(position)
      return
    }
    this.#heardAt = monotonic
    this.#trouble = null
    if (this.#state !== 'ok') this.tell('ok', this.#takeNotes())
    const last = taken.blocks.length - 1
    for (const [i, block] of taken.blocks.entries()) {
      this.mailbox.put({ measurement: block, position: i === last ? position : null })
    }
    this.#tellHealth(monotonic, now)
  }

  /** To be called each tick: notices silence, and says what waited. `streaming`: the server sends. */
  check(streaming: boolean): void {
    const monotonic = this.#clock.monotonic()
    if (this.#trouble && !this.#hopeful && monotonic - this.#trouble.since >= this.#timings.graceMs) {
      this.tell(this.#trouble.state, this.#trouble.reason)
    }
    if (streaming && this.isSilent && (this.#state === 'ok' || this.#state === 'disconnected')) {
      this.tell('silent', `nothing of this station for ${Math.round((monotonic - this.#heardAt) / 1000)} s`)
    }
    if (
      this.#notes.length + this.#garbledBytes > 0 &&
      this.#state === 'ok' &&
      monotonic - this.#notedAt >= this.#timings.noteMs
    ) {
      this.#put('ok', this.#takeNotes())
    }
  }

  get isSilent(): boolean {
    const limitMs = Math.max(this.#timings.silentMs, 4 * this.#feed.longestRecordMs)
    return this.#clock.monotonic() - this.#heardAt > limitMs
  }

  /**
   * The connection is in trouble: said once it lasts. Only data end it, not a handshake.
   * @param waited it was waited for long enough already: said at the next look
   */
  trouble(state: DeviceState['state'], reason: string, waited = false): void {
    const now = this.#clock.monotonic()
    this.#hopeful = false
    this.#trouble = { state, reason, since: this.#trouble?.since ?? (waited ? now - this.#timings.graceMs : now) }
  }

  /** The server sends again; whether this station does, its data will show. */
  reconnected(): void {
    this.#hopeful = true
    this.#heardAt = Math.max(this.#heardAt, this.#clock.monotonic() - this.#timings.silentMs / 2)
  }

  /** Bytes on the line that are no packet; whose they were, nobody can say. */
  garbled(bytes: number): void {
    this.#feed.counts.badPackets += 1
    this.#garbledBytes += bytes
  }

  note(words: string): void {
    if (this.#notes.length < MAX_NOTES) this.#notes.push(words)
  }

  tell(state: DeviceState['state'], reason: string): void {
    const again = state === this.#state
    if (again && (reason === this.#reason || this.#clock.monotonic() - this.#toldAt < this.#timings.sameStateMs)) return
    this.#put(state, reason)
  }

  #put(state: DeviceState['state'], reason: string): void {
    const { at, quality, errorMs } = this.#now()
    const timing = errorMs === null ? { clock: quality } : { clock: quality, clockErrorMs: errorMs }
    const letter = { measurement: { kind: 'device', at, state, reason, ...timing } as const, position: null }
    // A reader that is behind by a whole mailbox is told the state that holds when it has caught up.
    if (!this.mailbox.put(letter)) return
    this.#state = state
    this.#reason = reason
    this.#toldAt = this.#clock.monotonic()
  }

  #takeNotes(): string {
    const garbled = this.#garbledBytes === 0 ? [] : [`${this.#garbledBytes} bytes that are no packet`]
    const words = [...this.#notes, ...garbled].join('; ')
    this.#notes = []
    this.#garbledBytes = 0
    this.#notedAt = this.#clock.monotonic()
    return words
  }

  /** Packets without news move the position too, once what came before them is taken. */
  #claimLater(position: ResumePoint): void {
    if (this.mailbox.size === 0) this.#consumed = position
  }

  async #patience(signal: AbortSignal): Promise<void> {
    const limit = new AbortController()
    const sleeping = this.#clock.sleep(this.#timings.stallMs, AbortSignal.any([signal, limit.signal])).then(
      () => limit.abort(),
      () => undefined,
    )
    await this.mailbox.room(AbortSignal.any([signal, limit.signal]))
    limit.abort()
    await sleeping
  }

  #tellHealth(monotonic: Millis, { at, quality, errorMs }: Stamp): void {
    if (monotonic - this.#healthAt < this.#timings.healthMs) return
    this.#healthAt = monotonic
    const timing = errorMs === null ? { clock: quality } : { clock: quality, clockErrorMs: errorMs }
    this.mailbox.put({
      position: null,
      measurement: {
        kind: 'instrument',
        at,
        ...timing,
        supplyVoltageV: null,
        temperatureC: null,
        missedSamples: null,
        badFrames: this.#feed.counts.badPackets,
        lostSamples: this.#feed.counts.lostSamples,
        driftPpm: null,
        driftErrorPpm: null,
        stampErrorMs: null,
      },
    })
  }

  #now(): Stamp {
    return this.#clock.stamp(this.#clock.monotonic())
  }
}
