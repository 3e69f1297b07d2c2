/**
 * Decides when the cabinet has something to tell: at each change that stands long enough, and from time to time. Pure; sees
 * only what it is given, so a change between two looks that is undone by the second is not seen.
 */
import type { Millis } from '@minewarden/protocol/time.ts'
import type { EnclosureReading } from '../contract.ts'

/** What the pins say now. */
export type EnclosureState = Omit<EnclosureReading, 'kind' | 'at' | 'clock' | 'clockErrorMs'>

export interface EnclosureLimits {
  readonly debounceMs: Millis
  readonly reportMs: Millis
}

/** A tilt or a voltage that moves by less is told with the next regular reading. */
export const TILT_STEP_DEG = 2
export const SUPPLY_STEP_V = 0.3
/** Measured values have noise and the cabinet is shaken by blasts: they must stand for longer than a contact. */
const ANALOG_HOLD_MS: Millis = 1_000

type Field = keyof EnclosureState
const FIELDS: readonly Field[] = ['doorOpen', 'tampered', 'tiltDeg', 'supplyVoltageV', 'sirenOn', 'strobeOn', 'relayOn']

export class Enclosure {
  readonly #limits: EnclosureLimits
  #settled: EnclosureState | null = null
  #reportedAt: Millis = 0
  /** Since when a field differs from what is settled. */
  readonly #since = new Map<Field, Millis>()

  constructor(limits: EnclosureLimits) {
    this.#limits = limits
  }

  /** @returns what is to be told now, or `null`. @param at monotonic, never decreasing */
  look(now: EnclosureState, at: Millis): EnclosureState | null {
    const settled = this.#settled
    const changed = settled === null ? FIELDS : FIELDS.filter((field) => this.#hasChanged(field, settled, now, at))
    const isTime = at - this.#reportedAt >= this.#limits.reportMs
    if (changed.length === 0 && !isTime) return null
    this.#reportedAt = at
    this.#settled = settled === null ? now : this.#merge(settled, now, changed)
    return this.#settled
  }

  #hasChanged(field: Field, settled: EnclosureState, now: EnclosureState, at: Millis): boolean {
    if (!differs(field, settled[field], now[field])) {
      this.#since.delete(field)
      return false
    }
    const since = this.#since.get(field) ?? at
    this.#since.set(field, since)
    return at - since >= this.#holdMs(field)
  }

  /** Numbers are told as they are now; of contacts only what is believed. */
  #merge(settled: EnclosureState, now: EnclosureState, changed: readonly Field[]): EnclosureState {
    for (const field of changed) this.#since.delete(field)
    const pick = <F extends Field>(field: F): EnclosureState[F] =>
      changed.includes(field) || (isNumber(field) && !this.#since.has(field)) ? now[field] : settled[field]
    return {
      doorOpen: pick('doorOpen'),
      tampered: pick('tampered'),
      tiltDeg: pick('tiltDeg'),
      supplyVoltageV: pick('supplyVoltageV'),
      sirenOn: pick('sirenOn'),
      strobeOn: pick('strobeOn'),
      relayOn: pick('relayOn'),
    }
  }

  #holdMs(field: Field): Millis {
    if (isNumber(field)) return ANALOG_HOLD_MS
    return field === 'doorOpen' || field === 'tampered' ? this.#limits.debounceMs : 0
  }
}

const isNumber = (field: Field): boolean => field === 'tiltDeg' || field === 'supplyVoltageV'

function differs(field: Field, before: number | boolean | null, now: number | boolean | null): boolean {
  if (typeof before !== 'number' || typeof now !== 'number') return before !== now
  return Math.abs(now - before) >= (field === 'tiltDeg' ? TILT_STEP_DEG : SUPPLY_STEP_V)
}
