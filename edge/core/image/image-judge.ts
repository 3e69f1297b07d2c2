/**
 * What a camera's pictures say of the camera: whether it sees what it should. From the scene's steady edges, by day and
 * under infrared lamps, from the light, and from the sensor's noise. It cannot see a recording played to the lens by a
 * screen, a turn by less than two degrees, or a lens that gets dirty over weeks; and it is of no use for a camera that
 * is driven round, for whom every scene is another.
 */
import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import { agree, type Suggestion } from './agreement.ts'
import { edgeField } from './edge-field.ts'
import type { GreyFrame, ImageJudge, ImageVerdict } from './frame.ts'
import { decodeScene, emptyScene, encodeScene, type LearntScene } from './learnt-scene.ts'
import { isDark, type Light, measureLight } from './light.ts'
import { SceneJudge } from './scene-judge.ts'
import { StillnessJudge } from './stillness.ts'
import { followVanishing, unseen } from './vanishing.ts'

/** Below this a camera has turned to black and white; the chroma of a grey JPEG is exactly 0, an overlay's is little. */
const GREY = 2
/** Where colour is not known, or the camera never has any: mean brightness below which it is night. */
const NIGHT_LEVEL = 70
/** Mean brightness that is full light, for telling whether darkness came at once. */
const LIT_LEVEL = 60
/** Share of burnt-out points from which a camera is dazzled, unless the scene's edges are there all the same (snow). */
const DAZZLED = 0.3

/** A picture that is so little older than the last came out of order and is not judged; more: the clock was set back. */
const OUT_OF_ORDER_MS: Millis = 10_000
/** A picture of fewer points on a side shows nothing. */
const MIN_SIDE = 16

/**
 * Judges one camera's pictures, given in the order of their time.
 * @param learnt what `snapshot()` of the same camera's judge gave before a restart; anything else is ignored
 */
export function createImageJudge(learnt?: unknown): ImageJudge {
  return new CameraJudge(decodeScene(learnt) ?? emptyScene())
}

class CameraJudge implements ImageJudge {
  readonly #learnt: LearntScene
  #scene: SceneJudge
  readonly #stillness: StillnessJudge
  #brightness = unseen()
  #lastAt = instant(Number.NEGATIVE_INFINITY)
  #lookMs: Millis = 0

  constructor(learnt: LearntScene) {
    this.#learnt = learnt
    this.#scene = new SceneJudge(learnt)
    this.#stillness = new StillnessJudge(learnt.stillness)
  }

  push(frame: GreyFrame): ImageVerdict {
    if (!isWhole(frame)) return this.#learnt.agreement.verdict
    if (frame.at <= this.#lastAt) {
      if (frame.at > this.#lastAt - OUT_OF_ORDER_MS) return this.#learnt.agreement.verdict
      this.#stepBack(frame.at)
    }
    this.#followTime(frame.at)
    this.#begin(frame.at)
    const suggestion = this.#suggest(frame)
    this.#learnt.agreement = agree(this.#learnt.agreement, suggestion, frame.at)
    return this.#learnt.agreement.verdict
  }

  snapshot(): unknown {
    return encodeScene(this.#learnt)
  }

  #suggest(frame: GreyFrame): Suggestion | null {
    const light = measureLight(frame)
    followVanishing(this.#brightness, light.mean / LIT_LEVEL, { at: frame.at, lookMs: this.#lookMs })
    if (isDark(light)) return this.#dark(frame.at)
    return this.#frozen(frame) ?? this.#fromScene(frame, light)
  }

  #dark(at: Instant): Suggestion {
    const cause = this.#brightness.atOnce ? 'dark-at-once' : 'dark'
    const since = this.#brightness.atOnce ? this.#brightness.goneSince : at
    return { status: 'dark', cause, clarity: 0.95, looks: 3, since }
  }

  #frozen(frame: GreyFrame): Suggestion | null {
    const stillness = this.#stillness.push(frame)
    const taught = this.#learnt.stillness.taught >= 8
    if (stillness.kind === 'same')
      return {
        status: 'frozen',
        cause: 'picture-frozen',
        clarity: taught ? 0.95 : 0.7,
        looks: taught ? 4 : 12,
        since: stillness.since,
      }
    if (stillness.kind !== 'repeats') return null
    return { status: 'frozen', cause: 'picture-repeats', clarity: 0.9, looks: 2 }
  }

  #fromScene(frame: GreyFrame, light: Light): Suggestion | null {
    const { verdict, candidate } = this.#learnt.agreement
    const suggestion = this.#scene.push({
      at: frame.at,
      lookMs: this.#lookMs,
      field: edgeField(frame),
      mode: this.#mode(frame, light),
      held: verdict.status,
      calm: verdict.status === 'online' && (candidate === null || candidate.status === 'online'),
    })
    const plain = suggestion?.status === 'online' && suggestion.cause === null
    if (light.burnt < DAZZLED || (plain && light.burnt < 0.7)) return suggestion
    return { status: 'occluded', cause: 'over-exposed', clarity: Math.min(1, 0.5 + light.burnt / 2), looks: 4 }
  }

  #mode({ colour }: GreyFrame, light: Light): 'day' | 'night' {
    if (colour !== undefined && colour >= GREY) {
      this.#learnt.seenColour = true
      return 'day'
    }
    if (colour !== undefined && this.#learnt.seenColour) return 'night'
    return light.mean < NIGHT_LEVEL ? 'night' : 'day'
  }

  /** The clock was set back: what is known of the last looks has times that mean nothing any more. */
  #stepBack(at: Instant): void {
    const { verdict } = this.#learnt.agreement
    this.#learnt.agreement = {
      verdict: { ...verdict, since: verdict.since > at ? at : verdict.since },
      candidate: null,
    }
    this.#scene = new SceneJudge(this.#learnt)
    this.#brightness = unseen()
    this.#lastAt = instant(Number.NEGATIVE_INFINITY)
  }

  /** The verdict before the first picture is since then. */
  #begin(at: Instant): void {
    const { agreement } = this.#learnt
    if (agreement.verdict.since === 0) agreement.verdict = { ...agreement.verdict, since: at }
  }

  /** A pause of the gateway does not make looks rare. */
  #followTime(at: Instant): void {
    const elapsedMs = at - this.#lastAt
    if (Number.isFinite(elapsedMs))
      this.#lookMs = this.#lookMs === 0 ? elapsedMs : this.#lookMs * 0.9 + Math.min(elapsedMs, 4 * this.#lookMs) * 0.1
    this.#lastAt = at
  }
}

const isWhole = ({ width, height, luma }: GreyFrame): boolean =>
  width >= MIN_SIDE && height >= MIN_SIDE && luma.length === width * height
