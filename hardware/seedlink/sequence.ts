/**
 * Numbers of SeedLink packets: 24 bits, counted for each station, `000000` after `FFFFFF`.
 * @see SeisComP documentation, application seedlink, "Data Transfer"
 */
export const SEQUENCES = 0x1000000

/** Six upper-case hexadecimal digits, as in a packet's header and after `DATA`. */
export const sequenceText = (sequence: number): string => sequence.toString(16).toUpperCase().padStart(6, '0')

/** The packet after this one. */
export const nextSequence = (sequence: number): number => (sequence + 1) % SEQUENCES

/** True when `sequence` comes after `reference`: the nearer way round the circle. Equal is not after. */
export function isAfter(sequence: number, reference: number): boolean {
  const ahead = (sequence - reference + SEQUENCES) % SEQUENCES
  return ahead > 0 && ahead < SEQUENCES / 2
}
