/**
 * Compares each look with what was learnt of the scene and says what it suggests: another view, something before the
 * lens, a lens out of focus, weather, or nothing. Teaches the references, but only by looks in which nothing is wrong.
 */
import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import type { Suggestion } from './agreement.ts'
import { type Coverage, cover, emptyBlocks } from './coverage.ts'
import { CELLS, type EdgeField, structureShare } from './edge-field.ts'
import type { ImageVerdict } from './frame.ts'
import type { LearntScene, LightMode } from './learnt-scene.ts'
import { findAskew, findShift, matchScene, type SceneMatch } from './scene-match.ts'
import {
  anchorEdges,
  forgetIfYoung,
  isTaught,
  learn,
  restoreAnchor,
  type SteadyEdges,
  steadyEdges,
} from './scene-reference.ts'
import { followVanishing, unseen } from './vanishing.ts'

/** Share of the blocks that must be covered, and of those in which nothing is seen: a truck or a web takes less. */
const COVERED_SHARE = 0.36
const BLANK_SHARE = 0.22
/** Share of the blocks that must have changed where another view is claimed. */
const OTHER_VIEW_SHARE = 0.6
/** Likeness of two looks one after another from which a new view is steady: rain and headlights are not. */
const STEADY_VIEW = 0.5
/** Share of the usual sharpness at which a lens is out of focus: when it went at once, and when it went slowly. */
const BLURRED = 0.85
const BLURRED_SLOWLY = 0.66
/** Score, as a share of the usual, below which a look teaches nothing, and below which it is no plain look. */
const TEACHING = 0.6
const PLAIN = 0.45
/** A scene lies elsewhere when it fits so much better there than here, at so many cells' distance. */
const FITS_THERE = 0.5
const FITS_BETTER = 1.35
const MIN_CELLS = 2
/** The same of a rolled scene, which is tried in steps of three degrees and two cells. */
const FITS_ASKEW = 0.3
/** Looks between two comparisons with the anchor. */
const ANCHOR_EVERY = 16
/** Nothing to be seen for longer than this is no weather. */
const BLIND_MS: Millis = 24 * 3_600_000
/** Rate at which what is usual is followed, once taught. */
const USUAL_RATE = 1 / 200

export interface Look {
  readonly at: Instant
  readonly lookMs: Millis
  readonly field: EdgeField
  readonly mode: 'day' | 'night'
  /** The verdict that is held. */
  readonly held: ImageVerdict['status']
  /** That is plain, and no other is under way. */
  readonly calm: boolean
}

export class SceneJudge {
  readonly #learnt: LearntScene
  readonly #blocks = emptyBlocks()
  readonly #structure = unseen()
  readonly #focus = unseen()
  #before: EdgeField | null = null
  #turnedBefore = false
  #lowSince: Instant | null = null

  constructor(learnt: LearntScene) {
    this.#learnt = learnt
  }

  /** What this look suggests; `null` when it can say nothing. */
  push(look: Look): Suggestion | null {
    const structure = structureShare(look.field)
    const suggestion = this.#judge(look, structure)
    this.#before = look.field
    if (look.held === 'moved') this.#forgetYoung(look)
    if (suggestion?.status === 'online' && suggestion.cause === null && look.calm) this.#teach(look, structure)
    return suggestion
  }

  #judge(look: Look, structure: number): Suggestion | null {
    const usual = this.#learnt.structure
    if (this.#learnt.looks >= 4) followVanishing(this.#structure, structure / usual, look)
    const mode = this.#modeToJudgeBy(look)
    if (mode === null) return this.#judgeUntaught(look, structure)
    const edges = steadyEdges(mode.reference)
    const match = matchScene(edges, look.field)
    const coverage = cover(this.#blocks, { ...look, presence: match.presence, usual: mode.presence })
    return (
      this.#turned(look, mode, edges, match) ??
      this.#covered(look, match, coverage, structure, mode) ??
      this.#blurred(look, match, mode) ??
      this.#plain(look, match, mode)
    )
  }

  /** In a light that is not learnt yet only a view without any edges says something. */
  #judgeUntaught(look: Look, structure: number): Suggestion | null {
    if (this.#structure.atOnce)
      return { status: 'occluded', cause: 'covered', clarity: 0.7, looks: 4, since: this.#structure.goneSince }
    // Whether a camera that was turned is back, only a light that is learnt can tell.
    if (structure < 0.01 || look.held === 'moved') return null
    return { status: 'online', cause: null, clarity: 0.3, looks: 2 }
  }

  #modeToJudgeBy(look: Look): LightMode | null {
    const mode = this.#learnt.modes[look.mode]
    return isTaught(mode.reference) ? mode : null
  }

  #turned(look: Look, mode: LightMode, edges: SteadyEdges, match: SceneMatch): Suggestion | null {
    const suspect = match.score < 0.8 * mode.score || this.#turnedBefore
    const reference = suspect ? edges : this.#anchorIfDue(mode)
    this.#turnedBefore = false
    if (reference === null) return null
    const shift = findShift(reference, look.field)
    const cells = Math.hypot(shift.across, shift.down)
    const fits = shift.score > FITS_THERE * mode.score && shift.score > FITS_BETTER * Math.max(shift.scoreHere, 0.02)
    this.#turnedBefore = fits && cells >= MIN_CELLS
    if (!this.#turnedBefore) return null
    // The reference was led astray, little by little: from here on it shows again what was there at first.
    if (!suspect) restoreAnchor(mode.reference)
    return { status: 'moved', cause: 'view-turned', clarity: Math.min(1, 0.6 + shift.score / mode.score / 2), looks: 3 }
  }

  #anchorIfDue(mode: LightMode): SteadyEdges | null {
    return mode.reference.looks % ANCHOR_EVERY === 0 ? anchorEdges(mode.reference) : null
  }

