import type { ProfileInput, Quantity } from '../profile.ts'

const float = (quantity: Quantity, address: number, unit: string) =>
  ({ quantity, address, type: 'float32', unit, scale: 1 }) as const

/**
 * Eastron SDM630: input registers, all float32. It refuses a request for more than 40 values; what lies between its
 * values can be read with them. It multiplies by the ratio of its transformers itself once that is set in it.
 * @see Eastron SDM630-Modbus V2 user manual, part "Modbus protocol implementation"
 */
export const SDM630: ProfileInput = {
  functionCode: 4,
  wordOrder: 'high-first',
  mostRegisters: 80,
  widestGap: 40,
  registers: [
    float('voltageA', 0x0000, 'V'),
    float('voltageB', 0x0002, 'V'),
    float('voltageC', 0x0004, 'V'),
    float('currentA', 0x0006, 'A'),
    float('currentB', 0x0008, 'A'),
    float('currentC', 0x000a, 'A'),
    float('activePower', 0x0034, 'W'),
    float('reactivePower', 0x003c, 'var'),
    float('activeEnergy', 0x0048, 'kWh'),
  ],
}
