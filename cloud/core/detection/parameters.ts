import { DEFAULT_RATES, type FilterRates } from './filter/rates.ts'

/** A time in which covert work is to be feared more: a season of high prices, a campaign's end. */
export interface KeyPeriod {
  readonly name: string
  /** Instants. */
  readonly from: number
  readonly to: number
}

/** What a county may tune the detector by; everything else is physics and stands beside its formula. */
export interface Parameters {
  /** Local time east of UTC: nights weigh more than days. */
  readonly utcOffsetHours: number
  /** Local hours between which it is night. */
  readonly nightFromHour: number
  readonly nightToHour: number
  /** Local hours between which hardly anybody works lawfully. */
  readonly deadFromHour: number
  readonly deadToHour: number
  /** Statutory holidays as local dates, `YYYY-MM-DD`. */
  readonly holidays: readonly string[]
  readonly keyPeriods: readonly KeyPeriod[]
  /** Readings are put in order over so long before they are judged: sensors report at different times. */
  readonly reorderMs: number
  /** A sensor that is silent for so long is not watching; a slow meter for three of its intervals. */
  readonly silentAfterMs: number
  /**
   * Log-odds at which a state is entered: of mining for reopened, of mining or opening for the others. Watch and
   * suspected are left `hysteresis` lower, reopened where suspected begins.
   */
  readonly watchAt: number
  readonly suspectedAt: number
  readonly reopenedAt: number
  readonly hysteresis: number
  /** The hidden-state model's numbers. */
  readonly rates: FilterRates
}

export const DEFAULT_PARAMETERS: Parameters = Object.freeze({
  utcOffsetHours: 8,
  nightFromHour: 20,
  nightToHour: 6,
  deadFromHour: 23.5,
  deadToHour: 5,
  holidays: [],
  keyPeriods: [],
  reorderMs: 15_000,
  silentAfterMs: 30 * 60_000,
  watchAt: -3,
  suspectedAt: 0,
  reopenedAt: 3,
  hysteresis: 1.5,
  rates: DEFAULT_RATES,
})

/** Older evidence is late: it is shown, but no order rests on it. */
export const LATE_AFTER_MS = 15 * 60_000
