/**
 * What is wrong with a digitiser that sends, in words for who stands before it; from what came in of late. A fault is
 * told as long as it recurs within half a minute: a state that flickers helps nobody.
 */
import type { Millis } from '@minewarden/protocol/time.ts'
import type { DeviceState } from '../contract.ts'
import type { Health } from './messages.ts'

export type Condition = Pick<DeviceState, 'state' | 'reason'>

const HOLD_MS: Millis = 30_000
/** One damaged frame now and then is what a line does; more than one of so many is a fault. */
const DAMAGE_SHARE = 0.005
const LEAST_DAMAGED = 3
/** Bits of the reset cause, as the ATmega328P has them. @see Microchip DS40002061B, 11.9.1 MCUSR */
const RESET_CAUSES = [
  [4, 'its supply broke down (brown-out): check supply and USB cable'],
  [8, 'its watchdog: the firmware hung, or a reset was ordered'],
  [2, 'its reset pin: a button, or the port was opened'],
  [1, 'power came on'],
] as const

/** Something that happened, when last and how often since it began to recur. */
class Recent {
  #lastAt: Millis = Number.NEGATIVE_INFINITY
  #sum = 0

  add(now: Millis, count = 1): void {
    if (now - this.#lastAt > HOLD_MS) this.#sum = 0
    this.#lastAt = now
    this.#sum += count
  }

  /** 0 when it has not recurred. */
  of(now: Millis): number {
    return now - this.#lastAt > HOLD_MS ? 0 : this.#sum
  }
}

/** Frames that came whole: those since damage began to recur, and of the time before it half a minute or two. */
class SoundFrames {
  #beganAt: Millis = Number.NEGATIVE_INFINITY
  #sum = 0
  #before = 0

  /** @param isDamaging whether damage recurs: then all count, as all damage does */
  add(now: Millis, isDamaging: boolean): void {
    if (!isDamaging && now - this.#beganAt > HOLD_MS) {
      this.#beganAt = now
      this.#before = this.#sum
      this.#sum = 0
    }
    this.#sum += 1
  }

  get count(): number {
    return this.#before + this.#sum
  }
}

export class ConditionWatch {
  readonly #damaged = new Recent()
  readonly #sound = new SoundFrames()
  readonly #lost = new Recent()
  readonly #missed = new Recent()
  readonly #clipped = new Recent()
  readonly #supplyLow = new Recent()
  readonly #adcErrors = new Recent()
  readonly #restarts = new Recent()
  readonly #pulses = new Recent()
  #restartCause = ''
  #health: Health | null = null

  sound(now: Millis): void {
    this.#sound.add(now, this.#damaged.of(now) > 0)
  }

  /** @param flags `calibrating`: a pulse is on, or the geophones still ring of it */
  data(
    now: Millis,
    flags: { readonly clipped: boolean; readonly supplyLow: boolean; readonly calibrating: boolean },
  ): void {
    if (flags.calibrating) this.#pulses.add(now)
    // A pulse may reach the end of the range: that is no fault.
    else if (flags.clipped) this.#clipped.add(now)
    if (flags.supplyLow) this.#supplyLow.add(now)
  }

  damaged(now: Millis, frames: number): void {
    this.#damaged.add(now, frames)
  }

  gap(now: Millis, lost: number, missed: number): void {
    if (lost > 0) this.#lost.add(now, lost)
    if (missed > 0) this.#missed.add(now, missed)
  }

  restarted(now: Millis, cause: number): void {
    this.#restarts.add(now)
    this.#restartCause = RESET_CAUSES.find(([bit]) => (cause & bit) !== 0)?.[1] ?? 'cause unknown'
  }

  health(now: Millis, health: Health): void {
    const more = health.adcCrcErrors - (this.#health?.adcCrcErrors ?? health.adcCrcErrors)
    if (more > 0) this.#adcErrors.add(now, more)
    this.#health = health
  }

  /** How the digitiser is, most serious first. */
  of(now: Millis): Condition {
    const damaged = this.#damaged.of(now)
    const frames = damaged + this.#sound.count
    if (damaged >= LEAST_DAMAGED && damaged > DAMAGE_SHARE * frames) {
      const share = `${((100 * damaged) / frames).toPrecision(2)} % of frames damaged`
      return { state: 'bad-data', reason: `${share}: check cable, plug and ground; keep it away from power lines` }
    }
    const lost = this.#lost.of(now)
    if (lost > 0) return { state: 'bad-data', reason: `${lost} samples lost on the way` }
    const missed = this.#missed.of(now)
    if (missed > 0) return { state: 'bad-data', reason: `${missed} samples missed by the digitiser` }
    const adcErrors = this.#adcErrors.of(now)
    if (adcErrors > 0) {
      const reason = `${adcErrors} damaged words between ADC and controller: check the wires between them`
      return { state: 'bad-data', reason }
    }
    if (this.#clipped.of(now) > 0) {
      const reason =
        'an input reaches the end of its range: the motion is larger than shown, the gain too high, or a wire is off'
      return { state: 'bad-data', reason }
    }
    return { state: 'ok', reason: this.#remark(now) }
  }

  /** What is worth saying of a digitiser that works. */
  #remark(now: Millis): string {
    if (this.#supplyLow.of(now) > 0) {
      const supply = this.#health ? `: ${this.#health.supplyV.toFixed(2)} V` : ''
      return `supply low${supply}; check battery, panel or USB cable`
    }
    if (this.#pulses.of(now) > 0) return 'calibration pulse: its samples of the ground are left out'
    return this.#restarts.of(now) > 0 ? `restarted: ${this.#restartCause}` : ''
  }
}
