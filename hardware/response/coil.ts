/**
 * A moving coil with a load. The current that the load draws brakes the coil (damping) and drops voltage in its
 * resistance (sensitivity): both follow from the coil's own figures, so a data sheet's row of shunts is not needed.
 *
 * @see F. Scherbaum, Of Poles and Zeros, ch. 4; ION SM-24 data sheet ("RtBcFn" is our G^2 / (4 pi m))
 */
import type { CoilType } from './sensor-type.ts'

export interface LoadedCoil {
  readonly sensitivityVPerMPerS: number
  readonly damping: number
}

/** @param loadOhm what lies across the coil, shunt and input together; `null`: open */
export function loadedCoil(type: CoilType, loadOhm: number | null): LoadedCoil {
  if (loadOhm === null) return { sensitivityVPerMPerS: type.sensitivityVPerMPerS, damping: type.openDamping }
  const totalOhm = type.coilOhm + loadOhm
  const braking = type.sensitivityVPerMPerS ** 2 / (4 * Math.PI * type.naturalHz * type.movingMassKg * totalOhm)
  return {
    sensitivityVPerMPerS: (type.sensitivityVPerMPerS * loadOhm) / totalOhm,
    damping: type.openDamping + braking,
  }
}

/** Resistances side by side; `null` is none. */
export function parallelOhm(a: number | null, b: number | null): number | null {
  if (a === null) return b
  return b === null ? a : (a * b) / (a + b)
}

/** Shunt that brings a coil to a damping; `null` where the open coil is damped as much already, 0 where none suffices. */
export function shuntOhmFor(type: CoilType, damping: number): number | null {
  const missing = damping - type.openDamping
  if (missing <= 0) return null
  const totalOhm = type.sensitivityVPerMPerS ** 2 / (4 * Math.PI * type.naturalHz * type.movingMassKg * missing)
  return Math.max(0, totalOhm - type.coilOhm)
}
