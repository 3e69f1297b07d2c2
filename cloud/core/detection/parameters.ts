/** What the detector may be tuned by; everything else is physics and stands beside its formula. */
export interface Parameters {
  /** Local time east of UTC: nights weigh more than days. */
  readonly utcOffsetHours: number
  /** Local hours between which it is night. */
  readonly nightFromHour: number
  readonly nightToHour: number
  /** Readings are put in order over so long before they are judged: sensors report at different times. */
  readonly reorderMs: number
  /** Log-odds that a sealed site, about which nothing is known, is being mined. */
  readonly priorLogOdds: number
  /** Log-odds at which a state is entered; watch and suspected are left `hysteresis` lower, reopened where suspected begins. */
  readonly watchAt: number
  readonly suspectedAt: number
  readonly reopenedAt: number
  readonly hysteresis: number
}

export const DEFAULT_PARAMETERS: Parameters = Object.freeze({
  utcOffsetHours: 8,
  nightFromHour: 20,
  nightToHour: 6,
  reorderMs: 15_000,
  priorLogOdds: -6,
  watchAt: -3,
  suspectedAt: 0,
  reopenedAt: 3,
  hysteresis: 1.5,
})

/** Whether it is night at a moment. */
export function isNight(atMs: number, parameters: Parameters): boolean {
  const hour = (((atMs / 3_600_000 + parameters.utcOffsetHours) % 24) + 24) % 24
  return hour >= parameters.nightFromHour || hour < parameters.nightToHour
}

/** Older evidence is late: it is shown, but no order rests on it. */
export const LATE_AFTER_MS = 15 * 60_000
