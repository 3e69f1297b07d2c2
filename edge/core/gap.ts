/**
 * What was given up, as one reading: how many rows, which sequences, measured when. Gap readings that are themselves
 * given up fold into the newer one, so the count stays exact however long the disk is full.
 */
import type { Reading, ReadingOf } from '@minewarden/protocol/reading.ts'
import { CLOCK_QUALITIES, type ClockQuality, type Instant, instant } from '@minewarden/protocol/time.ts'

export interface GapTally {
  readonly rows: number
  /** `null`: the rows never had a sequence, or nothing was lost. */
  readonly firstSequence: number | null
  readonly lastSequence: number | null
  readonly fromMs: Instant | null
  readonly toMs: Instant | null
  readonly clock: ClockQuality
}

export const GAP_OF_NOTHING: GapTally = {
  rows: 0,
  firstSequence: null,
  lastSequence: null,
  fromMs: null,
  toMs: null,
  clock: 'gnss',
}

/**
 * Adds one lost row.
 * @param sequence `null` for a reading that was lost before the spool took it
 * @param reading `null` for a row whose content cannot be read
 */
export function foldGap(tally: GapTally, sequence: number | null, reading: Reading | null): GapTally {
  if (reading?.kind === 'gap') return foldOlderGap(tally, reading)
  return merge(tally, {
    rows: 1,
    firstSequence: sequence,
    lastSequence: sequence,
    fromMs: reading?.measuredAt ?? null,
    toMs: reading?.measuredAt ?? null,
    clock: reading?.clock ?? 'gnss',
  })
}

const foldOlderGap = (tally: GapTally, { fields, clock }: ReadingOf<'gap'>): GapTally =>
  merge(tally, {
    rows: fields.rows ?? 0,
    firstSequence: fields.firstSequence,
    lastSequence: fields.lastSequence,
    fromMs: fields.fromMs === null ? null : instant(fields.fromMs),
    toMs: fields.toMs === null ? null : instant(fields.toMs),
    clock,
  })

function merge(a: GapTally, b: GapTally): GapTally {
  return {
    rows: a.rows + b.rows,
    firstSequence: pick(Math.min, a.firstSequence, b.firstSequence),
    lastSequence: pick(Math.max, a.lastSequence, b.lastSequence),
    fromMs: pick(Math.min, a.fromMs, b.fromMs) as Instant | null,
    toMs: pick(Math.max, a.toMs, b.toMs) as Instant | null,
    clock: CLOCK_QUALITIES[Math.min(CLOCK_QUALITIES.indexOf(a.clock), CLOCK_QUALITIES.indexOf(b.clock))] ?? a.clock,
  }
}

const pick = (choose: (a: number, b: number) => number, a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : choose(a, b)

/** The reading that tells the loss; its time is that of the newest lost row. */
export const gapReading = (tally: GapTally, reason: string): ReadingOf<'gap'> => ({
  kind: 'gap',
  sensor: null,
  channel: null,
  measuredAt: tally.toMs ?? instant(0),
  clock: tally.clock,
  fields: {
    firstSequence: tally.firstSequence,
    lastSequence: tally.lastSequence,
    rows: tally.rows,
    fromMs: tally.fromMs,
    toMs: tally.toMs,
    reason,
  },
})
