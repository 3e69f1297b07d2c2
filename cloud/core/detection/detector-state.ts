/** Everything that a detector's later behaviour depends on, as plain JSON. */
import type { SiteState } from '@minewarden/protocol/finding.ts'
import type { Activity } from './activity.ts'
import type { CutView } from './after-cut.ts'
import type { BlowEar } from './blow-ear.ts'
import { type CutWatch, createCutWatch } from './cut-state.ts'
import type { DrillEar } from './drill-evidence.ts'
import { createEventJudge, type EventJudge } from './event-judge.ts'
import type { EvidenceKind } from './filter/rates.ts'
import type { MachineState } from './machine/machine-evidence.ts'
import type { PowerMeterState } from './power-evidence.ts'
import type { ProbeState } from './probe-evidence.ts'
import { createReorder, type Reorder } from './reorder.ts'
import { createBelief, type SiteBelief } from './site-belief.ts'
import { createSiteEvidence, type SiteEvidence } from './site-evidence.ts'
import { createSiteLearning, type SiteLearning } from './site-learning.ts'

/** The present stretch of unexplained load of one meter, and how much of it has been credited. */
export interface CreditedLoad {
  readonly sinceMs: number
  minutes: number
  kind: EvidenceKind
  /** Of the full weight: later stretches say less. */
  readonly share: number
  credited: number
  /** Machines were heard with it, by a meter too slow to show starts. */
  together: boolean
}

/** The kinds of sensor that report all the time, so that silence is a fault. */
export const STEADY_KINDS = ['geophone', 'power-meter'] as const
export type SteadyKind = (typeof STEADY_KINDS)[number]

export interface DetectorState {
  readonly version: number
  reorder: Reorder
  /** By `gateway/sensor`. */
  activities: { [key: string]: Activity }
  machines: { [key: string]: MachineState }
  drills: { [key: string]: DrillEar }
  blows: { [key: string]: BlowEar }
  meters: { [key: string]: PowerMeterState }
  loads: { [key: string]: CreditedLoad }
  probes: { [key: string]: ProbeState }
  judge: EventJudge
  evidence: SiteEvidence
  belief: SiteBelief
  cut: CutWatch
  /** On which side of its relay the site's meter says it measures; `null`: it has not said. */
  measuresAt: CutView['measuresAt']
  learning: SiteLearning
  /** When each kind of sensor was last heard; 0: never. */
  heard: { [K in SteadyKind]: number }
  /** Until when evidence of each kind rests on readings that were sent late. */
  lateUntil: { [kind: string]: number }
  /** It has been said that nobody watches. */
  blind: boolean
  state: SiteState
  /** That the evidence for the present reopening may ground an order has been told. */
  graded: boolean
  /** Time of the newest measurement that was judged. */
  judgedMs: number
}

const VERSION = 8

export const createState = (): DetectorState => ({
  version: VERSION,
  reorder: createReorder(),
  activities: {},
  machines: {},
  drills: {},
  blows: {},
  meters: {},
  loads: {},
  probes: {},
  judge: createEventJudge(),
  evidence: createSiteEvidence(),
  belief: createBelief(),
  cut: createCutWatch(),
  measuresAt: null,
  learning: createSiteLearning(),
  heard: { geophone: 0, 'power-meter': 0 },
  lateUntil: {},
  blind: false,
  state: 'sealed',
  graded: false,
  judgedMs: 0,
})

/** Whether a snapshot is of this version: another one's is begun anew. */
export const isState = (snapshot: unknown): snapshot is DetectorState =>
  typeof snapshot === 'object' && snapshot !== null && 'version' in snapshot && snapshot.version === VERSION
