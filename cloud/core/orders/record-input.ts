import type { Instant } from '@minewarden/protocol/time.ts'
import type { User } from '../ports.ts'
import type { GateFacts } from './gates/gate.ts'
import type { Disturbance } from './people.ts'
import type { SiteRecord } from './site-record.ts'

/** The same as an input of the machine, and what sensors say against it. */
export type RecordInput =
  | (SiteRecord & { readonly by: User; readonly facts: GateFacts })
  | { readonly kind: 'site-disturbed'; readonly disturbance: Disturbance; readonly now: Instant }
