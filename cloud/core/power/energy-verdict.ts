import type { FieldsOf } from '@minewarden/protocol/reading.ts'

/**
 * What a comparison of a meter's energy register with the integral of its power says. `agrees`: both tell the same;
 * `register-slow`, `register-fast`: one of them lies; `register-back`: the register was reset or the meter exchanged;
 * `fed-back`: power flows out, or a current transformer is the wrong way round; `register-alone`: the register counts what
 * the readings do not show; `untold`: a value is missing.
 */
export type EnergyVerdict =
  | 'agrees'
  | 'register-slow'
  | 'register-fast'
  | 'register-back'
  | 'fed-back'
  | 'register-alone'
  | 'untold'

/** Pure. @param check the fields of an `energyCheck` */
export function energyVerdict(
  check: {
    readonly [F in 'ratio' | 'uncertainty' | 'registerWh' | 'integralWh']: FieldsOf<'energyCheck'>[F]
  },
): EnergyVerdict {
  const { ratio, uncertainty, registerWh, integralWh } = check
  if (ratio !== null && uncertainty !== null) {
    if (Math.abs(ratio - 1) <= uncertainty) return 'agrees'
    return ratio < 1 ? 'register-slow' : 'register-fast'
  }
  if (registerWh === null || integralWh === null) return 'untold'
  if (registerWh < 0) return 'register-back'
  return integralWh < -registerWh ? 'fed-back' : 'register-alone'
}
