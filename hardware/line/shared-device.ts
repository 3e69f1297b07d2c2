/**
 * One device with several sensors: one conversation in the background, as long as at least one sensor is read, and a
 * driver for each sensor with a bounded queue of its own, so that a slow or dead reader holds up nobody.
 */
import { setImmediate as yieldTurn } from 'node:timers/promises'
import type { SensorId, SensorKind } from '@minewarden/protocol/ids.ts'
import type { Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState, Measurement, SensorDriver } from '../contract.ts'
import { MeasurementQueue } from './measurement-queue.ts'

/** What a device measured and for which of its sensors. */
export interface Addressed {
  readonly sensor: SensorId
  readonly measurement: Measurement
}

export interface SharedDeviceOptions {
  readonly sensors: readonly {
    readonly sensor: SensorId
    readonly kind: SensorKind
    readonly channels: readonly string[]
  }[]
  /** Begun when the first sensor is read, aborted when the last one no longer is. States go to all sensors. */
  readonly read: (signal: AbortSignal) => AsyncIterable<Addressed | DeviceState>
  readonly clock: Timekeeper
  readonly actuate?: SensorDriver['actuate']
}

/** Work for one device before all others get their turn, in real milliseconds. */
const SLICE_MS = 5

/** One driver a sensor, in the order of the options. At most one reader a sensor. */
export function shareDevice(options: SharedDeviceOptions): SensorDriver[] {
  const device = new SharedDevice(options)
  return options.sensors.map(({ sensor, kind, channels }) => ({
    sensor,
    kind,
    channels,
    read: (signal) => device.read(sensor, signal),
    ...(options.actuate && { actuate: options.actuate }),
  }))
}

class SharedDevice {
  readonly #options: SharedDeviceOptions
  readonly #queues = new Map<SensorId, MeasurementQueue>()
  #lastState: DeviceState | null = null
  /** States of a part of the device, such as one meter of a bus. */
  readonly #lastStates = new Map<SensorId, DeviceState>()
  #stop: AbortController | null = null
  /** The former conversation: a new one waits for its end, which frees the line. */
  #running: Promise<void> = Promise.resolve()

  constructor(options: SharedDeviceOptions) {
    this.#options = options
  }

  async *read(sensor: SensorId, signal: AbortSignal): AsyncGenerator<Measurement, void, undefined> {
    if (signal.aborted) return
    const queue = new MeasurementQueue(this.#options.clock)
    const leave = () => queue.end()
    signal.addEventListener('abort', leave, { once: true })
    this.#queues.get(sensor)?.end()
    this.#queues.set(sensor, queue)
    const lastState = this.#lastStates.get(sensor) ?? this.#lastState
    if (this.#stop && lastState) queue.push(lastState)
    this.#begin()
    try {
      yield* queue.read()
    } finally {
      signal.removeEventListener('abort', leave)
      if (this.#queues.get(sensor) === queue) this.#queues.delete(sensor)
      if (this.#queues.size === 0) this.#end()
    }
  }

  #begin(): void {
    if (this.#stop) return
    const stop = new AbortController()
    this.#stop = stop
    this.#running = this.#running.then(() => this.#run(stop))
  }

  #end(): void {
    this.#stop?.abort()
    this.#stop = null
    this.#lastState = null
    this.#lastStates.clear()
  }

  async #run(stop: AbortController): Promise<void> {
    let failure: { readonly error: unknown } | null = null
    try {
      if (!stop.signal.aborted) await this.#distribute(stop.signal)
    } catch (error) {
      failure = { error }
    }
    if (this.#stop !== stop) return
    this.#stop = null
    this.#lastState = null
    this.#lastStates.clear()
    for (const queue of this.#queues.values()) queue.end(failure)
  }

  async #distribute(signal: AbortSignal): Promise<void> {
    let sliceEndsAt = performance.now() + SLICE_MS
    for await (const item of this.#options.read(signal)) {
      if (signal.aborted) return
      this.#deliver(item)
      if (performance.now() < sliceEndsAt) continue
      await yieldTurn()
      sliceEndsAt = performance.now() + SLICE_MS
    }
  }

  #deliver(item: Addressed | DeviceState): void {
    if ('measurement' in item) {
      if (item.measurement.kind === 'device') this.#lastStates.set(item.sensor, item.measurement)
      this.#queues.get(item.sensor)?.push(item.measurement)
    } else {
      this.#lastState = item
      this.#lastStates.clear()
      for (const queue of this.#queues.values()) queue.push(item)
    }
  }
}
