/**
 * What a type of sensor tells of itself in its data sheet, as data. `tolerance` and its kin are the half-widths within
 * which the maker lets a unit lie; `temperaturePerK` is how far the sensitivity moves with each kelvin.
 */
interface Sourced {
  /** Data sheet or measurement, with revision; whoever doubts a row begins there. */
  readonly source: string
  /** Values as commonly published, not read in the maker's own sheet: check them against the sheet of your unit. */
  readonly nominal: boolean
}

/** A moving coil: a high-pass of second order at its natural frequency. @see Scherbaum, Of Poles and Zeros, ch. 4 */
export interface CoilType extends Sourced {
  readonly kind: 'coil'
  readonly sensitivityVPerMPerS: number
  readonly tolerance: number
  readonly naturalHz: number
  readonly naturalTolerance: number
  /** Of the coil alone; a shunt adds to it. 1: critical. */
  readonly openDamping: number
  readonly dampingTolerance: number
  readonly coilOhm: number
  readonly movingMassKg: number
  readonly temperaturePerK: number
  /** Above it the case rings (spurious frequency), and amplitudes are not to be trusted. */
  readonly highestHz: number
}

/** A microphone or pressure sensor with a voltage output, flat between its ends (-3 dB). */
export interface PressureType extends Sourced {
  readonly kind: 'pressure'
  readonly sensitivityVPerPa: number
  readonly tolerance: number
  readonly lowestHz: number
  readonly highestHz: number
  /** Beyond it the sensor clips. */
  readonly highestPa: number
  readonly temperaturePerK: number
}

/** Sensor and digitiser in one, known only by its counts. */
export interface CountsType extends Sourced {
  readonly kind: 'counts'
  readonly countsPerUnit: number
  readonly unit: 'm/s' | 'Pa'
  readonly tolerance: number
  /** `null`: flat down to below what the gateway looks at. */
  readonly cornerHz: number | null
  readonly damping: number | null
}

export type SensorType = CoilType | PressureType | CountsType

/** An analogue-to-digital converter. */
export interface AdcType extends Sourced {
  /** Counts of a volt at gain 1. */
  readonly countsPerV: number
  readonly gains: readonly number[]
  /** Full scale at gain 1: an input beyond it clips. */
  readonly fullScaleV: number
  /** Of gain and reference together, after what calibration the chip does by itself. */
  readonly gainError: number
  readonly driftPerK: number
  /** What the input draws, which shunts the sensor; `null`: next to nothing. */
  readonly inputOhm: (gain: number) => number | null
  /** Its digital filter: a sinc of this order at this rate, then plain means down to the rate asked for. */
  readonly averaging: { readonly order: number; readonly rateHz: number }
}
