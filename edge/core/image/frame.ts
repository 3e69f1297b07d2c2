/** What is judged of a camera's picture, and what the judgement says. */
import type { ProbeStatus } from '@minewarden/protocol/ids.ts'
import type { ClockQuality, Instant, Millis } from '@minewarden/protocol/time.ts'

/** A picture reduced to its brightness, small enough to be compared many times. */
export interface GreyFrame {
  readonly kind: 'frame'
  readonly at: Instant
  readonly clock: ClockQuality
  readonly clockErrorMs?: Millis
  readonly width: number
  readonly height: number
  /** Row by row from the top left, 0 black to 255 white; `width * height` of them. */
  readonly luma: Uint8Array
  /**
   * Mean distance of a point from grey, 0 to 255; absent where it is not known. Cameras turn to black and white under
   * their infrared lamps: with it, day and night are told apart for certain.
   */
  readonly colour?: number
}

/** What a camera's pictures say of it: the words of every probe's status, with the reason and how sure it is. */
export interface ImageVerdict {
  readonly status: Extract<ProbeStatus, 'online' | 'frozen' | 'dark' | 'occluded' | 'moved'>
  /** Such as `picture-frozen`, `over-exposed`, `blurred`; `null` beside a picture in which nothing is wrong. */
  readonly cause: string | null
  /** 0 to 1. */
  readonly confidence: number
  /** Time of the first picture that showed it. */
  readonly since: Instant
}

/** One for each camera: streaming, deterministic, with bounded memory. */
export interface ImageJudge {
  push(frame: GreyFrame): ImageVerdict
  /** What it has learnt of the scene (plain JSON), to be handed to the judge of the same camera after a restart. */
  snapshot(): unknown
}
