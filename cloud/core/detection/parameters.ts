/** What the detector may be tuned by. */
export interface Parameters {
  /** Local time east of UTC: nights weigh more than days. */
  readonly utcOffsetHours: number
}

export const DEFAULT_PARAMETERS: Parameters = { utcOffsetHours: 8 }
