import type { Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState, Measurement } from '../contract.ts'

/** About ten seconds of four channels in frames of 40 ms. */
export const MEASUREMENTS_CEILING = 1_024

/**
 * Measurements that their reader has not taken yet. When it is full the oldest is dropped, and the reader is told once it
 * comes back: `bad-data` with the count, then `ok` when it caught up. The last state of the device is never lost.
 */
export class MeasurementQueue {
  readonly #clock: Timekeeper
  readonly #ceiling: number
  #waiting: Measurement[] = []
  /** The newest state among what was dropped. */
  #droppedState: DeviceState | null = null
  #dropped = 0
  #isBehind = false
  #isWell = true
  #end: { readonly failure: { readonly error: unknown } | null } | null = null
  #wake: (() => void) | null = null

  constructor(clock: Timekeeper, ceiling: number = MEASUREMENTS_CEILING) {
    this.#clock = clock
    this.#ceiling = ceiling
  }

  push(measurement: Measurement): void {
    if (this.#end) return
    this.#waiting.push(measurement)
    if (this.#waiting.length > this.#ceiling) this.#drop()
    this.#wake?.()
  }

  /** Whether one of that kind waits. */
  holds(kind: Measurement['kind']): boolean {
    return this.#waiting.some((measurement) => measurement.kind === kind)
  }

  /** Ends the reader, after what waits when it failed or the source is exhausted. The first end counts. */
  end(failure: { readonly error: unknown } | null = null): void {
    this.#end ??= { failure }
    this.#wake?.()
  }

  /** One reader. @throws what the source threw */
  async *read(): AsyncGenerator<Measurement, void, undefined> {
    for (;;) {
      if (this.#dropped > 0 || this.#droppedState) yield* this.#tellDropped()
      const next = this.#waiting.shift()
      if (next) {
        if (next.kind === 'device') this.#isWell = next.state === 'ok'
        yield next
      } else if (this.#isBehind) yield* this.#tellCaughtUp()
      else if (this.#end?.failure) throw this.#end.failure.error
      else if (this.#end) return
      else await this.#arrival()
    }
  }

  #drop(): void {
    const oldest = this.#waiting.shift()
    if (oldest?.kind === 'device') this.#droppedState = oldest
    else this.#dropped += 1
  }

  *#tellDropped(): Generator<DeviceState> {
    const count = this.#dropped
    this.#dropped = 0
    if (count > 0) {
      this.#isBehind = true
      yield this.#state('bad-data', `line-overrun: ${count} measurements dropped that nobody took`)
    }
    const state = this.#droppedState
    this.#droppedState = null
    if (!state) return
    this.#isWell = state.state === 'ok'
    if (count === 0 || !this.#isWell) yield state
  }

  *#tellCaughtUp(): Generator<DeviceState> {
    this.#isBehind = false
    if (this.#isWell) yield this.#state('ok', '')
  }

  #state(state: DeviceState['state'], reason: string): DeviceState {
    const { at, quality, errorMs } = this.#clock.stamp(this.#clock.monotonic())
    return { kind: 'device', at, state, reason, clock: quality, ...(errorMs !== null && { clockErrorMs: errorMs }) }
  }

  async #arrival(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = null
  }
}
