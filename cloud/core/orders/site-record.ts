import type { Reason } from '@minewarden/protocol/finding.ts'
import type { SupplyPointId } from '@minewarden/protocol/ids.ts'
import type { OrderedPoint } from '@minewarden/protocol/order.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import type { LegalStep, LegalWaiver, Sighting, StepEntry } from '../law/record.ts'
import type { Basis, Demand } from '../law/rules.ts'
import type { AllOut, Evacuation, FumesCertificate, PeopleRecord, PeopleStatement } from './people.ts'

/** What people record of an order besides approving it. */
export type SiteRecord =
  | { readonly kind: 'legal-step'; readonly entry: StepEntry }
  | { readonly kind: 'legal-waiver'; readonly waiver: Omit<LegalWaiver, 'by'> }
  | { readonly kind: 'sighting'; readonly sighting: Omit<Sighting, 'by'> }
  | { readonly kind: 'people-statement'; readonly statement: Omit<PeopleStatement, 'by'> }
  | {
      readonly kind: 'evacuation'
      /** `delayMinutes`: longer than the site's own; `null`: the site's. */
      readonly evacuation: Omit<Evacuation, 'by' | 'begunAt' | 'delayMs'> & { readonly delayMinutes: number | null }
    }
  | { readonly kind: 'all-out'; readonly allOut: Omit<AllOut, 'by'> }
  | { readonly kind: 'fumes'; readonly fumes: Omit<FumesCertificate, 'by'> }

/** The legal side of an order as pages show it. */
export interface LegalView {
  readonly rulesVersion: string
  readonly basis: Pick<Basis, 'code' | 'name' | 'lawyer' | 'noticeHours' | 'noticeWaivable'> | null
  readonly department: string
  readonly operator: string | null
  /** Each step that is demanded, with what was recorded of it. */
  readonly steps: readonly { readonly demand: Demand; readonly done: LegalStep | null }[]
  readonly waiver: LegalWaiver | null
  readonly sighting: Sighting | null
  /** The waiver stands: complete, and not lapsed. */
  readonly urgent: boolean
  /** From when power may be stopped; `null`: nobody knows yet. */
  readonly stopPowerTime: Instant | null
}

/** The side of people below ground as pages show it. */
export interface PeopleView extends PeopleRecord {
  /** Each supply point with the class it is dealt with by, and the gates that hold it now. */
  readonly points: readonly {
    readonly id: SupplyPointId
    readonly class: OrderedPoint['loadClass']
    readonly held: readonly { readonly code: string; readonly problems: readonly Reason[] }[]
  }[]
}
