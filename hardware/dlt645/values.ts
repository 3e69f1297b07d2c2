/**
 * Data identifiers and their values: binary coded decimals, least significant byte first, with fixed decimals. Values are
 * secondary: a meter behind transformers does not know their ratios. A meter fills what it does not measure with FFH.
 * @see DL/T 645-2007, annex A
 */

export interface Quantity {
  /** DI3 DI2 DI1 DI0 as printed in the standard. */
  readonly identifier: number
  readonly bytes: number
  readonly decimals: number
  /** The top bit of the top byte is the sign. */
  readonly signed: boolean
  readonly unit: 'kWh' | 'V' | 'A' | 'kW' | 'kvar' | 'kVA' | '' | 'deg' | 'Hz' | 'Cel'
}

const quantity = (
  identifier: number,
  bytes: number,
  decimals: number,
  unit: Quantity['unit'],
  signed = false,
): Quantity => ({ identifier, bytes, decimals, unit, signed })

/** What is read of a meter, under the names that our readings use. */
export const QUANTITIES = {
  forwardActiveEnergy: quantity(0x00010000, 4, 2, 'kWh'),
  reverseActiveEnergy: quantity(0x00020000, 4, 2, 'kWh'),
  voltageA: quantity(0x02010100, 2, 1, 'V'),
  voltageB: quantity(0x02010200, 2, 1, 'V'),
  voltageC: quantity(0x02010300, 2, 1, 'V'),
  currentA: quantity(0x02020100, 3, 3, 'A', true),
  currentB: quantity(0x02020200, 3, 3, 'A', true),
  currentC: quantity(0x02020300, 3, 3, 'A', true),
  activePower: quantity(0x02030000, 3, 4, 'kW', true),
  activePowerA: quantity(0x02030100, 3, 4, 'kW', true),
  activePowerB: quantity(0x02030200, 3, 4, 'kW', true),
  activePowerC: quantity(0x02030300, 3, 4, 'kW', true),
  reactivePower: quantity(0x02040000, 3, 4, 'kvar', true),
  reactivePowerA: quantity(0x02040100, 3, 4, 'kvar', true),
  reactivePowerB: quantity(0x02040200, 3, 4, 'kvar', true),
  reactivePowerC: quantity(0x02040300, 3, 4, 'kvar', true),
  apparentPower: quantity(0x02050000, 3, 4, 'kVA'),
  powerFactor: quantity(0x02060000, 2, 3, '', true),
  phaseAngleA: quantity(0x02070100, 2, 1, 'deg'),
  phaseAngleB: quantity(0x02070200, 2, 1, 'deg'),
  phaseAngleC: quantity(0x02070300, 2, 1, 'deg'),
  neutralCurrent: quantity(0x02800001, 3, 3, 'A', true),
  frequency: quantity(0x02800002, 2, 2, 'Hz'),
  oneMinuteActivePower: quantity(0x02800003, 3, 4, 'kW', true),
  activePowerDemand: quantity(0x02800004, 3, 4, 'kW'),
  temperature: quantity(0x02800007, 2, 1, 'Cel', true),
} as const satisfies Record<string, Quantity>
export type QuantityName = keyof typeof QUANTITIES

/** Several quantities in one answer, for meters that know the block. */
export const BLOCKS = {
  voltages: { identifier: 0x0201ff00, of: ['voltageA', 'voltageB', 'voltageC'] },
  currents: { identifier: 0x0202ff00, of: ['currentA', 'currentB', 'currentC'] },
  activePowers: { identifier: 0x0203ff00, of: ['activePower', 'activePowerA', 'activePowerB', 'activePowerC'] },
  reactivePowers: {
    identifier: 0x0204ff00,
    of: ['reactivePower', 'reactivePowerA', 'reactivePowerB', 'reactivePowerC'],
  },
} as const satisfies Record<string, { readonly identifier: number; readonly of: readonly QuantityName[] }>

export const IDENTIFIER_BYTES = 4

/** DI0 first, as it goes over the line. */
export function identifierBytes(identifier: number): Uint8Array {
  const out = new Uint8Array(IDENTIFIER_BYTES)
  new DataView(out.buffer).setUint32(0, identifier, true)
  return out
}

/** The identifier that an answer begins with; `null` when it is too short to have one. */
export function identifierOf(data: Uint8Array): number | null {
  if (data.length < IDENTIFIER_BYTES) return null
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0, true)
}

/**
 * Reads one value. @returns the number in the quantity's unit; `null` when the meter does not measure it (all FFH);
 * `undefined` when the bytes are no number
 */
export function readQuantity(data: Uint8Array, at: number, spec: Quantity): number | null | undefined {
  const { bytes, decimals, signed } = spec
  if (at + bytes > data.length) return undefined
  let value = 0
  let isMissing = true
  let sign = 1
  for (let i = bytes - 1; i >= 0; i--) {
    let byte = data[at + i]!
    if (byte !== 0xff) isMissing = false
    if (signed && i === bytes - 1 && byte >= 0x80) {
      sign = -1
      byte &= 0x7f
    }
    const high = byte >> 4
    const low = byte & 0x0f
    if (high > 9 || low > 9) value = Number.NaN
    value = value * 100 + high * 10 + low
  }
  if (isMissing) return null
  // Zero has no sign, whatever the meter says.
  return Number.isNaN(value) ? undefined : value === 0 ? 0 : (sign * value) / 10 ** decimals
}

/** The reverse, for simulated meters. The value is rounded to the quantity's decimals; beyond its range it is cut off. */
export function writeQuantity(value: number | null, spec: Quantity): Uint8Array {
  const out = new Uint8Array(spec.bytes)
  if (value === null) return out.fill(0xff)
  const most = spec.signed ? 8 * 10 ** (2 * spec.bytes - 1) - 1 : 10 ** (2 * spec.bytes) - 1
  let rest = Math.min(most, Math.round(Math.abs(value) * 10 ** spec.decimals))
  for (let i = 0; i < spec.bytes; i++) {
    const pair = rest % 100
    out[i] = (Math.floor(pair / 10) << 4) | (pair % 10)
    rest = Math.floor(rest / 100)
  }
  if (spec.signed && value < 0) out[spec.bytes - 1]! |= 0x80
  return out
}
