/** Which of a site's steady sensors have fallen silent: quiet is not the same as broken. */
import { STEADY_KINDS, type SteadyKind } from './detector-state.ts'
import type { SiteContext } from './site-context.ts'

/** A slow meter is silent after so many of its intervals. */
const INTERVALS = 3

const silentAfterMs = ({ state, parameters }: SiteContext, kind: SteadyKind): number => {
  const intervals = kind === 'power-meter' ? Object.values(state.meters).map((meter) => meter.intervalS) : []
  return Math.max(parameters.silentAfterMs, ...intervals.map((s) => 1000 * INTERVALS * s))
}

const wasHeard = ({ state }: SiteContext, kind: SteadyKind): boolean => state.heard[kind] > 0

/** Kinds that were heard once and are silent at a moment. */
export const silentKinds = (context: SiteContext, atMs: number): SteadyKind[] =>
  STEADY_KINDS.filter(
    (kind) => wasHeard(context, kind) && atMs - context.state.heard[kind] > silentAfterMs(context, kind),
  )

/** Whether at least one steady sensor would tell of work now. */
export const isWatched = (context: SiteContext, atMs: number): boolean => {
  const silent = silentKinds(context, atMs)
  return STEADY_KINDS.some((kind) => wasHeard(context, kind) && !silent.includes(kind))
}

/** Whether the site has sensors and none of them tells anything. */
export const isBlind = (context: SiteContext, atMs: number): boolean =>
  STEADY_KINDS.some((kind) => wasHeard(context, kind)) && !isWatched(context, atMs)

/** The last moment at which anything was heard. */
export const lastHeardMs = ({ state }: SiteContext): number =>
  Math.max(...STEADY_KINDS.map((kind) => state.heard[kind]))
