import type { ProfileInput, Quantity } from '../profile.ts'

const float = (quantity: Quantity, address: number, unit: string, scale: number) =>
  ({ quantity, address, type: 'float32', unit, scale }) as const

/**
 * CHINT DTSU666, its own map: float32 that count tenths and thousandths, before the ratio of the transformers. Where the
 * imported energy is, public drivers disagree: 0x401E in most and in the manual, 0x4000 in OpenEMS; and OpenEMS reads it
 * with function 4. A profile with `base` says otherwise where a meter does.
 * @see CHINT DTSU666 user manual, table of communication addresses
 * @see OpenEMS, MeterChintDtsu666Impl
 */
export const DTSU666: ProfileInput = {
  functionCode: 3,
  wordOrder: 'high-first',
  mostRegisters: 80,
  widestGap: 8,
  registers: [
    float('voltageA', 0x2006, 'V', 0.1),
    float('voltageB', 0x2008, 'V', 0.1),
    float('voltageC', 0x200a, 'V', 0.1),
    float('currentA', 0x200c, 'A', 0.001),
    float('currentB', 0x200e, 'A', 0.001),
    float('currentC', 0x2010, 'A', 0.001),
    float('activePower', 0x2012, 'W', 0.1),
    float('reactivePower', 0x201a, 'var', 0.1),
    float('activeEnergy', 0x401e, 'kWh', 1),
  ],
}
