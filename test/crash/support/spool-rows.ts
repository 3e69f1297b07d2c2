import type { Reading } from '@minewarden/protocol/reading.ts'
import { power, probe, waveform } from '../../edge/support/readings.ts'

/** A reading whose content follows from its sequence, so that a row found under the wrong one is noticed. */
export function rowOf(sequence: number): Reading {
  if (sequence % 11 === 0) return waveform(sequence, 100 + (sequence % 7) * 900)
  return sequence % 5 === 0 ? probe(sequence) : power(sequence, sequence)
}
