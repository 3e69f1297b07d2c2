/** A stretch of signal being made: every source adds its part. Ground: metres per second, up, north, east. Air: pascals. */
export interface Block {
  /** Time of the first sample, milliseconds UTC. */
  readonly startMs: number
  readonly rateHz: number
  readonly count: number
  /** Three for ground motion, one for air pressure, each `count` long. */
  readonly channels: readonly Float64Array[]
}

export const emptyBlock = (startMs: number, rateHz: number, count: number, channels: number): Block => ({
  startMs,
  rateHz,
  count,
  channels: Array.from({ length: channels }, () => new Float64Array(count)),
})

/** A source that is sounding. `running` is false when its cause is over, or its supply is cut. */
export type Voice = (block: Block, running: (atMs: number) => boolean) => void

/** A transient, worked out beforehand. */
export interface Clip {
  readonly startMs: number
  readonly channels: readonly Float64Array[]
}

/** Adds the part of a clip that falls into each block; its first sample goes to the nearest one of the block's. */
export const playClip =
  (clip: Clip): Voice =>
  (block) => {
    const offset = Math.round(((block.startMs - clip.startMs) * block.rateHz) / 1000)
    for (const [index, out] of block.channels.entries()) {
      const samples = clip.channels[index]
      if (!samples) continue
      const last = Math.min(block.count, samples.length - offset)
      for (let i = Math.max(0, -offset); i < last; i++) out[i]! += samples[i + offset]!
    }
  }
