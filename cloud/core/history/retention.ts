/**
 * How long what is kept. InfluxDB 1.x calls each a retention policy; a measurement is written to the one that it declares,
 * and its downsampled fields to `tenMinutes` under the same name.
 */
export const RETENTION_POLICIES = {
  raw: { what: 'readings and figures as they came', days: 30, shardHours: 24, windowMs: null },
  tenMinutes: {
    what: 'ten-minute windows of the numbers in `raw`',
    days: 730,
    shardHours: 7 * 24,
    windowMs: 600_000,
  },
  facts: { what: 'what was found, ordered and alarmed', days: 3650, shardHours: 30 * 24, windowMs: null },
} as const
export type RetentionPolicy = keyof typeof RETENTION_POLICIES

/** Days by policy, as configured. */
export type RetentionDays = { readonly [P in RetentionPolicy]: number }
export const DEFAULT_RETENTION_DAYS: RetentionDays = {
  raw: RETENTION_POLICIES.raw.days,
  tenMinutes: RETENTION_POLICIES.tenMinutes.days,
  facts: RETENTION_POLICIES.facts.days,
}
