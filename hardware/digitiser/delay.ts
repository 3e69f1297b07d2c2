import type { Millis } from '@minewarden/protocol/time.ts'

/** @see docs/digitiser-protocol.md */
export const BAUD_RATE = 500_000
const BITS_PER_BYTE = 10
const FRAME_BYTES = 20
const BYTES_PER_SAMPLE = 12
/** A USB converter hands bytes over each millisecond at best; scheduling at its quickest adds little. */
export const DELAY_ERROR_MS: Millis = 1

/**
 * From the moment that a sample stands for to the earliest arrival of a frame that ends with it: the group delay of the
 * ADC's filters, then the frame on the wire. A sinc of third order at 2000 a second delays by three halves of its period,
 * the means that follow by half of what is left of the period.
 * @param samples in the frame
 * @see TI SBAS890, 8.3.4: sinc3 at an oversampling of 1024, then sinc1
 */
export function delayMs(rateHz: number, samples: number): Millis {
  const sincPeriodMs = 0.5
  const filterMs = 1.5 * sincPeriodMs + (1000 / rateHz - sincPeriodMs) / 2
  const wireMs = ((FRAME_BYTES + samples * BYTES_PER_SAMPLE) * BITS_PER_BYTE * 1000) / BAUD_RATE
  return filterMs + wireMs
}
