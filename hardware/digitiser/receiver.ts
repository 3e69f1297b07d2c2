/**
 * From the bytes of a digitiser to measurements of its sensors: decodes, talks, counts, stamps, joins, and tells how the
 * instrument is. It outlives connections, because a digitiser that kept its power goes on in the run where it was.
 */
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState, Measurement } from '../contract.ts'
import type { Chunk } from '../line/contract.ts'
import type { Addressed } from '../line/shared-device.ts'
import { BlockBuilder, type SampleBlock } from './block-builder.ts'
import { type Condition, ConditionWatch } from './condition.ts'
import { bytesPerS, DELAY_ERROR_MS, filterDelayMs, sendingMs } from './delay.ts'
import { FrameDecoder, MAX_FRAME } from './frame.ts'
import { Handshake, type Wanted } from './handshake.ts'
import { LineWatch } from './line-watch.ts'
import { instrumentHealth, type ReadChannel, timed, waveformsOf } from './measurements.ts'
import {
  type Ack,
  type DataHead,
  type Health,
  type Hello,
  parseAck,
  parseDataHead,
  parseHealth,
  parseHello,
  TYPE,
} from './messages.ts'
import { SampleClock } from './sample-clock.ts'
import { SampleCount } from './sample-count.ts'
import { UtcOffset } from './utc-offset.ts'

export interface ReceiverOptions extends Wanted {
  /** By channel of the ADC; `null`: not read. */
  readonly channels: readonly (ReadChannel | null)[]
}

/** Blocks that wait for the digitiser to be known and its clock to settle; beyond it they go out as they are. */
const WAITING_BLOCKS = 64
/**
 * What was set shows in a new run, whose first frame may come after the HELLO that shows the setting: the frame before it
 * is of the old gain. If none has begun by then, it began before.
 */
const RUN_BEGINS_WITHIN_MS: Millis = 500
const HEALTH_EACH_MS: Millis = 60_000
/**
 * Between frames whose arrival tells the time the line rests: each wake-up costs more than the samples that it brings. A few
 * such frames a second are enough for the stamps; blocks come no later than they are long.
 */
const REST_MS: Millis = 300
/** So much may gather meanwhile: the system keeps 4096 bytes of a terminal, and some frames may come late and at once. */
const REST_BYTES = 1_024
/** A geophone rings for so long after a pulse on its calibration coil: one of 1 Hz, damped as usual, is at rest then. */
const RINGS_FOR_MS: Millis = 2_000

/** A block that was not handed on yet. */
interface WaitingBlock {
  readonly block: SampleBlock
  /** A calibration pulse moved the geophones, not the ground. */
  readonly isPulsed: boolean
}

export class Receiver {
  readonly #clock: Timekeeper
  readonly #options: ReceiverOptions
  readonly #sensors: readonly Addressed['sensor'][]
  readonly #count = new SampleCount()
  readonly #watch = new ConditionWatch()
  readonly #utc: UtcOffset
  #builder: BlockBuilder
  #samples: SampleClock | null = null
  #driftPpm: number | null = null
  #waiting: WaitingBlock[] = []
  /** Of the samples in the builder. */
  #isPulsed = false
  /** Number of the first sample at which the geophones are at rest after a pulse. */
  #restsFrom = 0
  #out: (Addressed | DeviceState)[] = []
  #handshake: Handshake
  #decoder: FrameDecoder
  #hello: Hello | null = null
  /** Since the last HELLO. */
  #hasBegunRun = false
  /** Until then the run at hand may be one from before the settings. */
  #oldRunUntil: Millis = Number.NEGATIVE_INFINITY
  #health: Health | null = null
  #badFrames = 0
  #told: Condition | null = null
  #healthAt = Number.NEGATIVE_INFINITY
  #now: Millis = 0
  /** What is being taken had waited: its arrival tells nothing of the time. */
  #hasWaited = false
  /** Something that is being taken told the time. */
  #isTimed = false
  #line: LineWatch

  constructor(deps: { readonly clock: Timekeeper }, options: ReceiverOptions) {
    this.#clock = deps.clock
    this.#options = options
    this.#sensors = [...new Set(options.channels.flatMap((channel) => (channel ? [channel.sensor] : [])))]
    this.#utc = new UtcOffset(100 / options.rateHz)
    this.#builder = this.#newBuilder()
    this.#handshake = new Handshake(options, () => undefined)
    this.#line = new LineWatch('', 0)
    this.#decoder = this.#newDecoder()
  }

