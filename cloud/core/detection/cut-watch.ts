/**
 * Watches a site whose power was cut, and one whose meter says nothing while machines work: a generator, the supply
 * switched on again by itself, power borrowed by wire, a neighbour who feeds the site. Each is told once while it goes
 * on; the confidence is that of `after-cut.ts`.
 */
import type { AfterCutFinding } from '@minewarden/protocol/finding.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import type { AfterCutFact, CutView } from './after-cut.ts'
import { afterCutFacts } from './after-cut-view.ts'
import type { CutWatch } from './cut-state.ts'
import { createCoincidence, stepCoincidence } from './power/coincidence.ts'
import { reason } from './reasons.ts'
import type { SiteContext } from './site-context.ts'

/** What the orders tell of a site's supply. */
export interface SupplyOrder {
  readonly kind: 'cut' | 'restored'
  readonly atMs: number
  readonly measuresAt: CutView['measuresAt']
}

const CHECK_EACH_MS = 20_000
const NOTHING: readonly AfterCutFinding[] = []
const TELL_AGAIN_MS = 6 * 3_600_000
/** From here on a person is told; less is for the filter alone. */
const LEAST_CONFIDENCE = 0.5
const MOST_NEIGHBOURS = 8
/** A meter that was read within this is not asleep. */
const AWAKE_MS = 90_000
/** Without a cut a calm meter beside machines is most places' everyday: the site must be suspected by then. */
const UNPROMPTED = new Set<AfterCutFact['fact']>(['generator', 'borrowed-supply', 're-supply'])

/** An order cut the supply, or gave it back. */
export function takeSupplyOrder(watch: CutWatch, { kind, atMs, measuresAt }: SupplyOrder): void {
  if (kind === 'cut') {
    if (watch.cut?.verifiedMs === atMs) return
    watch.cut = { verifiedMs: atMs, restoredMs: null, measuresAt }
    watch.told = {}
  } else if (watch.cut) watch.cut = { ...watch.cut, restoredMs: atMs }
}

/** A neighbour's meter was read. */
export function takeNeighbourLoad({ state }: SiteContext, meter: string, atMs: number, loadW: number): void {
  const { neighbours } = state.cut
  const known = neighbours[meter]
  if (!known && Object.keys(neighbours).length >= MOST_NEIGHBOURS) return
  const pair = known ?? createCoincidence()
  neighbours[meter] = pair
  stepCoincidence(pair, { nowMs: atMs, machines: isWorking(state), loadW })
}

const isWorking = ({ activities }: SiteContext['state']): boolean =>
  Object.values(activities).some(({ bout }) => bout?.kind === 'machinery')

/** What is to be told at a moment. */
export function watchSupply(context: SiteContext, nowMs: number): readonly AfterCutFinding[] {
  const { site, state } = context
  const watch = state.cut
  if (nowMs - watch.checkedMs < CHECK_EACH_MS) return NOTHING
  watch.checkedMs = nowMs
  const prompted = watch.cut !== null && watch.cut.restoredMs === null
  const suspected = state.state === 'suspected' || state.state === 'reopened'
  if (!prompted && !suspected) return NOTHING
  return factsOf(context, nowMs)
    .filter(({ fact, confidence }) => confidence >= LEAST_CONFIDENCE && (prompted || UNPROMPTED.has(fact)))
    .filter(({ fact }) => nowMs - (watch.told[fact] ?? Number.NEGATIVE_INFINITY) >= TELL_AGAIN_MS)
    .map((found) => {
      watch.told[found.fact] = nowMs
      return {
        kind: 'after-cut' as const,
        site: site.id,
        at: nowMs,
        fact: found.fact,
        since: found.sinceMs,
        probability: found.confidence,
        afterCut: prompted,
        because: [reasonOf(found, prompted ? watch.cut!.verifiedMs : null)],
        late: false,
      }
    })
}

function factsOf({ state }: SiteContext, nowMs: number): AfterCutFact[] {
  const { cut, neighbours } = state.cut
  const view = {
    activities: Object.values(state.activities),
    machines: Object.values(state.machines),
    meters: Object.values(state.meters),
    cut: cut && { ...cut, measuresAt: cut.measuresAt ?? state.measuresAt },
    neighbours: Object.entries(neighbours).map(([name, together]) => ({ name, together })),
  }
  return afterCutFacts(view, nowMs).filter(({ fact }) => fact !== 'borrowed-supply' || isMeterAwake(state, nowMs))
}

/** A slow meter's silence is of its last reading: machines since then prove nothing yet. */
function isMeterAwake({ meters }: SiteContext['state'], nowMs: number): boolean {
  return Object.values(meters).every((meter) => nowMs - meter.lastMs < AWAKE_MS)
}

function reasonOf({ fact, values, sinceMs }: AfterCutFact, cutMs: number | null) {
  const since = isoTime(instant(sinceMs))
  const number = (name: string): number => Number(values[name] ?? Number.NaN)
  const cut = cutMs === null ? '' : isoTime(instant(cutMs))
  switch (fact) {
    case 'generator':
      return reason('generator-runs', { hz: number('hz'), minutes: number('minutes'), since, cut })
    case 'borrowed-supply':
      return reason('machines-without-load', { minutes: number('minutes'), since, cut })
    case 'self-reconnection':
      return reason('supply-returned', { watts: number('loadW'), since, cut })
    case 're-supply':
      return reason('neighbour-feeds', { meter: String(values.neighbour), starts: number('starts'), since })
  }
}
