/** A line as the gateway's tracker last told it: something that turns or strikes. */
import type { ReadingOf } from '@minewarden/protocol/reading.ts'

/** Plain JSON. */
export interface MachineLine {
  readonly id: number
  /** `tone`: of the ground's motion; `rhythm`: of its envelope, such as strokes and blows. */
  readonly form: 'tone' | 'rhythm'
  readonly sinceMs: number
  /** When it was last heard, and when that was told. */
  heardMs: number
  toldMs: number
  ended: boolean
  /** Mean of the last half minute, and the extremes of all. */
  hz: number
  leastHz: number
  mostHz: number
  /** Standard deviation about its mean over the last half minute; no larger than `errorHz`, it is none. */
  wanderHz: number
  errorHz: number
  db: number
  amplitudeMPerS: number
  /** Multiples that are heard with it; `order` 2 and up: it is itself a multiple of a lower line. */
  harmonics: number
  order: number
  /** Share of the windows since it began in which it was heard. */
  presence: number
}

/** The line of a reading; `null` for a reading without its essentials. */
export function lineOf({ fields, measuredAt }: ReadingOf<'machineLine'>): MachineLine | null {
  const { line, form, sinceMs, hz } = fields
  if (line === null || sinceMs === null || hz === null || (form !== 'tone' && form !== 'rhythm')) return null
  return {
    id: line,
    form,
    sinceMs,
    heardMs: fields.heardMs ?? measuredAt,
    toldMs: measuredAt,
    ended: fields.phase === 'ended',
    hz,
    leastHz: fields.leastHz ?? hz,
    mostHz: fields.mostHz ?? hz,
    wanderHz: fields.wanderHz ?? 0,
    errorHz: fields.errorHz ?? 0.1,
    db: fields.db ?? 0,
    amplitudeMPerS: fields.amplitudeMPerS ?? 0,
    harmonics: fields.harmonics ?? 0,
    order: fields.order ?? 1,
    presence: fields.presence ?? 1,
  }
}
