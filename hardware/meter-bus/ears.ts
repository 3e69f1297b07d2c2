import { createFrameDecoder as create645 } from '../dlt645/frame.ts'
import { createFrameDecoder as create698 } from '../dlt698/frame.ts'
import type { BusFrame } from './question.ts'

/**
 * Hears the frames of both protocols in one stream of bytes: meters of both share a bus, and a late answer comes while
 * another meter is asked. Bytes of a sound frame of one are no damage to the other.
 */
export class Ears {
  readonly #dlt645 = create645()
  readonly #dlt698 = create698()
  /** Bytes that came since the last sound frame or silence; preambles included. */
  #unsettled = 0

  /** True while bytes wait for the rest of their frame. */
  get isExpectant(): boolean {
    return this.#unsettled > 0
  }

  get unsettledBytes(): number {
    return this.#unsettled
  }

  push(bytes: Uint8Array): BusFrame[] {
    this.#unsettled += bytes.length
    const heard = [...this.#of645(this.#dlt645.push(bytes)), ...this.#of698(this.#dlt698.push(bytes))]
    if (heard.length > 0) this.#unsettled = 0
    return heard
  }

  /** Nothing came for longer than a frame may pause. What is left in the end was noise; its length is given. */
  settle(): { readonly heard: BusFrame[]; readonly noiseBytes: number } {
    const heard = [...this.#of645(this.#dlt645.reset()), ...this.#of698(this.#dlt698.reset())]
    const noiseBytes = heard.length > 0 ? 0 : this.#unsettled
    this.#unsettled = 0
    return { heard, noiseBytes }
  }

  #of645(items: ReturnType<ReturnType<typeof create645>['push']>): BusFrame[] {
    return items.flatMap((frame) => (frame.kind === 'discarded' ? [] : [{ protocol: 'dlt645' as const, frame }]))
  }

  #of698(items: ReturnType<ReturnType<typeof create698>['push']>): BusFrame[] {
    return items.flatMap((frame) => (frame.kind === 'discarded' ? [] : [{ protocol: 'dlt698' as const, frame }]))
  }
}

/** Who sent a frame; `null`: a master. */
export function senderOf({ protocol, frame }: BusFrame): string | null {
  if (protocol === 'dlt645') return frame.kind === 'answer' ? frame.address : null
  return frame.isAnswer ? frame.address : null
}
