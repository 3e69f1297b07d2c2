/** Something that was seen and is gone: whether it went at once, as under a cloth, or slowly, as in fog or at dusk. */
import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'

/** Share of the usual below which it is gone and above which it is there. */
const GONE = 0.3
const THERE = 0.6
/** What takes longer than this to go is weather. Where looks are further apart, one look must still have shown it. */
const AT_ONCE_MS: Millis = 240_000
const NEVER = instant(-1)

export interface Vanishing {
  /** Last look that showed it well; -1 never. */
  seenAt: Instant
  /** First of the looks without a break in which it was gone; -1 when it is not. */
  goneSince: Instant
  /** It is gone and went at once. */
  atOnce: boolean
}

export const unseen = (): Vanishing => ({ seenAt: NEVER, goneSince: NEVER, atOnce: false })

/**
 * Takes one look into account.
 * @param share what is seen of it as a share of the usual
 * @param look `excused`: it is gone for a known reason, such as darkness; `lookMs`: usual time between two looks
 */
export function followVanishing(
  state: Vanishing,
  share: number,
  look: { readonly at: Instant; readonly lookMs: Millis; readonly excused?: boolean },
): void {
  if (share > THERE) {
    state.seenAt = look.at
    state.goneSince = NEVER
    state.atOnce = false
  } else if (share > GONE) {
    if (!state.atOnce) state.goneSince = NEVER
  } else if (state.goneSince === NEVER && look.excused !== true) {
    state.goneSince = look.at
    state.atOnce = state.seenAt !== NEVER && look.at - state.seenAt <= Math.max(AT_ONCE_MS, 1.5 * look.lookMs)
  }
}
