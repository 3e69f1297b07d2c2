/** What a meter says: load that no registered consumer explains, and that there is none. */
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import type { CreditedLoad } from './detector-state.ts'
import type { EvidenceKind } from './filter/rates.ts'
import { SLOW_METER_S, TOGETHER_MS } from './ground-evidence.ts'
import { createPowerMeter, type PowerMeterState, type PowerStep, stepPower } from './power-evidence.ts'
import { entryOf, minutesAt, type SiteContext } from './site-context.ts'
import { addMinutes } from './site-evidence.ts'

/** Of a slow meter's coincidence: both were on within one interval, not more. */
const SLOW_TOGETHER = 0.6
const LONGEST_INTERVAL_MS = 20 * 60_000
/** Reactive power did not tell what kind of consumer it is. */
const UNSURE_SHARE = 0.7
/** What a load counts for at once, and after how many minutes for all: what lasts less may be an inrush or a test. */
const LOAD_AT_ONCE = 0.4
const LOAD_MINUTES = 3
/** What comes back with the supply is no sign of work. */
const RETURN_MS = 120_000
const SMALL_KW = 3
const LARGE_KW = 8
const HUGE_KW = 10

export function takePower(context: SiteContext, key: string, reading: ReadingOf<'power'>): void {
  const meter = entryOf(context.state.meters, key, createPowerMeter)
  if (!meter) return
  const { lastMs } = meter
  const step = stepPower(meter, reading, context.site.expectedLoads)
  if (step.kind === null || step.minutes === 0) takeSilence(context, meter, reading, lastMs)
  else if (step.kind === 'heating') takeHeating(context, step, reading.measuredAt)
  else takeMotor(context, key, meter, step, reading.measuredAt)
}

/** The supply is on and nothing draws more than is registered. */
function takeSilence(
  { believer }: SiteContext,
  meter: PowerMeterState,
  { fields, measuredAt }: ReadingOf<'power'>,
  lastMs: number,
) {
  const supplied = fields.activePowerW !== null && measuredAt - meter.outageMs > RETURN_MS
  if (lastMs === 0 || meter.sinceMs !== null || !supplied) return
  const hours = Math.min(measuredAt - lastMs, LONGEST_INTERVAL_MS) / 3_600_000
  if (hours > 0) believer.observe('loadAbsent', believer.absenceShare('load') * hours, null)
}

function takeHeating(context: SiteContext, step: PowerStep, nowMs: number): void {
  const { evidence } = context.state
  const { believer } = context
  if (evidence.heating.sinceMs === null) believer.observe('heating', believer.share('heating'), 'heating')
  addMinutes(evidence.heating, minutesAt(context, nowMs, step.minutes))
  evidence.heatingKw = Math.max(evidence.heatingKw, step.unexplainedW / 1000)
}

function takeMotor(context: SiteContext, key: string, meter: PowerMeterState, step: PowerStep, nowMs: number): void {
  const { evidence } = context.state
  const { believer } = context
  const kw = step.unexplainedW / 1000
  addMinutes(evidence.motor, minutesAt(context, nowMs, step.minutes * (step.kind === 'unknown' ? 0.5 : 1)))
  evidence.motorKw = Math.max(evidence.motorKw, kw)
  evidence.motorMs = nowMs
  const load = creditLoad(context, key, meter, step)
  if (nowMs - evidence.machineryMs >= Math.max(TOGETHER_MS, 60_000 * step.minutes)) return
  addMinutes(evidence.together, minutesAt(context, nowMs, step.minutes))
  if (load.together || meter.intervalS < SLOW_METER_S) return
  load.together = true
  believer.observe('together', SLOW_TOGETHER * believer.share('together'), 'together')
}

/** Load counts for more the longer it holds, and less the more familiar it is. */
function creditLoad(
  { state, believer }: SiteContext,
  key: string,
  meter: PowerMeterState,
  step: PowerStep,
): CreditedLoad {
  const known = state.loads[key]
  const kind = loadKind(step.unexplainedW / 1000)
  const sure = (step.kind === 'motor' ? 1 : UNSURE_SHARE) * (1 - step.familiarity)
  const load =
    known && known.sinceMs === meter.sinceMs
      ? known
      : {
          sinceMs: meter.sinceMs ?? 0,
          minutes: 0,
          kind,
          share: believer.share('load') * sure,
          credited: 0,
          together: false,
        }
  state.loads[key] = load
  // A part of a large load going off does not undo that it was there: what has held is what was seen.
  if (load.kind !== kind && load.minutes < LOAD_MINUTES) {
    believer.observe(load.kind, -load.credited, 'motor')
    believer.observe(kind, load.credited, 'motor')
    load.kind = kind
  }
  load.minutes += step.minutes
  const due = load.share * Math.min(1, LOAD_AT_ONCE + (load.minutes / LOAD_MINUTES) * (1 - LOAD_AT_ONCE))
  if (due > load.credited) believer.observe(kind, due - load.credited, 'motor')
  load.credited = due
  return load
}

const loadKind = (kw: number): EvidenceKind =>
  kw < SMALL_KW ? 'loadSmall' : kw < LARGE_KW ? 'loadMedium' : kw < HUGE_KW ? 'loadLarge' : 'loadHuge'
