/**
 * Holds the peaks of a blast against limits. A verdict takes the uncertainty of the peak into account, and that of its
 * frequency where a band ends near by: what cannot be decided is called so.
 */
import { type BlastLimits, GB_6722_2014, type ProtectedObject, STRICTEST_OBJECT } from './blast-limits.ts'
import { AXES, type Axis, type BlastPeaks } from './blast-peaks.ts'

/** `undecidable`: the limit lies within the uncertainty of what was measured. */
export type Verdict = 'below' | 'above' | 'undecidable'

export interface AxisJudgement {
  /** The strictest limit that may hold at the axis's frequency. */
  readonly limitMmPerS: number
  /** Peak over that limit. */
  readonly share: number
  readonly verdict: Verdict
}

export interface BlastJudgement {
  readonly limits: string
  readonly object: ProtectedObject
  /** `null`: the axis was not measured. */
  readonly axes: Readonly<Record<Axis, AxisJudgement | null>>
  /** Share and verdict of the overpressure; `null`: no wave in the air was measured. */
  readonly air: { readonly limitPa: number; readonly share: number; readonly verdict: Verdict } | null
  /** The largest share of the axes; `null` without any. */
  readonly share: number | null
  /** Above if one axis is, below if all are. */
  readonly verdict: Verdict | null
}

export interface JudgeOptions {
  readonly limits?: BlastLimits
  readonly object?: ProtectedObject
  /** Which end of a range holds: the lower one, if nobody has said otherwise for the site. */
  readonly end?: 'strict' | 'lenient'
}

/** Where nobody knows the sensor's calibration, a peak is believed to a half. */
const ASSUMED_UNCERTAINTY = 0.5
/** A half-wave gives the frequency of a short burst about so well. */
const FREQUENCY_TOLERANCE = 0.1

/** Pure; the same peaks give the same judgement. */
export function judgeBlast(peaks: BlastPeaks, options: JudgeOptions = {}): BlastJudgement {
  const { limits = GB_6722_2014, object = STRICTEST_OBJECT, end = 'strict' } = options
  const uncertainty = peaks.uncertainty ?? ASSUMED_UNCERTAINTY
  const judgeAxis = (axis: Axis): AxisJudgement | null => {
    const peak = peaks[`${axis}MmPerS`]
    if (peak === null) return null
    const [lowest, highest] = limitsAt(limits, { object, end, hz: peaks[`${axis}Hz`] })
    return { limitMmPerS: lowest, share: peak / lowest, verdict: verdictOf(peak, uncertainty, lowest, highest) }
  }
  const axes = { vertical: judgeAxis('vertical'), north: judgeAxis('north'), east: judgeAxis('east') }
  const judged = AXES.map((axis) => axes[axis]).filter((axis) => axis !== null)
  return {
    limits: limits.id,
    object,
    axes,
    air: judgeAir(peaks, limits.airPa),
    share: judged.length === 0 ? null : Math.max(...judged.map((axis) => axis.share)),
    verdict: judged.length === 0 ? null : worst(judged.map((axis) => axis.verdict)),
  }
}

function judgeAir({ airPa, airUncertainty }: BlastPeaks, limitPa: number): BlastJudgement['air'] {
  if (airPa === null) return null
  const verdict = verdictOf(airPa, airUncertainty ?? ASSUMED_UNCERTAINTY, limitPa, limitPa)
  return { limitPa, share: airPa / limitPa, verdict }
}

/** Lowest and highest limit, in mm/s, of the bands that a frequency may lie in; of all where it is not known. */
function limitsAt(
  { bandsHz, rows }: BlastLimits,
  { object, end, hz }: { object: ProtectedObject; end: 'strict' | 'lenient'; hz: number | null },
): [number, number] {
  const ranges = rows[object].cmPerS
  const bandOf = (f: number) => bandsHz.filter((upperHz) => f > upperHz).length
  const first = hz === null ? 0 : bandOf(hz * (1 - FREQUENCY_TOLERANCE))
  const last = hz === null ? ranges.length - 1 : bandOf(hz * (1 + FREQUENCY_TOLERANCE))
  const mmPerS = ranges.slice(first, last + 1).map((range) => 10 * range[end === 'strict' ? 0 : 1])
  return [Math.min(...mmPerS), Math.max(...mmPerS)]
}

function verdictOf(peak: number, uncertainty: number, lowest: number, highest: number): Verdict {
  if (peak * (1 + uncertainty) <= lowest) return 'below'
  return peak * (1 - uncertainty) > highest ? 'above' : 'undecidable'
}

const worst = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.includes('above') ? 'above' : verdicts.includes('undecidable') ? 'undecidable' : 'below'
