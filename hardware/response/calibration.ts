/**
 * From the type of a sensor, its converter and the gain to what a count is worth, and how far that is to be believed.
 *
 * Uncertainty as in the GUM: a tolerance of +-a is taken for a rectangular distribution (a / sqrt 3), the parts are
 * independent, and the sum is expanded with k = 2. Not in it: how the sensor is coupled to the ground, which is often
 * the largest part of all.
 *
 * @see JCGM 100:2008 (GUM), 4.3.7 and 6.2
 */
import type { InstrumentResponse } from '../contract.ts'
import { loadedCoil, parallelOhm } from './coil.ts'
import type { AdcType, CoilType, CountsType, SensorType } from './sensor-type.ts'

/** What a waveform block needs to be more than counts. */
export interface Calibration {
  /** Divide counts by this to get `unit`. */
  readonly countsPerUnit: number
  readonly unit: 'm/s' | 'Pa'
  readonly response: InstrumentResponse
  /** Largest amplitude in `unit` that the sensor and its converter can show; `null`: not known. */
  readonly largest: number | null
}

/** What is known of this unit and its wiring beyond the type. */
export interface CalibrationOverrides {
  /** Of the calibration sheet, in V/(m/s) or V/Pa at the sensor's output with its shunt. */
  readonly sensitivity?: number | undefined
  readonly cornerHz?: number | undefined
  readonly damping?: number | undefined
  /** Relative expanded uncertainty (k = 2) that takes the place of the one computed here. */
  readonly uncertainty?: number | undefined
  readonly shuntOhm?: number | undefined
  /** Voltage at the converter over voltage at the sensor: below 1 for a divider, above for an amplifier. */
  readonly frontGain?: number | undefined
  /** How far the temperature may be from the 20 degC at which data sheets speak. */
  readonly temperatureSpanK?: number | undefined
}

/** A cabinet in the mountains: -15 to 55 degC. */
const TEMPERATURE_SPAN_K = 35
/** Resistance of copper with each kelvin: it shifts the share of the voltage that a shunt leaves. */
const COPPER_PER_K = 3.9e-3
/** Coils and shunts are wound and chosen about so exactly. */
const RESISTANCE_TOLERANCE = 0.05

/**
 * @param gain of the converter's own amplifier, one of `adc.gains`
 */
export function calibrationOf(
  type: SensorType,
  adc: AdcType,
  gain: number,
  overrides: CalibrationOverrides = {},
): Calibration {
  if (type.kind === 'counts') return wholeInstrument(type, overrides)
  const spanK = overrides.temperatureSpanK ?? TEMPERATURE_SPAN_K
  const front = overrides.frontGain ?? 1
  const converter = [adc.gainError, adc.driftPerK * spanK]
  const countsPerV = adc.countsPerV * gain * front
  const rangeV = adc.fullScaleV / (gain * front)
  if (type.kind === 'pressure') {
    const perPa = overrides.sensitivity ?? type.sensitivityVPerPa
    const parts = [toleranceOf(type.tolerance, overrides), type.temperaturePerK * spanK, ...converter]
    return {
      countsPerUnit: countsPerV * perPa,
      unit: 'Pa',
      // What falls off below a tenth of a hertz is flat to whoever looks from 1.5 Hz on.
      response: {
        cornerHz: null,
        damping: null,
        uncertainty: overrides.uncertainty ?? expanded(parts),
        averaging: adc.averaging,
      },
      largest: Math.min(type.highestPa, rangeV / perPa),
    }
  }
  const loadOhm = parallelOhm(overrides.shuntOhm ?? null, adc.inputOhm(gain))
  const coil = loadedCoil(type, loadOhm)
  const perMPerS = overrides.sensitivity ?? coil.sensitivityVPerMPerS
  const parts = [toleranceOf(type.tolerance, overrides), ...coilParts(type, loadOhm, spanK), ...converter]
  return {
    countsPerUnit: countsPerV * perMPerS,
    unit: 'm/s',
    response: {
      cornerHz: overrides.cornerHz ?? type.naturalHz,
      damping: overrides.damping ?? coil.damping,
      cornerTolerance: overrides.cornerHz === undefined ? type.naturalTolerance : SHEET_TOLERANCE,
      dampingTolerance: overrides.damping === undefined ? type.dampingTolerance : SHEET_TOLERANCE,
      uncertainty: overrides.uncertainty ?? expanded(parts),
      averaging: adc.averaging,
    },
    largest: rangeV / perMPerS,
  }
}

/** Of an instrument that is its own converter. */
export function wholeInstrument(type: CountsType, overrides: CalibrationOverrides = {}): Calibration {
  return {
    countsPerUnit: type.countsPerUnit,
    unit: type.unit,
    response: {
      cornerHz: overrides.cornerHz ?? type.cornerHz,
      damping: overrides.damping ?? type.damping,
      uncertainty: overrides.uncertainty ?? expanded([type.tolerance]),
    },
    largest: null,
  }
}

/** A sheet of the unit's own is made to about a fiftieth; without it the maker's tolerance holds. */
const SHEET_TOLERANCE = 0.02
const toleranceOf = (tolerance: number, { sensitivity }: CalibrationOverrides): number =>
  sensitivity === undefined ? tolerance : Math.min(tolerance, SHEET_TOLERANCE)

/** Relative half-widths by which magnet and resistances move a loaded coil's sensitivity. */
function coilParts(type: CoilType, loadOhm: number | null, spanK: number): number[] {
  const magnet = type.temperaturePerK * spanK
  if (loadOhm === null) return [magnet]
  // d ln(load / (coil + load)) is the coil's share of the total, times the relative change of a resistance.
  const share = type.coilOhm / (type.coilOhm + loadOhm)
  return [magnet, share * COPPER_PER_K * spanK, share * RESISTANCE_TOLERANCE]
}

/** Half-widths of independent rectangular distributions, as one relative uncertainty with k = 2. */
export const expanded = (halfWidths: readonly number[]): number =>
  2 * Math.sqrt(halfWidths.reduce((sum, a) => sum + (a * a) / 3, 0))
