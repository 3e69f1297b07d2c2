/**
 * UTC minus monotonic time, as a line over monotonic time that only its owner bends. It may jump forward (a true gap in
 * time) and leans by at most some parts per million otherwise, so what is stamped by it never turns in order.
 */
import type { Millis } from '@minewarden/protocol/time.ts'

/** Bends kept: stamps of moments before the oldest are taken from it. Moments are stamped within seconds. */
const MAX_PIECES = 16

interface Piece {
  readonly fromMs: Millis
  readonly offsetMs: Millis
  readonly targetMs: Millis
  readonly ratePpm: number
}

export class OffsetLine {
  #pieces: readonly Piece[]

  constructor(offsetMs: Millis) {
    this.#pieces = [level(Number.NEGATIVE_INFINITY, offsetMs)]
  }

  /** The offset at a monotonic moment. */
  at(monotonicMs: Millis): Millis {
    for (let i = this.#pieces.length - 1; i > 0; i--) {
      const piece = this.#pieces[i] as Piece
      if (piece.fromMs <= monotonicMs) return along(piece, monotonicMs)
    }
    return along(this.#pieces[0] as Piece, monotonicMs)
  }

  /** How far the line still has to lean; positive: forward. */
  remaining(monotonicMs: Millis): Millis {
    return (this.#pieces.at(-1) as Piece).targetMs - this.at(monotonicMs)
  }

  /** Where it leans to. */
  get targetMs(): Millis {
    return (this.#pieces.at(-1) as Piece).targetMs
  }

  /** From now on leans toward `targetMs`. */
  lean(nowMs: Millis, targetMs: Millis, ratePpm: number): void {
    if (targetMs === this.targetMs && ratePpm === this.#pieces.at(-1)?.ratePpm) return
    this.#add({ fromMs: nowMs, offsetMs: this.at(nowMs), targetMs, ratePpm })
  }

  /** From now on stands `byMs` (never negative) further on. */
  jump(nowMs: Millis, byMs: Millis): void {
    this.#add(level(nowMs, this.at(nowMs) + Math.max(0, byMs)))
  }

  /** Every moment, past and future, has this offset. */
  shift(offsetMs: Millis): void {
    this.#pieces = [level(Number.NEGATIVE_INFINITY, offsetMs)]
  }

  #add(piece: Piece): void {
    this.#pieces = [...this.#pieces, piece].slice(-MAX_PIECES)
  }
}

const level = (fromMs: Millis, offsetMs: Millis): Piece => ({ fromMs, offsetMs, targetMs: offsetMs, ratePpm: 0 })

function along({ fromMs, offsetMs, targetMs, ratePpm }: Piece, monotonicMs: Millis): Millis {
  if (ratePpm === 0) return offsetMs
  const reach = Math.max(0, monotonicMs - fromMs) * ratePpm * 1e-6
  const whole = targetMs - offsetMs
  return offsetMs + Math.sign(whole) * Math.min(Math.abs(whole), reach)
}
