/**
 * Feeds the journal to the detectors of all sites and writes down what they find. A finding is told to nobody before it
 * is in the same transaction as the detectors' state and the offset of the last row that went into it: after a kill the
 * rows since the last checkpoint are judged again, and nothing is found twice.
 */
import type { Finding } from '@minewarden/protocol/finding.ts'
import type { GatewayId, SiteId } from '@minewarden/protocol/ids.ts'
import type { LicensedQuarry } from '@minewarden/protocol/quarry.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import type { SupplyOrder } from './detection/cut-watch.ts'
import { modelOf } from './detection/filter/model.ts'
import { SiteFilter } from './detection/filter/site-filter.ts'
import { Networks } from './detection/network/networks.ts'
import type { Parameters as DetectionParameters } from './detection/parameters.ts'
import {
  createSiteDetector,
  type NetworkMember,
  type SiteDetector,
  type SupplyListener,
} from './detection/site-detector.ts'
import type { FindingsStore } from './findings-port.ts'
import type { JournalRow } from './ports.ts'

/** Without a finding, so much is judged again after a kill. */
export const CHECKPOINT_EACH_MS: Millis = 10_000
/** Rows on their way from a healthy gateway are here by then; what comes later is late. */
export const COMPLETE_AFTER_MS: Millis = 5_000

/** A stamp further ahead of its arrival is of a wrong clock: what it stamps counts as measured when it arrived. */
export const MAX_AHEAD_MS: Millis = 60_000

export interface DetectionDeps {
  readonly sites: readonly Site[]
  readonly siteOf: ReadonlyMap<GatewayId, SiteId>
  readonly findings: Pick<FindingsStore, 'checkpointOffset' | 'snapshotOf' | 'save'> &
    Partial<Pick<FindingsStore, 'networkOf'>>
  /** Whose rounds are expected, and when. */
  readonly quarries?: readonly LicensedQuarry[]
  readonly parameters: DetectionParameters
  /** Of a site that is judged by others. */
  readonly parametersOf?: (site: SiteId) => DetectionParameters
  /** Another way of judging, for tests. */
  readonly createDetector?: (...args: Parameters<typeof createSiteDetector>) => DeskDetector
  /** A finding that is on the disk. */
  readonly onFinding: (finding: Finding, number: number) => void
}

/** What the desk needs of a detector; one that knows nothing of orders and neighbours will do. */
type DeskDetector = SiteDetector & Partial<SupplyListener> & Partial<NetworkMember>

/** A neighbour's wire reaches so far at 380 V and a step-up; farther ones are not asked. */
const NEIGHBOUR_M = 3000
const METRES_PER_DEGREE = 111_195

export class DetectionDesk {
  readonly #deps: DetectionDeps
  readonly #detectors: Map<SiteId, DeskDetector>
  /** Makes a site's detector, by its present parameters, from what another one knew. */
  readonly #make = new Map<SiteId, (snapshot: unknown) => DeskDetector>()
  readonly #neighbours: ReadonlyMap<SiteId, readonly SiteId[]>
  readonly #networks: Networks
  readonly #dirty = new Set<SiteId>()
  #pending: Finding[] = []
  #offset: number
  #savedAt: Instant | null = null

