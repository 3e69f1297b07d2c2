import type { Finding } from '@minewarden/protocol/finding.ts'
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import { DEFAULT_PARAMETERS, type Parameters } from './parameters.ts'

/**
 * Judges one site from the readings of its sensors: what each event was, and whether the site has been reopened.
 * Pure: time comes with the readings and through `advanceTo`; nothing else is looked at.
 */
export interface SiteDetector {
  /** `historical`: sent late (`is_historical`); evidence older than 15 minutes gives late findings, never a state. */
  observe(gateway: GatewayId, reading: Reading, context: { historical: boolean }): Finding[]
  /** Time has passed: readings up to `at` are complete, whatever comes later from before is late. */
  advanceTo(at: Instant): Finding[]
  /** Everything that later behaviour depends on, as plain JSON. */
  snapshot(): unknown
}

/** @param snapshot what an earlier detector of the same site and version returned; one of another version is ignored. */
export function createSiteDetector(
  _site: Site,
  _parameters: Parameters = DEFAULT_PARAMETERS,
  _snapshot?: unknown,
): SiteDetector {
  return { observe: () => [], advanceTo: () => [], snapshot: () => ({}) }
}
