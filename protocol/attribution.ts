import { z } from 'zod'
import { SiteId } from './ids.ts'

/** What an event that several sites felt comes from. `far`: from away, it is not known what. */
const SOURCES = ['earthquake', 'quarry', 'thunder', 'near', 'far'] as const

/**
 * What an event was when seen from several sites at once. It says where it came from, never that a site is calm: an
 * event near one site is told of that site as it was.
 */
export const Attribution = z.strictObject({
  /** The same at all sites that felt it: one event of the county. */
  event: z.string(),
  source: z.enum(SOURCES),
  confidence: z.number().min(0).max(1),
  /** How many sites felt it. */
  sites: z.number().int().min(1),
  /** Where it was, and what that is uncertain by; `null` where fewer than three sites felt it. */
  place: z.strictObject({ latitude: z.number(), longitude: z.number(), uncertaintyKm: z.number() }).nullable(),
  /** From this site to the place, or to the quarry or the site it is attributed to. */
  distanceKm: z.number().nullable(),
  /** The licensed quarry's name; `null`: none is known there, or not at that hour. */
  quarry: z.string().nullable(),
  /** The site it was near to. */
  nearSite: SiteId.nullable(),
})
export type Attribution = z.infer<typeof Attribution>