  /** A line was opened; `send` hands a command to it. */
  opened(name: string, send: (frame: Uint8Array) => void): void {
    this.#now = this.#clock.monotonic()
    this.#line = new LineWatch(name, this.#now)
    this.#hasBegunRun = false
    this.#decoder = this.#newDecoder()
    this.#handshake = new Handshake(this.#options, send)
    this.#handshake.start(this.#now)
    // Whatever was told before, the one who keeps the line says `ok` with the first block.
    this.#told = null
  }

  /**
   * Takes what arrived.
   * @returns what came of it; the caller owns it
   * @throws HardwareError `device-mistaken`, `device-refused`, `line-garbled`, `line-silent`: this line is of no use now
   */
  take(chunk: Chunk): readonly (Addressed | DeviceState)[] {
    this.#now = chunk.at
    this.#hasWaited = chunk.waited ?? false
    this.#isTimed = false
    this.#decoder.push(chunk.bytes)
    this.#handshake.tick(chunk.at)
    this.#check()
    if (this.#healthAt + HEALTH_EACH_MS <= chunk.at && this.#samples?.settled) this.#reportHealth()
    return this.#taken()
  }

  /** How long the line may now rest before the next bytes are needed; 0: they are needed as they come. */
  get restMs(): Millis {
    const isCalm = this.#handshake.state.kind === 'ready' && this.#samples?.showsRate === true
    return isCalm && this.#isTimed ? Math.min(REST_MS, (1000 * REST_BYTES) / bytesPerS(this.#options.rateHz)) : 0
  }

  /** The line ended: what is in hand goes out. */
  closed(): readonly (Addressed | DeviceState)[] {
    this.#decoder.end()
    this.#flush()
    if (this.#handshake.state.kind === 'ready') this.#release(true)
    return this.#taken()
  }

  #taken(): readonly (Addressed | DeviceState)[] {
    const out = this.#out
    if (out.length > 0) this.#out = []
    return out
  }

  #newBuilder(): BlockBuilder {
    return new BlockBuilder(
      this.#options.channels.map((channel) => channel !== null),
      this.#options.rateHz,
    )
  }

