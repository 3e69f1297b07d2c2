/**
 * Recursive short-term over long-term average of an energy, with a clamp: a value enters the long-term average as at
 * most `clamp` times that average. One strong shot then deafens the trigger for seconds, not minutes, while a machine
 * that keeps running is still learnt as background within half a minute.
 *
 * @see M. Withers et al., A comparison of select trigger algorithms (BSSA 88, 1998): recursive STA/LTA.
 */
export interface StaLta {
  /** The averages after the newest value. */
  sta: number
  lta: number
  /** Values seen since the reset. */
  count: number
}

export interface StaLtaOptions {
  /** Lengths of the averages, in values. */
  readonly staLength: number
  readonly ltaLength: number
  /** Largest multiple of the long-term average that enters it. */
  readonly clamp: number
}

export const createStaLta = (): StaLta => ({ sta: 0, lta: 0, count: 0 })

/**
 * Takes one energy in. The first `ltaLength` values are averaged plainly, so that the background is right from the
 * start instead of growing from zero.
 */
export function stepStaLta(state: StaLta, energy: number, { staLength, ltaLength, clamp }: StaLtaOptions): void {
  const n = ++state.count
  const { sta, lta } = state
  const most = clamp * lta
  const limited = n > staLength && energy > most ? most : energy
  state.sta = sta + (energy - sta) / (n < staLength ? n : staLength)
  state.lta = lta + (limited - lta) / (n < ltaLength ? n : ltaLength)
}
