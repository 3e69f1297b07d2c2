/**
 * What follows from the gateway's clock: where rows of an unknown time begin, how long they wait for it, what is moved
 * once it is known, and what an earlier or later process of this run of the machine needs to know of it.
 */
import type { Millis } from '@minewarden/protocol/time.ts'
import type { ClockKeeper } from './clock-keeper.ts'
import type { ClockShift } from './core/clock/clock-shift.ts'
import type { Hold } from './courier.ts'
import type { ClockFile } from './shell/clock-file.ts'

/** The offset is written down when it has moved by more. */
const SAVE_BEYOND_MS: Millis = 500
const SAVE_EACH_MS: Millis = 60_000

export interface ClockServiceDeps {
  readonly keeper: ClockKeeper
  readonly file: ClockFile
  readonly spool: { readonly epoch: string; readonly next: number }
  /** Moves everything from this sequence on, now. */
  readonly restamp: (shift: ClockShift, fromSequence: number) => void
}

export interface HoldOptions {
  /** How long rows of an unknown time wait before they are sent as they are. */
  readonly holdS: number
  readonly holdAlarmsS: number
}

export class ClockService {
  readonly #deps: ClockServiceDeps
  readonly #fromSequence: number
  readonly #beganMs: Millis
  #saved: { readonly offsetMs: Millis; readonly isKnown: boolean } | null = null

  constructor(deps: ClockServiceDeps) {
    const { keeper, file, spool } = deps
    this.#deps = deps
    const goesOn = file.memory !== null && !file.memory.isKnown && file.memory.epoch === spool.epoch
    this.#fromSequence = goesOn ? Math.min(file.memory.fromSequence, spool.next) : spool.next
    this.#beganMs = keeper.monotonic() - (goesOn ? file.memory.ageMs : 0)
  }

  /** Which rows are not to be sent yet; `null`: the time is as good as it will be. */
  hold({ holdS, holdAlarmsS }: HoldOptions): Hold | null {
    const { keeper } = this.#deps
    if (!keeper.isUnset) return null
    const until = (waitS: number): Millis => this.#beganMs + waitS * 1000
    return {
      fromSequence: this.#fromSequence,
      untilMs: { alarm: until(holdAlarmsS), feature: until(holdS), waveform: until(holdS) },
    }
  }

  /** Runs until aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { keeper, restamp } = this.#deps
    keeper.onShift((shift) => {
      restamp(shift, this.#fromSequence)
      this.#save()
    })
    this.#save()
    const looking = keeper.run(signal)
    while (!signal.aborted) {
      await keeper.sleep(SAVE_EACH_MS, signal).catch(() => undefined)
      this.#save()
    }
    await looking
  }

  #save(): void {
    const { keeper, file, spool } = this.#deps
    const { offsetMs, isKnown } = keeper
    const moved = Math.abs(offsetMs - (this.#saved?.offsetMs ?? 0))
    if (this.#saved?.isKnown === isKnown && moved <= SAVE_BEYOND_MS) return
    this.#saved = { offsetMs, isKnown }
    const ageMs = keeper.monotonic() - this.#beganMs
    file.save({ offsetMs, isKnown, ageMs, epoch: spool.epoch, fromSequence: this.#fromSequence })
  }
}
