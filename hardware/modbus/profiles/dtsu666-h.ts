import type { ProfileInput, Quantity } from '../profile.ts'

const float = (quantity: Quantity, address: number, unit: string) =>
  ({ quantity, address, type: 'float32', unit, scale: 1 }) as const

/**
 * CHINT DTSU666-H as Huawei sells it (unit 11, 9600 8N1): one block of 80 registers from 0x0836 in V, A, W, kWh. Public
 * maps agree on what is here; on the phase voltages they do not (from 0x083C or from 0x083E), so these stay unknown until
 * a profile with this `base` says where they are.
 */
export const DTSU666_H: ProfileInput = {
  functionCode: 3,
  wordOrder: 'high-first',
  mostRegisters: 80,
  widestGap: 78,
  registers: [
    float('currentA', 0x0836, 'A'),
    float('currentB', 0x0838, 'A'),
    float('currentC', 0x083a, 'A'),
    float('activePower', 0x084e, 'W'),
    float('reactivePower', 0x0856, 'var'),
    float('activeEnergy', 0x0876, 'kWh'),
  ],
}
