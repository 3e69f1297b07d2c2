/** From counts to the frames of 20 ms in which the energy of each band is kept. Loops over whole blocks, nothing else. */
import type { FrameHistory } from './event-features.ts'

/** Counts as units less the offset, into a chunk from `at` on. */
export function convertCounts(
  counts: Int32Array,
  { unitsPerCount, offset }: { unitsPerCount: number; offset: number },
  chunk: Float64Array,
  at: number,
): void {
  for (let i = 0; i < counts.length; i++) chunk[at + i] = counts[i]! * unitsPerCount - offset
}

/** Mean square of each frame of one band, into its column of the frames' table. */
export function sumFrames(
  wave: Float64Array,
  { table, bands, band }: { table: Float64Array; bands: number; band: number },
  frames: number,
  frameLength: number,
): void {
  let at = 0
  for (let f = 0; f < frames; f++) {
    let sum = 0
    for (const end = at + frameLength; at < end; at++) {
      const x = wave[at]!
      sum += x * x
    }
    table[f * bands + band] = sum / frameLength
  }
}

/** Amplitudes of the blows: the bands above 4 Hz, frame by frame, up to the frame `end`; 0 before the run began. */
export function fillEnvelope(
  { energies, length }: FrameHistory,
  bands: number,
  end: number,
  envelope: Float64Array,
): void {
  for (let i = 0; i < envelope.length; i++) {
    const frame = end - envelope.length + i
    const first = (frame % length) * bands
    let energy = 0
    if (frame >= 0) for (let at = first + 1; at < first + bands; at++) energy += energies[at]!
    envelope[i] = Math.sqrt(energy)
  }
}
