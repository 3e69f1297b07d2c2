/**
 * Operates the breaker of a meter, by its control function, and reads back what came of it. Only for breakers that the
 * configuration names as the government's own and not life-safety; nothing that a message says reaches it: whoever
 * composes a breaker hands over an open bus and the credential.
 *
 * A trip is never repeated by itself: an answer that went lost leaves it to status word 3 to tell whether it was done.
 */
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { MeterAddress } from '../dlt645/address.ts'
import { wordsQuestion } from '../dlt645/chores.ts'
import { type ControlCredential, type ControlName, controlData, type MeterTime } from '../dlt645/control.ts'
import { commandQuestion } from '../dlt645/questions.ts'
import { type RelayStatus, relayStatusOf, STATUS_IDENTIFIERS } from '../dlt645/status.ts'
import type { MeterBus } from './driver.ts'
import { meterFault } from './meter-fault.ts'
import type { MeterOptions } from './options.ts'
import type { Outcome } from './question.ts'

export interface BreakerDeps {
  readonly bus: Pick<MeterBus, 'ask' | 'send'>
  readonly clock: Timekeeper
  readonly utcOffsetHours: number
  readonly credential: ControlCredential
}

/** What came of an operation; words for a person. */
export type BreakerResult =
  /** Status word 3 shows it. */
  | { readonly kind: 'confirmed'; readonly relay: RelayStatus }
  /** The meter took the command and does not show its effect: trip delay, large current, an outside breaker. */
  | { readonly kind: 'accepted'; readonly relay: RelayStatus | null; readonly reason: string }
  /** The meter did not take it. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** No answer, and word 3 does not show it: it may have been carried out, or be carried out until its deadline. */
  | { readonly kind: 'unknown'; readonly relay: RelayStatus | null; readonly reason: string }

/** A command that comes later is refused by the meter itself: its clock may be off by most of it. */
const VALID_MS: Millis = 60_000
/** Meters delay a trip by their own setting; beyond this nobody waits. */
const CONFIRM_WITHIN_MS: Millis = 20_000
const LOOK_EVERY_MS: Millis = 1_000

/** What word 3 shows once a command was carried out. */
const SHOWS: { readonly [C in ControlName]: (relay: RelayStatus) => boolean } = {
  trip: ({ relayOff, commandedOff }) => relayOff && commandedOff,
  // The person at the button closes it: what can be seen is that nothing commands it open any more.
  closePermitted: ({ commandedOff }) => !commandedOff,
  close: ({ relayOff, commandedOff }) => !relayOff && !commandedOff,
  alarm: ({ preTripAlarm }) => preTripAlarm,
  alarmOff: ({ preTripAlarm }) => !preTripAlarm,
  protect: ({ isProtected }) => isProtected,
  protectOff: ({ isProtected }) => !isProtected,
}

export interface Breaker {
  /** Never throws for what bus and meter do. */
  operate(name: ControlName, signal: AbortSignal): Promise<BreakerResult>
  /** `null`: the meter does not tell. */
  relay(): Promise<RelayStatus | null>
}

/**
 * Takes only a meter whose options carry a breaker of the government's own.
 * @returns the breaker, or why there is none
 */
export function createBreaker(
  meter: MeterOptions,
  deps: BreakerDeps,
): Breaker | { readonly kind: 'none'; readonly reason: string } {
  const none = (reason: string) => ({ kind: 'none' as const, reason: `${meter.id}: ${reason}` })
  const { breaker, address } = meter
  if (breaker?.ownedBy !== 'government') return none('not configured as a breaker of the government')
  if (breaker.lifeSafety !== false) return none('feeds life safety')
  if (meter.protocol !== 'dlt645' || address === 'read') return none('is not operated: name its address of DL/T 645')
  return new MeterBreaker(meter, address, deps)
}

class MeterBreaker implements Breaker {
  readonly #meter: MeterOptions
  readonly #address: MeterAddress
  readonly #deps: BreakerDeps

  constructor(meter: MeterOptions, address: MeterAddress, deps: BreakerDeps) {
    this.#meter = meter
    this.#address = address
    this.#deps = deps
  }

  async operate(name: ControlName, signal: AbortSignal): Promise<BreakerResult> {
    if (signal.aborted) return { kind: 'refused', reason: 'given up before it was sent' }
    const said = await this.#command(name)
    if (said === null || (said.kind === 'failed' && said.failure.kind === 'refused')) {
      const reason = said ? this.#words(said) : `${this.#meter.id}: its bus is not open`
      return { kind: 'refused', reason }
    }
    const relay = await this.#await(SHOWS[name], signal)
    if (relay && SHOWS[name](relay)) return { kind: 'confirmed', relay }
    if (said.kind === 'answer') return { kind: 'accepted', relay, reason: 'status word 3 does not show it' }
    return { kind: 'unknown', relay, reason: this.#words(said) }
  }

  async relay(): Promise<RelayStatus | null> {
    const question = wordsQuestion(this.#address, STATUS_IDENTIFIERS.word3, 1)
    const outcome = await this.#deps.bus.ask(this.#meter.id, question).catch(() => null)
    return outcome?.kind === 'answer' ? relayStatusOf(outcome.value[0] ?? 0) : null
  }

  /** `null`: it never left. */
  async #command(name: ControlName): Promise<Outcome<true> | null> {
    const { bus, clock, credential, utcOffsetHours } = this.#deps
    const until = meterTime(clock.now() + VALID_MS + utcOffsetHours * 3_600_000)
    const question = commandQuestion(name, this.#address, controlData(name, credential, until))
    return await bus.send(this.#meter.id, question)
  }

  async #await(isShown: (relay: RelayStatus) => boolean, signal: AbortSignal): Promise<RelayStatus | null> {
    const { clock } = this.#deps
    const giveUpAt = clock.monotonic() + CONFIRM_WITHIN_MS
    let last: RelayStatus | null = null
    while (clock.monotonic() < giveUpAt && !signal.aborted) {
      last = (await this.relay()) ?? last
      if (last && isShown(last)) return last
      await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
    }
    return last
  }

  #words(outcome: Outcome<true>): string {
    return outcome.kind === 'failed' ? meterFault(outcome.failure, this.#address, outcome.question).reason : ''
  }
}

function meterTime(localMs: number): MeterTime {
  const time = new Date(localMs)
  return {
    year: time.getUTCFullYear(),
    month: time.getUTCMonth() + 1,
    day: time.getUTCDate(),
    hour: time.getUTCHours(),
    minute: time.getUTCMinutes(),
    second: time.getUTCSeconds(),
  }
}