  #covered(look: Look, match: SceneMatch, coverage: Coverage, structure: number, mode: LightMode): Suggestion | null {
    const whole = this.#structure.atOnce
    if (!whole && coverage.share < COVERED_SHARE && coverage.blank < BLANK_SHARE) return null
    const since = whole && coverage.share === 0 ? this.#structure.goneSince : coverage.since
    if (!whole && coverage.share >= OTHER_VIEW_SHARE && this.#showsOtherView(look, match, structure))
      return { status: 'moved', cause: 'view-changed', clarity: coverage.share, looks: 4, since }
    if (!whole && this.#isAskew(look, mode))
      return { status: 'moved', cause: 'view-turned', clarity: 0.8, looks: 3, since }
    if (match.agreement > 0.45 && match.sharpness < BLURRED * mode.sharpness)
      return { status: 'occluded', cause: 'blurred', clarity: 0.8, looks: 4, since }
    const clarity = Math.min(1, 0.4 + coverage.share * 0.6)
    const cause = whole || coverage.share > 0.8 ? 'covered' : 'covered-in-part'
    return { status: 'occluded', cause, clarity, looks: coverage.share > 0.5 || whole ? 4 : 6, since }
  }

  #isAskew(look: Look, mode: LightMode): boolean {
    const { score, scoreHere } = findAskew(steadyEdges(mode.reference), look.field)
    return score > FITS_ASKEW * mode.score && score > FITS_BETTER * Math.max(scoreHere, 0.02)
  }

  /** Edges as many as ever, not the known ones, and the same from look to look. */
  #showsOtherView(look: Look, match: SceneMatch, structure: number): boolean {
    return (
      structure > 0.4 * this.#learnt.structure &&
      match.agreement < 0.35 &&
      this.#before !== null &&
      likeness(this.#before, look.field) > STEADY_VIEW
    )
  }

  #blurred(look: Look, match: SceneMatch, mode: LightMode): Suggestion | null {
    const sharpness = match.sharpness / mode.sharpness
    if (match.agreement < 0.4 || match.visibility < 0.1 || sharpness === 0) return null
    followVanishing(this.#focus, focusLeft(sharpness), look)
    if (!this.#focus.atOnce && sharpness > BLURRED_SLOWLY) return null
    return { status: 'occluded', cause: 'blurred', clarity: Math.min(1, 1.4 - sharpness), looks: 5 }
  }

  #plain(look: Look, match: SceneMatch, mode: LightMode): Suggestion | null {
    if (match.score > PLAIN * mode.score) {
      this.#lowSince = null
      return { status: 'online', cause: null, clarity: Math.min(1, match.score / mode.score), looks: 2 }
    }
    this.#lowSince ??= look.at
    if (look.at - this.#lowSince > BLIND_MS)
      return { status: 'occluded', cause: 'nothing-seen', clarity: 0.4, looks: 4, since: this.#lowSince }
    // Fog does not show that a cloth or a turn has gone.
    if (look.held === 'occluded' || look.held === 'moved') return null
    return { status: 'online', cause: 'low-visibility', clarity: 0.3, looks: 2 }
  }

  /** What was learnt lately in the other light may be of the turned camera already. */
  #forgetYoung(look: Look): void {
    const other = look.mode === 'day' ? 'night' : 'day'
    if (isTaught(this.#learnt.modes[look.mode].reference)) forgetIfYoung(this.#learnt.modes[other].reference)
  }

  #teach(look: Look, structure: number): void {
    const learnt = this.#learnt
    const mode = learnt.modes[look.mode]
    const taught = isTaught(mode.reference)
    const match = matchScene(steadyEdges(mode.reference), look.field)
    if (taught && match.score < TEACHING * mode.score) return
    learnt.looks += 1
    learnt.structure += (structure - learnt.structure) * rate(learnt.looks)
    learn(mode.reference, look.field, look.at)
    if (mode.reference.looks < 3) return
    const share = rate(mode.reference.looks - 2)
    mode.score += (match.score - mode.score) * share
    mode.sharpness += (match.sharpness - mode.sharpness) * share
    match.presence.forEach((presence, block) => {
      if (!Number.isNaN(presence)) mode.presence[block]! += (presence - mode.presence[block]!) * share
    })
  }
}

const rate = (looks: number): number => Math.max(1 / looks, USUAL_RATE)

/** Sharpness as a share of the way between out of focus (0.3) and usual (1), for what went at once. */
const focusLeft = (sharpness: number): number => 1 - ((1 - sharpness) / (1 - BLURRED)) * 0.7

/** How alike two edge fields are, 0 (nothing in common) to 1. */
function likeness(one: EdgeField, other: EdgeField): number {
  let product = 0
  let first = 0
  let second = 0
  for (let cell = 0; cell < CELLS; cell++) {
    product += one.cosine[cell]! * other.cosine[cell]! + one.sine[cell]! * other.sine[cell]!
    first += one.cosine[cell]! ** 2 + one.sine[cell]! ** 2
    second += other.cosine[cell]! ** 2 + other.sine[cell]! ** 2
  }
  return product / Math.max(1e-9, Math.sqrt(first * second))
}
