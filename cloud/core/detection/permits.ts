import type { Permit, Site } from '@minewarden/protocol/site.ts'

/** Crews come early and leave late. */
export const PERMIT_MARGIN_MS = 10 * 60_000

/** The permit that runs at a moment, with the margins of a crew's coming and going. */
export const permitAt = (site: Site, atMs: number): Permit | null =>
  site.permits.find((permit) => atMs >= permit.from - PERMIT_MARGIN_MS && atMs <= permit.to + PERMIT_MARGIN_MS) ?? null
