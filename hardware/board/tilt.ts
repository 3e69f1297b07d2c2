/** How far the cabinet leans, from the voltages of its tilt sensor. Pure. */
import type { AnalogInput, TiltOptions } from './options.ts'

/** Gravity is 1 g; beyond these bounds something shakes the sensor, or its cable is cut. */
const LEAST_G = 0.5
const MOST_G = 1.5

const RADIAN_DEG = 180 / Math.PI

/**
 * Degrees from upright, 0 to 180; `null` when what is measured cannot be a tilt.
 * @param volts at each analog input
 */
export function tiltDegrees(
  tilt: Exclude<TiltOptions, { kind: 'switch' }>,
  volts: (input: AnalogInput) => number,
): number | null {
  if (tilt.kind === 'inclinometer') {
    const degrees = Math.abs(volts(tilt.input) - tilt.zeroV) / tilt.voltsPerDegree
    return degrees <= tilt.rangeDeg ? degrees : null
  }
  const [x, y, z] = (['x', 'y', 'z'] as const).map(
    (axis, index) => (volts(tilt[axis]) - tilt.zeroV[index]!) / tilt.voltsPerG,
  ) as [number, number, number]
  const gravity = Math.hypot(x, y, z)
  if (gravity < LEAST_G || gravity > MOST_G) return null
  const [ux, uy, uz] = tilt.upright
  const cosine = (x * ux + y * uy + z * uz) / (gravity * Math.hypot(ux, uy, uz))
  return Math.acos(Math.min(Math.max(cosine, -1), 1)) * RADIAN_DEG
}
