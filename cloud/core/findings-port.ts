import type { EventFinding, Finding, StateFinding } from '@minewarden/protocol/finding.ts'
import type { CountyCode, SiteId } from '@minewarden/protocol/ids.ts'

/** A finding in the order in which it was made; `offset` is its number. */
export interface RecordedFinding {
  readonly offset: number
  readonly finding: Finding
}

/** What the detectors have made of the journal up to an offset: all of it or nothing is written. */
export interface DetectorCheckpoint {
  /** The last journal row that went into it. */
  readonly offset: number
  /** Of the sites that changed since the last checkpoint. */
  readonly snapshots: readonly { readonly site: SiteId; readonly snapshot: unknown }[]
  /** Of the counties whose networks changed since the last checkpoint. */
  readonly networks?: readonly { readonly county: CountyCode; readonly snapshot: unknown }[]
  readonly findings: readonly Finding[]
}

/** Findings and detector checkpoints, in one file so that one transaction holds both. */
export interface FindingsStore {
  /** Number of the newest finding. */
  readonly head: number
  /** Durable when it returns. @throws CloudError `findings-unusable`; then nothing was written */
  save(checkpoint: DetectorCheckpoint): readonly RecordedFinding[]
  /** The journal offset of the last checkpoint; 0 when there is none. */
  checkpointOffset(): number
  /** `undefined` when the site has none. */
  snapshotOf(site: SiteId): unknown
  /** The same of a county's network. */
  networkOf(county: CountyCode): unknown
  /** Findings after a number, oldest first. */
  read(after: number, limit: number): readonly RecordedFinding[]
  /** Newest first. */
  latest(site: SiteId, limit: number): Finding[]
  lastState(site: SiteId): StateFinding | null
  lastEvent(site: SiteId): EventFinding | null
  /** Number of the last finding that a consumer (the orders) has dealt with. */
  offsetOf(consumer: string): number
  advance(consumer: string, offset: number): void
  close(): void
}
