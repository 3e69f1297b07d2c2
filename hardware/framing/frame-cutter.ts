/**
 * Cuts the bytes of a meters' bus, in chunks of any size, into frames. Nothing is believed before its checks are passed;
 * after an error one byte is dropped and the rest looked at again. Holds at most one frame's length.
 */

/** Why bytes were no frame: what the first frame-like bytes of the run failed by. */
export type Flaw = 'noise' | 'checksum' | 'malformed'
export interface DiscardedBytes {
  readonly kind: 'discarded'
  readonly bytes: number
  readonly reason: Flaw
}

export interface FrameForm<F> {
  readonly maxBytes: number
  /** Comes before frames to wake receivers; neither noise nor part of a frame. */
  readonly wakeByte: number
  /** The size of a sound frame at the front of what is held, or why there is none; `wait`: too few bytes to tell. */
  readonly judge: (held: Uint8Array, length: number) => number | 'wait' | Flaw
  /** Copies what it needs of the first `size` bytes. */
  readonly read: (held: Uint8Array, size: number) => F
}

export interface FrameCutter<F> {
  /** Every frame and every run of bytes that were none, in order. */
  push(chunk: Uint8Array): (F | DiscardedBytes)[]
  /** Nothing has come for longer than a frame may pause: what was begun will not be finished. */
  reset(): (F | DiscardedBytes)[]
}

export function createFrameCutter<F>(form: FrameForm<F>): FrameCutter<F> {
  const held = new Uint8Array(form.maxBytes)
  let length = 0
  let discarded = 0
  let reason: Flaw = 'noise'

  const drop = (bytes: number) => {
    held.copyWithin(0, bytes, length)
    length -= bytes
  }
  const report = (items: (F | DiscardedBytes)[]) => {
    if (discarded > 0) items.push({ kind: 'discarded', bytes: discarded, reason })
    discarded = 0
    reason = 'noise'
  }
  const dropOne = (why: Flaw) => {
    if (held[0] !== form.wakeByte) {
      discarded++
      if (reason === 'noise') reason = why
    }
    drop(1)
  }
  /** Takes what can be decided of the bytes held. */
  const settle = (items: (F | DiscardedBytes)[]) => {
    while (length > 0) {
      const verdict = form.judge(held, length)
      if (verdict === 'wait' && length < form.maxBytes) return
      // No frame is longer than what is held: one that still waits is none.
      if (typeof verdict === 'string') dropOne(verdict === 'wait' ? 'malformed' : verdict)
      else {
        report(items)
        items.push(form.read(held, verdict))
        drop(verdict)
      }
    }
  }

  return {
    push(chunk) {
      const items: (F | DiscardedBytes)[] = []
      for (let at = 0; at < chunk.length; ) {
        const taken = Math.min(chunk.length - at, form.maxBytes - length)
        held.set(chunk.subarray(at, at + taken), length)
        length += taken
        at += taken
        settle(items)
      }
      if (length === 0) report(items)
      return items
    },
    reset() {
      const items: (F | DiscardedBytes)[] = []
      while (length > 0) {
        dropOne('malformed')
        settle(items)
      }
      report(items)
      return items
    },
  }
}
