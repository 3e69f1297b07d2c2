/** Which of a site's steady sensors have fallen silent: quiet is not the same as broken. */
import { STEADY_KINDS, type SteadyKind } from './detector-state.ts'
import type { SiteContext } from './site-context.ts'

/** A slow meter is silent after so many of its intervals. */
const INTERVALS = 3

const wasHeard = ({ state }: SiteContext, kind: SteadyKind): boolean => state.heard[kind] > 0

/** Asked at each reading: the meters' intervals matter only after a silence that is long for any sensor. */
function isSilent({ state, parameters }: SiteContext, kind: SteadyKind, atMs: number): boolean {
  const silentMs = atMs - state.heard[kind]
  if (silentMs <= parameters.silentAfterMs) return false
  return kind === 'geophone' || Object.values(state.meters).every((m) => silentMs > 1000 * INTERVALS * m.intervalS)
}

const isTelling = (context: SiteContext, kind: SteadyKind, atMs: number): boolean =>
  wasHeard(context, kind) && !isSilent(context, kind, atMs)

/** Kinds that were heard once and are silent at a moment. */
export const silentKinds = (context: SiteContext, atMs: number): SteadyKind[] =>
  STEADY_KINDS.filter((kind) => wasHeard(context, kind) && isSilent(context, kind, atMs))

/** Whether at least one steady sensor would tell of work now; where there never was one, a camera that sees. */
export const isWatched = (context: SiteContext, atMs: number): boolean =>
  isTelling(context, 'geophone', atMs) || isTelling(context, 'power-meter', atMs) || isSeenAlone(context)

const isSeenAlone = (context: SiteContext): boolean =>
  !STEADY_KINDS.some((kind) => wasHeard(context, kind)) &&
  Object.values(context.state.probes).some(({ status }) => status === 'online')

/** Whether the site has sensors and none of them tells anything. */
export const isBlind = (context: SiteContext, atMs: number): boolean =>
  (wasHeard(context, 'geophone') || wasHeard(context, 'power-meter')) && !isWatched(context, atMs)

/** The last moment at which anything was heard. */
export const lastHeardMs = ({ state }: SiteContext): number =>
  Math.max(...STEADY_KINDS.map((kind) => state.heard[kind]))
