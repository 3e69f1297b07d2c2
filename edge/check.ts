/** One line of the technician's check. */
export interface Check {
  /** `sensor geo-1`, `clock`, `disk`, `uplink mqtt://...`. */
  readonly name: string
  readonly passed: boolean
  readonly detail: string
  /** What to do about it; empty when passed. */
  readonly hint: string
}

export const pass = (name: string, detail: string): Check => ({ name, passed: true, detail, hint: '' })
export const fail = (name: string, detail: string, hint: string): Check => ({ name, passed: false, detail, hint })
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
