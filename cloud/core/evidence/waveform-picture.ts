import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { samplesOf } from './waveform-samples.ts'

/** A waveform as a page draws it: the least and the greatest count of each slice of time; `null` where there is none. */
export interface WaveformPicture {
  readonly gateway: string
  readonly sensor: string
  readonly channel: string
  readonly from: Instant
  readonly to: Instant
  readonly lows: readonly (number | null)[]
  readonly highs: readonly (number | null)[]
}

/** Slices of a picture: as many as a page has room for. */
const SLICES = 600

/** Draws what miniSEED holds; `null` for nothing readable. */
export function pictureOf(
  address: Pick<WaveformPicture, 'gateway' | 'sensor' | 'channel'>,
  miniSeed: Uint8Array,
): WaveformPicture | null {
  const blocks = samplesOf(miniSeed).filter(({ samples }) => samples.length > 0)
  const ends = blocks.map(({ startAt, rateHz, samples }) => startAt + (samples.length * 1000) / rateHz)
  const from = Math.min(...blocks.map(({ startAt }) => startAt))
  const to = Math.max(...ends)
  if (!(to > from)) return null
  const lows: (number | null)[] = new Array(SLICES).fill(null)
  const highs: (number | null)[] = new Array(SLICES).fill(null)
  for (const { startAt, rateHz, samples } of blocks)
    for (const [i, sample] of samples.entries()) {
      const at = startAt + (i * 1000) / rateHz
      const slice = Math.min(SLICES - 1, Math.floor((SLICES * (at - from)) / (to - from)))
      lows[slice] = Math.min(lows[slice] ?? sample, sample)
      highs[slice] = Math.max(highs[slice] ?? sample, sample)
    }
  return { ...address, from: instant(from), to: instant(to), lows, highs }
}
