/**
 * One camera probe as the gateway knows it: its driver's words and its pictures' verdicts in, what is to be told of it
 * out. Streaming and deterministic; time is an argument. What it cannot see: why nothing is said of a probe at all.
 */
import type { ProbeReading } from '@minewarden/hardware/contract.ts'
import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import type { ImageVerdict } from '../image/frame.ts'
import { ProbeTeller } from './probe-teller.ts'
import { mergeVerdicts, type ProbeVerdict } from './probe-verdict.ts'

/** What is told of a probe at a moment. */
export interface ToldOfProbe extends ProbeVerdict {
  /** The probe's clock minus ours; `null`: not known. */
  readonly clockOffsetS: number | null
}

export interface ProbeModelOptions {
  /** How long a probe must be well again before it is told; 0: its driver's words are told as they come. */
  readonly settleMs: Millis
}

/** What pictures say lapses when none came for so long, or for so many times as they were apart last. */
export const PICTURE_LAPSE_MS: Millis = 900_000
const LAPSE_SPACINGS = 3
/** A camera's clock is told again when it moved so far: its own word has a resolution of a second. */
const OFFSET_STEP_S = 2

export class ProbeModel {
  readonly #teller: ProbeTeller
  #word: ProbeVerdict | null = null
  #picture: { readonly verdict: ProbeVerdict; readonly at: Instant; readonly spacingMs: Millis } | null = null
  #clockOffsetS: number | null = null
  #toldOffsetS: number | null = null

  constructor({ settleMs }: ProbeModelOptions) {
    this.#teller = new ProbeTeller(settleMs)
  }

  /** The driver's word. */
  word({ at, status, sinceMs, cause, confidence, clockOffsetS }: ProbeReading): ToldOfProbe | null {
    const before = this.#word
    const isSame = before?.status === status && before.cause === (cause ?? null)
    const since = sinceMs ?? (isSame ? before.since : at)
    this.#word = { status, cause: cause ?? null, confidence: confidence ?? null, since }
    if (clockOffsetS !== undefined && clockOffsetS !== null) this.#clockOffsetS = clockOffsetS
    // What was seen before it went away says nothing of it when it is back.
    if (status === 'offline') this.#picture = null
    return this.tick(at)
  }

  /** What the pictures up to one taken at `at` say. */
  picture({ status, cause, confidence, since }: ImageVerdict, at: Instant): ToldOfProbe | null {
    const spacingMs = this.#picture ? Math.max(0, at - this.#picture.at) : 0
    this.#picture = { verdict: { status, cause, confidence, since }, at, spacingMs }
    return this.tick(at)
  }

  /** What is due; to be called every second or so. */
  tick(now: Instant): ToldOfProbe | null {
    const held = mergeVerdicts(this.#word, this.#fresh(now))
    if (!held) return null
    const told = this.#teller.judge(held, now) ?? this.#offsetNews(held)
    if (!told) return null
    this.#toldOffsetS = this.#clockOffsetS
    return { ...this.#since(told), clockOffsetS: this.#clockOffsetS }
  }

  /** What the pictures said holds no longer: they are judged anew. */
  forgetPictures(): void {
    this.#picture = null
  }

  /** Moments held were wrong. */
  restamp(moved: (at: Instant) => Instant): void {
    const fix = (verdict: ProbeVerdict): ProbeVerdict =>
      verdict.since === null ? verdict : { ...verdict, since: moved(verdict.since) }
    this.#teller.restamp(moved)
    if (this.#word) this.#word = fix(this.#word)
    if (this.#picture)
      this.#picture = { ...this.#picture, at: moved(this.#picture.at), verdict: fix(this.#picture.verdict) }
  }

  #fresh(now: Instant): ProbeVerdict | null {
    if (!this.#picture) return null
    const { verdict, at, spacingMs } = this.#picture
    if (now - at >= Math.max(PICTURE_LAPSE_MS, LAPSE_SPACINGS * spacingMs)) this.#picture = null
    return this.#picture && verdict
  }

  /** A clock that moved is told, but nothing that is not told yet is told for its sake. */
  #offsetNews(held: ProbeVerdict): ProbeVerdict | null {
    if (this.#clockOffsetS === null || !this.#teller.isTold(held)) return null
    const movedS = Math.abs(this.#clockOffsetS - (this.#toldOffsetS ?? Number.POSITIVE_INFINITY))
    return movedS >= OFFSET_STEP_S ? held : null
  }

  /** A probe is well since it was held to be: what its driver saw a moment ago is only the latest proof of it. */
  #since(told: ProbeVerdict): ProbeVerdict {
    if (told.status !== 'online' || told.cause !== null) return told
    return { ...told, since: instant(this.#teller.heldFrom ?? told.since ?? 0) }
  }
}