  #newDecoder(): FrameDecoder {
    return new FrameDecoder({
      frame: (type, payload) => this.#frame(type, payload),
      discarded: (bytes) => {
        const frames = Math.ceil(bytes / MAX_FRAME)
        this.#badFrames += frames
        this.#watch.damaged(this.#now, frames)
      },
    })
  }

  #frame(type: number, payload: Uint8Array): void {
    this.#watch.sound(this.#now)
    this.#line.sound(this.#now)
    if (type === TYPE.data) this.#ifKnown(parseDataHead(payload), (head) => this.#data(head, payload))
    else if (type === TYPE.health) this.#ifKnown(parseHealth(payload), (health) => this.#healthCame(health))
    else if (type === TYPE.hello) this.#ifKnown(parseHello(payload), (hello) => this.#helloCame(hello))
    else if (type === TYPE.ack) this.#ifKnown(parseAck(payload), (ack: Ack) => this.#handshake.ack(ack, this.#now))
  }

  /** A sound frame of a content that the protocol does not know counts as a damaged one. */
  #ifKnown<T>(content: T | null, use: (content: T) => void): void {
    if (content !== null) use(content)
    else this.#badFrames += 1
  }

  #helloCame(hello: Hello): void {
    const before = this.#hello
    this.#hello = hello
    const isOther = before !== null && before.serial !== hello.serial
    if (isOther || (before && before.boots !== hello.boots)) {
      // After a restart whose own HELLO was lost the run is known by its number before this one comes.
      if (!this.#hasBegunRun) this.#count.restart()
      this.#watch.restarted(this.#now, hello.resetCause)
    }
    // Another crystal drifts in its own way.
    if (isOther) this.#driftPpm = null
    this.#hasBegunRun = false
    const wasReady = this.#handshake.state.kind === 'ready'
    this.#handshake.hello(hello, this.#now)
    const isNew = !wasReady && this.#handshake.state.kind === 'ready'
    if (isNew && this.#handshake.hasSet) this.#oldRunUntil = this.#now + RUN_BEGINS_WITHIN_MS
  }

  #healthCame(health: Health): void {
    this.#health = health
    this.#watch.health(this.#now, health)
  }

  #data(head: DataHead, payload: Uint8Array): void {
    this.#line.data(this.#now)
    const { lost, missed } = this.#count
    // Frames are cut short where samples are missed or a pulse begins: shorter ones are on the line for less time.
    const leftAt = this.#now - sendingMs(head.samples)
    const place = this.#count.place(head, (last) => this.#samples?.mayHaveArrived(last, leftAt) ?? true)
    this.#watch.gap(this.#now, this.#count.lost - lost, this.#count.missed - missed)
    if (place.begins) this.#beginRun()
    else if (place.missing > 0) this.#flush()
    this.#observe(place.index + head.samples - 1, leftAt)
    this.#notePulse(head, place.index)
    const block = this.#builder.add(place.index, head.samples, payload)
    if (block) this.#wait(block)
    this.#release(this.#waiting.length >= WAITING_BLOCKS)
  }

  #observe(index: number, leftAt: Millis): void {
    if (this.#hasWaited && this.#samples?.hasArrivals) return
    this.#samples?.observe(index, leftAt)
    this.#isTimed = !this.#hasWaited
  }

  /** What a calibration pulse does to the geophones is kept apart from what the ground does. */
  #notePulse(head: DataHead, index: number): void {
    if (head.calibrating) this.#restsFrom = index + head.samples + (RINGS_FOR_MS * this.#options.rateHz) / 1000
    const isPulsed = index < this.#restsFrom
    if (isPulsed !== this.#isPulsed) this.#flush()
    this.#isPulsed = isPulsed
    this.#watch.data(this.#now, { ...head, calibrating: isPulsed })
  }

  #beginRun(): void {
    const isExpected = this.#now < this.#oldRunUntil
    const isKnown = this.#handshake.state.kind === 'ready' && !isExpected
    this.#oldRunUntil = Number.NEGATIVE_INFINITY
    this.#hasBegunRun = true
    this.#flush()
    // What came before the settings were known to hold may be of another rate or gain.
    if (isKnown) this.#release(true)
    this.#waiting = []
    this.#restsFrom = 0
    this.#driftPpm = this.#samples?.drift?.ppm ?? this.#driftPpm
    const { rateHz } = this.#options
    const options = { rateHz, delayMs: filterDelayMs(rateHz), delayErrorMs: DELAY_ERROR_MS }
    this.#samples = new SampleClock({ ...options, driftPpm: this.#driftPpm })
    // A run may begin because somebody changed rate or gain.
    if (isKnown) this.#handshake.start(this.#now)
  }

  #flush(): void {
    const block = this.#builder.flush()
    if (block) this.#wait(block)
  }

  #wait(block: SampleBlock): void {
    // Only while settings are not known to hold can so many wait: those are of no use yet.
    if (this.#waiting.length >= WAITING_BLOCKS) this.#waiting.shift()
    this.#waiting.push({ block, isPulsed: this.#isPulsed })
  }

  /** @param now whether to give up waiting for the clock to settle */
  #release(now: boolean): void {
    if (this.#waiting.length === 0 || this.#handshake.state.kind !== 'ready' || this.#now < this.#oldRunUntil) return
    if (!now && !this.#samples?.settled) return
    for (const waiting of this.#waiting) this.#emit(waiting)
    this.#waiting.length = 0
  }

  #emit({ block, isPulsed }: WaitingBlock): void {
    const stamp = this.#samples?.stamp(block.index, block.count)
    if (!stamp) return
    const { quality, errorMs, at: wallAt } = this.#clock.stamp(stamp.startMs)
    const { at, lagMs } = this.#utc.apply(stamp.startMs, wallAt)
    const moment = { at, quality, errorMs: errorMs === null ? null : errorMs + lagMs + stamp.errorMs }
    const waveforms = waveformsOf(block, timed(moment), this.#options)
    // A gap is told from an earthquake; air sensors have no calibration coil.
    this.#out.push(...(isPulsed ? waveforms.filter(({ measurement }) => !isOfGround(measurement)) : waveforms))
  }

  /** Tells changes of the digitiser's condition. */
  #check(): void {
    const fault = this.#line.fault(this.#now, this.#handshake.state)
    if (fault) throw fault
    if (this.#handshake.state.kind === 'ready' && this.#samples?.settled) this.#tell(this.#watch.of(this.#now))
  }

  #tell(condition: Condition): void {
    const told = this.#told
    this.#told = condition
    // The first word, `ok`, is not ours.
    if (told === null && condition.state === 'ok' && condition.reason === '') return
    if (told && told.state === condition.state && kindOf(told.reason) === kindOf(condition.reason)) return
    this.#out.push({ kind: 'device', ...condition, ...timed(this.#clock.stamp(this.#now)) })
    this.#reportHealth()
  }

  #reportHealth(): void {
    this.#healthAt = this.#now
    const known = { health: this.#health, count: this.#count, samples: this.#samples, badFrames: this.#badFrames }
    const measurement = instrumentHealth(this.#clock.stamp(this.#now), known)
    for (const sensor of this.#sensors) this.#out.push({ sensor, measurement })
  }
}

const isOfGround = (measurement: Measurement): boolean => measurement.kind === 'waveform' && measurement.unit === 'm/s'

/** Reasons that differ only in their numbers are one. */
const kindOf = (reason: string): string => reason.replace(/[\d.e+-]+/g, '#')
