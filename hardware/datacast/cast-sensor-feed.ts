import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { ClockQuality, Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState, InstrumentResponse, Measurement } from '../contract.ts'
import type { Addressed } from '../line/shared-device.ts'
import type { DatacastPacket } from './packet.ts'
import { PacketStream, type StreamItem } from './packet-stream.ts'

/** One sensor of a datacast. */
export interface CastSensor {
  readonly sensor: SensorId
  /** `null`: to be found out. */
  readonly rateHz: number | null
  readonly timing: { readonly clock: ClockQuality; readonly clockErrorMs?: Millis }
  readonly channels: readonly {
    readonly code: string
    readonly countsPerUnit: number
    readonly unit: 'm/s' | 'Pa'
    readonly response: InstrumentResponse
  }[]
}

const HEALTH_MS: Millis = 60_000
/** Words about what was lost are said at most so often. */
const NOTE_MS: Millis = 10_000

/** Packets of one sensor's channels in, its measurements and states out. */
export class CastSensorFeed {
  readonly #clock: Timekeeper
  readonly #sensor: CastSensor
  readonly #silentMs: Millis
  readonly #streams: ReadonlyMap<string, PacketStream>
  /** Packets of the sender that were none. */
  badPackets = 0
  #lostSamples = 0
  #untoldLost = 0
  #state: DeviceState['state'] = 'ok'
  #reason = ''
  #heardAt: Millis
  #healthAt: Millis
  #notedAt: Millis

  constructor(clock: Timekeeper, sensor: CastSensor, silentMs: Millis) {
    this.#clock = clock
    this.#sensor = sensor
    this.#silentMs = silentMs
    this.#streams = new Map(sensor.channels.map(({ code }) => [code, new PacketStream(sensor.rateHz)]))
    this.#heardAt = clock.monotonic()
    this.#healthAt = this.#heardAt
    this.#notedAt = this.#heardAt - NOTE_MS
  }

  *take(packet: DatacastPacket): Generator<Addressed> {
    const stream = this.#streams.get(packet.channel)
    if (!stream) return
    this.#heardAt = this.#clock.monotonic()
    for (const item of stream.accept(packet)) {
      if (item.kind === 'samples') {
        if (this.#state !== 'ok') yield* this.told('ok', '')
        yield this.#addressed(this.#block(packet.channel, item))
      } else if (item.kind === 'set') {
        yield* this.told('bad-data', `${packet.channel}: the instrument's clock was set by ${Math.round(item.byMs)} ms`)
      } else {
        this.#lostSamples += item.kind === 'lost' ? item.samples : 0
        this.#untoldLost += item.kind === 'lost' ? item.samples : 0
      }
    }
  }

  /** To be called often: notices silence, tells what was lost and how the instrument does. */
  *check(whyNothing: string): Generator<Addressed> {
    const now = this.#clock.monotonic()
    const isSilent = now - this.#heardAt > this.#silentMs
    // Packets that are none come from an instrument that is there.
    if (isSilent && this.#state !== 'bad-data') yield* this.told('silent', whyNothing)
    if (this.#untoldLost > 0 && now - this.#notedAt >= NOTE_MS) {
      this.#notedAt = now
      const lost = this.#untoldLost
      this.#untoldLost = 0
      if (this.#state === 'ok') yield this.#device('ok', `${lost} samples were lost on the way`)
    }
    if (now - this.#healthAt >= HEALTH_MS && !isSilent) {
      this.#healthAt = now
      yield this.#health()
    }
  }

  *told(state: DeviceState['state'], reason: string): Generator<Addressed> {
    if (state === this.#state && (state !== 'failed' || reason === this.#reason)) return
    this.#state = state
    this.#reason = reason
    yield this.#device(state, reason)
  }

  #block(code: string, item: Extract<StreamItem, { kind: 'samples' }>): Measurement {
    const { countsPerUnit, unit, response } = this.#sensor.channels.find((each) => each.code === code)!
    return {
      kind: 'waveform',
      channel: code,
      startAt: item.startAt,
      rateHz: item.rateHz,
      counts: item.samples,
      countsPerUnit,
      unit,
      response,
      ...this.#sensor.timing,
    }
  }

  #health(): Addressed {
    return this.#addressed({
      kind: 'instrument',
      ...this.#timed(),
      supplyVoltageV: null,
      temperatureC: null,
      missedSamples: null,
      badFrames: this.badPackets,
      lostSamples: this.#lostSamples,
      driftPpm: null,
      driftErrorPpm: null,
      stampErrorMs: this.#sensor.timing.clockErrorMs ?? null,
    })
  }

  #device(state: DeviceState['state'], reason: string): Addressed {
    return this.#addressed({ kind: 'device', state, reason, ...this.#timed() })
  }

  #timed() {
    const { at, quality, errorMs } = this.#clock.stamp(this.#clock.monotonic())
    return errorMs === null ? { at, clock: quality } : { at, clock: quality, clockErrorMs: errorMs }
  }

  #addressed(measurement: Measurement): Addressed {
    return { sensor: this.#sensor.sensor, measurement }
  }
}
