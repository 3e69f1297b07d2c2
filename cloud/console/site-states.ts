import type { SiteState } from '@minewarden/protocol/finding.ts'

/** The states of a site in the order in which people want to see them. */
export const GRAVEST_FIRST = ['reopened', 'suspected', 'watch', 'sealed'] as const satisfies readonly SiteState[]
