import type { Reason } from '@minewarden/protocol/finding.ts'
import type { SiteId } from '@minewarden/protocol/ids.ts'
import type { Clock } from '@minewarden/protocol/time.ts'
import type { AuditService } from '../core/audit-port.ts'
import type { EvidenceService } from '../core/evidence/evidence-port.ts'
import type { FeedbackService } from '../core/feedback/feedback.ts'
import type { StandingService } from '../core/orders/standing-port.ts'
import type { PicturesService } from '../core/pictures.ts'
import type { History, Live, Logger, OrdersService, Sessions, SitesService } from '../core/ports.ts'
import type { ProbeBoard } from '../core/probes/probe-board.ts'
import type { ProofsService } from '../core/proofs-port.ts'
import type { ReplaysService } from '../core/tuning/replays-port.ts'
import type { TuningService } from '../core/tuning/tuning.ts'
import type { WaveformsService } from '../core/waveforms.ts'
import type { LiveLimits } from './live-client.ts'

/** One sentence in both languages of the pages. */
export interface Words {
  readonly zh: string
  readonly en: string
}

/** Puts a reason of the detector into words. */
export type ReasonText = (reason: Reason) => Words

/** What the API and the console are made of. */
export interface ServerDeps {
  readonly sites: SitesService
  readonly feedback: FeedbackService
  readonly tuning: TuningService
  readonly replays: ReplaysService
  /** What a site's detector knows, as plain JSON: where a replay begins. */
  readonly snapshotOf: (site: SiteId) => unknown
  readonly orders: OrdersService
  readonly proofs: ProofsService
  readonly standings: StandingService
  readonly audit: AuditService
  readonly evidence: EvidenceService
  readonly sessions: Sessions
  readonly history: Pick<History, 'query'>
  readonly waveforms: WaveformsService
  readonly probes: Pick<ProbeBoard, 'list' | 'get' | 'counts'>
  readonly pictures: PicturesService
  readonly live: Live
  readonly clock: Clock
  readonly logger: Logger
  readonly reasonText: ReasonText
  /** Reading needs no session: for a demo only. */
  readonly publicReading: boolean
  /** Folder of the built console (`cloud/console/dist`); `null` serves the API alone. */
  readonly staticDir: string | null
  /** A reverse proxy that we trust stands in front and sets `X-Forwarded-*`. Default false. */
  readonly trustProxy?: boolean
  readonly liveLimits?: Partial<LiveLimits>
}
