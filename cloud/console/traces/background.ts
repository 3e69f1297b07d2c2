import type { SiteState } from '@minewarden/protocol/finding.ts'
import type { FindingDocument } from '../../http/documents.ts'

/** What is drawn behind the lines: the site's states over time and its events. Seconds since 1970. */
export interface Background {
  readonly bands: readonly { readonly fromS: number; readonly toS: number; readonly state: SiteState }[]
  readonly marks: readonly { readonly atS: number }[]
}

/** Far enough ahead for a band that has not ended. */
const OPEN_END_S = Number.MAX_SAFE_INTEGER / 1e6

/** @param findings newest first */
export function backgroundOf(findings: readonly FindingDocument[]): Background {
  const bands: { fromS: number; toS: number; state: SiteState }[] = []
  const marks: { atS: number }[] = []
  let endsS = OPEN_END_S
  for (const finding of findings) {
    if (finding.kind === 'event') marks.push({ atS: Date.parse(finding.onset) / 1000 })
    else if (finding.kind === 'state' && !finding.late) {
      const fromS = Date.parse(finding.at) / 1000
      bands.push({ fromS, toS: endsS, state: finding.state })
      endsS = fromS
    }
  }
  return { bands, marks }
}