  constructor(deps: DetectionDeps) {
    this.#deps = deps
    this.#offset = deps.findings.checkpointOffset()
    const create = deps.createDetector ?? createSiteDetector
    this.#neighbours = neighboursOf(deps.sites)
    // One filter for all sites: what changes with each reading lies side by side in memory.
    const filter = new SiteFilter(modelOf(deps.parameters.rates), deps.sites.length)
    for (const [index, site] of deps.sites.entries()) {
      const parameters = () => deps.parametersOf?.(site.id) ?? deps.parameters
      this.#make.set(site.id, (snapshot) => create(site, parameters(), snapshot, { filter, index }))
    }
    this.#detectors = new Map([...this.#make].map(([site, make]) => [site, make(deps.findings.snapshotOf(site))]))
    this.#networks = new Networks({
      sites: deps.sites,
      quarries: deps.quarries ?? [],
      utcOffsetHours: deps.parameters.utcOffsetHours,
      memberOf: (site) => this.#detectors.get(site),
      snapshotOf: (county) => deps.findings.networkOf?.(county),
    })
  }

  /** An order cut a site's supply, or gave it back: what the detector finds of it afterwards has its own kind. */
  tellSupply(site: SiteId, order: SupplyOrder): void {
    this.#detectors.get(site)?.tellSupply?.(order)
    this.#dirty.add(site)
  }

  /** A site's parameters have changed: it is judged by them from here on, with all that is learnt and believed. */
  retune(site: SiteId): void {
    const detector = this.#detectors.get(site)
    const make = this.#make.get(site)
    if (!detector || !make) return
    this.#detectors.set(site, make(detector.snapshot()))
    this.#dirty.add(site)
  }

  /** What a site's detector knows, as plain JSON; `undefined`: no such site. */
  snapshotOf(site: SiteId): unknown {
    return this.#detectors.get(site)?.snapshot()
  }

  /** The last row that was judged. */
  get offset(): number {
    return this.#offset
  }

  /** @throws CloudError `findings-unusable`; what was found is kept and written with the next call */
  judge(rows: readonly JournalRow[], at: Instant): void {
    for (const row of rows) {
      if (row.offset <= this.#offset) continue
      const site = this.#deps.siteOf.get(row.gateway)
      const detector = site === undefined ? undefined : this.#detectors.get(site)
      this.#offset = row.offset
      if (site === undefined || !detector) continue
      this.#pending.push(...detector.observe(row.gateway, inTime(row), { historical: row.historical }))
      this.#dirty.add(site)
      this.#exchange(site)
      this.#tellNeighbours(site, row)
    }
    this.#save(at)
  }

  /** Time has passed and no row is waiting: everything up to a few seconds ago is complete. */
  advance(at: Instant): void {
    const complete = instant(at - COMPLETE_AFTER_MS)
    for (const [site, detector] of this.#detectors) {
      const found = detector.advanceTo(complete)
      if (found.length > 0) this.#dirty.add(site)
      this.#pending.push(...found)
      this.#exchange(site)
    }
    this.#save(at)
  }

  /** Writes what is not written yet. */
  checkpoint(at: Instant): void {
    if (this.#dirty.size === 0 && this.#pending.length === 0) return
    const snapshots = [...this.#dirty].flatMap((site) => {
      const detector = this.#detectors.get(site)
      return detector ? [{ site, snapshot: detector.snapshot() }] : []
    })
    const networks = this.#networks.snapshots()
    const recorded = this.#deps.findings.save({ offset: this.#offset, snapshots, networks, findings: this.#pending })
    this.#dirty.clear()
    this.#networks.saved()
    this.#pending = []
    this.#savedAt = at
    for (const { finding, offset } of recorded) this.#deps.onFinding(finding, offset)
  }

  /** What one site felt the others of its county may have felt as well. */
  #exchange(site: SiteId): void {
    this.#pending.push(...this.#networks.exchange(site, (changed) => this.#dirty.add(changed)))
  }

  /** What one site's meter reads may be what another site's machines draw. */
  #tellNeighbours(site: SiteId, { gateway, reading, historical }: JournalRow): void {
    if (historical || reading.kind !== 'power' || reading.fields.activePowerW === null) return
    for (const other of this.#neighbours.get(site) ?? []) {
      const meter = `${gateway}/${reading.sensor}`
      this.#detectors.get(other)?.tellNeighbour?.(meter, reading.measuredAt, reading.fields.activePowerW)
    }
  }

  #save(at: Instant): void {
    const waited = this.#savedAt === null || at < this.#savedAt ? CHECKPOINT_EACH_MS : at - this.#savedAt
    if (this.#pending.length > 0 || waited >= CHECKPOINT_EACH_MS) this.checkpoint(at)
  }
}

/** The sites near each; the nearest first, a few of them. */
function neighboursOf(sites: readonly Site[]): ReadonlyMap<SiteId, readonly SiteId[]> {
  const byLatitude = [...sites].sort((a, b) => a.latitude - b.latitude)
  return new Map(
    byLatitude.map((site, i) => {
      const near: { id: SiteId; metres: number }[] = []
      for (const step of [-1, 1]) {
        for (let j = i + step; j >= 0 && j < byLatitude.length; j += step) {
          const other = byLatitude[j]!
          if (Math.abs(other.latitude - site.latitude) * METRES_PER_DEGREE > NEIGHBOUR_M) break
          const metres = distanceM(site, other)
          if (metres <= NEIGHBOUR_M) near.push({ id: other.id, metres })
        }
      }
      near.sort((a, b) => a.metres - b.metres)
      return [site.id, near.slice(0, MOST_NEIGHBOURS).map(({ id }) => id)]
    }),
  )
}
const MOST_NEIGHBOURS = 8

/** On a plane: good to a metre over a few kilometres. */
function distanceM(a: Site, b: Site): number {
  const east = (a.longitude - b.longitude) * Math.cos((a.latitude * Math.PI) / 180)
  return METRES_PER_DEGREE * Math.hypot(a.latitude - b.latitude, east)
}

/** One gateway whose clock runs ahead must not make all that its neighbours measure late. */
function inTime({ reading, receivedAt }: JournalRow): Reading {
  const aheadMs = reading.measuredAt - receivedAt
  if (aheadMs <= MAX_AHEAD_MS) return reading
  const measured = { measuredAt: receivedAt, clock: 'unsynchronised' } as const
  if (reading.kind !== 'event' && reading.kind !== 'airEvent') return { ...reading, ...measured }
  const { onsetMs } = reading.fields
  const fields = { ...reading.fields, onsetMs: onsetMs === null ? null : onsetMs - aheadMs }
  return { ...reading, ...measured, fields } as Reading
}
