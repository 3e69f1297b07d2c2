import type { Millis } from '@minewarden/protocol/time.ts'

/** @see docs/digitiser-protocol.md */
export const BAUD_RATE = 500_000
const BITS_PER_BYTE = 10
const FRAME_BYTES = 20
const BYTES_PER_SAMPLE = 12
/** Or more. */
const SAMPLES_PER_FRAME = 10
/** Fitted to the compiled firmware at 16 MHz: 1.22 ms for 10 samples at 250 a second, 1.78 to 1.91 for 16. */
const COMPOSING_MS: Millis = 0.26
const COMPOSING_MS_PER_SAMPLE: Millis = 0.096
/** A USB converter hands bytes over each millisecond at best; scheduling at its quickest adds little. */
export const DELAY_ERROR_MS: Millis = 1

/**
 * From the moment that a sample stands for to the moment that the ADC has it: the group delay of its filters. A sinc of
 * third order at 2000 a second delays by three halves of its period, the means that follow by half of what is left of the
 * sample's period.
 * @see TI SBAS890, 8.3.4: sinc3 at an oversampling of 1024, then sinc1
 */
export function filterDelayMs(rateHz: number): Millis {
  const sincPeriodMs = 0.5
  return 1.5 * sincPeriodMs + (1000 / rateHz - sincPeriodMs) / 2
}

/**
 * From the last sample of a DATA frame to its last bit on the line, at the quickest: the firmware sums the frame up, then
 * it is sent.
 * @param samples in the frame
 */
export const sendingMs = (samples: number): Millis =>
  COMPOSING_MS +
  COMPOSING_MS_PER_SAMPLE * samples +
  ((FRAME_BYTES + samples * BYTES_PER_SAMPLE) * BITS_PER_BYTE * 1000) / BAUD_RATE

/** What the line carries at most; the rest of its messages is little. */
export const bytesPerS = (rateHz: number): number => rateHz * (BYTES_PER_SAMPLE + FRAME_BYTES / SAMPLES_PER_FRAME)
