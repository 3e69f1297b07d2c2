import { instant, type Millis, type Stamp, type Timekeeper } from '@minewarden/protocol/time.ts'
import type { MeterMeasured, MeterStatus, PowerReading } from '../contract.ts'
import type { PowerValues, SlowValues } from './meter.ts'
import type { MeterOptions } from './options.ts'

/** What a meter told, as our measurements: ratios of its transformers applied, nothing made up for what is missing. */
export type Ratios = Pick<MeterOptions, 'ctRatio' | 'ptRatio'>

type Three = PowerValues['voltageV']

/** @param spanMs over how long the values of this reading were taken */
export function powerReading(
  values: PowerValues,
  activeEnergyWh: number | null,
  { ctRatio, ptRatio }: Ratios,
  stamp: Stamp,
  spanMs: Millis,
): PowerReading {
  const powerRatio = ctRatio * ptRatio
  return {
    kind: 'power',
    at: stamp.at,
    ...timed(stamp, spanMs),
    activePowerW: times(values.activePowerW, powerRatio),
    reactivePowerVar: times(values.reactivePowerVar, powerRatio),
    voltageV: eachTimes(values.voltageV, ptRatio),
    currentA: eachTimes(values.currentA, ctRatio),
    activeEnergyWh: times(activeEnergyWh, powerRatio),
    simulated: false,
  }
}

export type StatusFacts = Omit<SlowValues, 'activeEnergyWh' | 'clock' | 'measured'> & {
  readonly clockOffsetS: number | null
}

/** @param measured `null`: not read yet */
export function meterStatus(
  facts: StatusFacts,
  measured: MeterMeasured | null,
  options: Pick<MeterOptions, 'measuresAt' | 'relayKind' | 'ctRatio' | 'ptRatio'>,
  stamp: Stamp,
): MeterStatus {
  const { measuresAt, relayKind } = options
  const hasRelay = relayKind !== 'none'
  return {
    kind: 'meter',
    at: stamp.at,
    ...timed(stamp, 0),
    measuresAt,
    relayKind,
    relayOff: hasRelay ? (facts.relayOff ?? null) : null,
    commandedOff: hasRelay ? (facts.commandedOff ?? null) : null,
    preTripAlarm: facts.preTripAlarm ?? null,
    isProtected: facts.isProtected ?? null,
    coverOpenings: facts.coverOpenings ?? null,
    terminalCoverOpenings: facts.terminalCoverOpenings ?? null,
    powerLosses: facts.powerLosses ?? null,
    faults: facts.faults ?? null,
    clockOffsetS: facts.clockOffsetS,
    ...(measured && { measured: primary(measured, options) }),
  }
}

const primary = (measured: MeterMeasured, { ctRatio, ptRatio }: Ratios): MeterMeasured => ({
  ...measured,
  reverseActiveEnergyWh: times(measured.reverseActiveEnergyWh, ctRatio * ptRatio),
  neutralCurrentA: times(measured.neutralCurrentA, ctRatio),
})

/** Half of the second that it does not show, and the way of the answer. */
const SHOWN_LATE_MS = 600

/** Its clock minus ours, in whole seconds: it shows no more, so that one second of it means nothing. */
export function clockOffsetS(localMs: number, utcOffsetHours: number, clock: Timekeeper, at: Millis): number {
  const shownAt = instant(localMs - utcOffsetHours * 3_600_000 + SHOWN_LATE_MS)
  return Math.round((shownAt - clock.stamp(at).at) / 1_000)
}

const timed = ({ quality, errorMs }: Stamp, spanMs: Millis) => ({
  clock: quality,
  ...(errorMs !== null && { clockErrorMs: errorMs + spanMs }),
})

/** Twelve significant digits: 0.1 x 3 is 0.3. */
const times = (value: number | null, ratio: number): number | null =>
  value === null ? null : Number((value * ratio).toPrecision(12))
const eachTimes = ([a, b, c]: Three, ratio: number): Three => [times(a, ratio), times(b, ratio), times(c, ratio)]
