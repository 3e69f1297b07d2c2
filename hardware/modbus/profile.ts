/** What a meter keeps in which registers: data, so that a technician can write one for a meter that nobody foresaw. */
import { z } from 'zod'

/** How many registers of 16 bits a value takes. */
export const REGISTERS_OF = {
  uint16: 1,
  int16: 1,
  uint32: 2,
  int32: 2,
  float32: 2,
  uint64: 4,
  int64: 4,
  float64: 4,
} as const
export type RegisterType = keyof typeof REGISTERS_OF

/** One answer carries no more. @see Modbus Application Protocol V1.1b3, 6.3 and 6.4 */
export const REGISTERS_CEILING = 125
const LAST_ADDRESS = 0xffff

/** Units of what is measured, each with what it is worth in the unit that we use. */
const UNITS = {
  voltage: { V: 1, kV: 1e3, mV: 1e-3 },
  current: { A: 1, kA: 1e3, mA: 1e-3 },
  power: { W: 1, kW: 1e3, MW: 1e6 },
  reactive: { var: 1, kvar: 1e3, Mvar: 1e6 },
  energy: { Wh: 1, kWh: 1e3, MWh: 1e6 },
} as const
export type Measure = keyof typeof UNITS

/** What can be read of a meter, and what it is. */
export const QUANTITIES = {
  voltageA: 'voltage',
  voltageB: 'voltage',
  voltageC: 'voltage',
  currentA: 'current',
  currentB: 'current',
  currentC: 'current',
  activePower: 'power',
  reactivePower: 'reactive',
  /** Drawn from the grid, since the meter was made. */
  activeEnergy: 'energy',
} as const satisfies Record<string, Measure>
export type Quantity = keyof typeof QUANTITIES

const WordOrder = z.enum(['high-first', 'low-first'])
export type WordOrder = z.infer<typeof WordOrder>
const ByteOrder = z.enum(['high-first', 'low-first'])
/** 3: holding registers, 4: input registers. */
const FunctionCode = z.union([z.literal(3), z.literal(4)])
export type FunctionCode = z.infer<typeof FunctionCode>

const UNIT_NAMES = Object.values(UNITS).flatMap((units) => Object.keys(units)) as [string, ...string[]]

const RegisterOptions = z
  .strictObject({
    quantity: z.enum(Object.keys(QUANTITIES) as [Quantity, ...Quantity[]]),
    /** As it travels, from 0; a manual's 30053 or 40053 is 52. */
    address: z.number().int().min(0).max(LAST_ADDRESS),
    type: z.enum(Object.keys(REGISTERS_OF) as [RegisterType, ...RegisterType[]]),
    /** The unit of the value once it is multiplied by `scale`. */
    unit: z.enum(UNIT_NAMES),
    scale: z.number().min(1e-9).max(1e9),
    functionCode: FunctionCode.optional(),
    wordOrder: WordOrder.optional(),
    byteOrder: ByteOrder.optional(),
    /** Of active and reactive power: what a positive number stands for. */
    positive: z.enum(['import', 'export']).optional(),
  })
  .superRefine((one, context) => {
    const complain = (path: string, message: string) => context.addIssue({ code: 'custom', message, path: [path] })
    const measure = QUANTITIES[one.quantity]
    if (one.address + REGISTERS_OF[one.type] - 1 > LAST_ADDRESS) complain('address', 'ends beyond register 65535')
    if (!Object.hasOwn(UNITS[measure], one.unit))
      complain('unit', `no unit of ${one.quantity}: ${Object.keys(UNITS[measure]).join(', ')}`)
    if (one.positive && measure !== 'power' && measure !== 'reactive')
      complain('positive', `${one.quantity} has no direction`)
  })

const RegisterList = z
  .array(RegisterOptions)
  .max(Object.keys(QUANTITIES).length)
  .superRefine((list, context) => {
    list.forEach(({ quantity }, i) => {
      if (list.findIndex((one) => one.quantity === quantity) < i)
        context.addIssue({ code: 'custom', message: `${quantity} is there twice`, path: [i, 'quantity'] })
    })
  })

/** What a configuration or a file of ours says of a meter's registers; with `base` only what differs from that one. */
export const ProfileOptions = z
  .strictObject({
    base: z.string().min(1).max(64).optional(),
    functionCode: FunctionCode.optional(),
    /** Which register of a value that takes several comes first. */
    wordOrder: WordOrder.optional(),
    /** Within a register; Modbus says `high-first`, some meters do otherwise. */
    byteOrder: ByteOrder.optional(),
    /** What the meter gives in one answer. */
    mostRegisters: z.number().int().min(4).max(REGISTERS_CEILING).optional(),
    /** So many registers that nobody asked for may be read with their neighbours; 0 where the meter refuses such. */
    widestGap: z.number().int().min(0).max(REGISTERS_CEILING).optional(),
    /** One of the base with the same quantity is replaced. */
    registers: RegisterList,
    /** What the base has and this meter has not. */
    without: z
      .array(z.enum(Object.keys(QUANTITIES) as [Quantity, ...Quantity[]]))
      .max(16)
      .optional(),
  })
  .superRefine((profile, context) => {
    if (profile.base !== undefined) return
    for (const key of ['functionCode', 'wordOrder'] as const) {
      if (profile[key] === undefined) context.addIssue({ code: 'custom', message: 'needed', path: [key] })
    }
    if (profile.registers.length === 0)
      context.addIssue({ code: 'custom', message: 'at least one register', path: ['registers'] })
  })
export type ProfileOptions = z.infer<typeof ProfileOptions>
export type ProfileInput = z.input<typeof ProfileOptions>

/** One value of a meter, ready to be read. */
export interface MeterRegister {
  readonly quantity: Quantity
  readonly functionCode: FunctionCode
  readonly address: number
  readonly type: RegisterType
  readonly wordOrder: WordOrder
  readonly byteOrder: WordOrder
  /** Times the raw value: in W, var, V, A, Wh, positive when drawn from the grid. */
  readonly factor: number
}

/** All values of a meter. */
export interface Profile {
  readonly registers: readonly MeterRegister[]
  readonly mostRegisters: number
  readonly widestGap: number
}

/** A profile over its base: what it says counts, register by register. */
export function overBase(base: ProfileOptions, own: ProfileOptions): ProfileOptions {
  const { base: _, without = [], ...said } = own
  const isReplaced = (quantity: Quantity) =>
    without.includes(quantity) || own.registers.some((one) => one.quantity === quantity)
  const kept = base.registers.filter((one) => !isReplaced(one.quantity))
  return { ...base, ...said, registers: [...kept, ...own.registers] }
}

/** Fills in what a profile leaves to its defaults. It has no base any more. */
export function resolveProfile(options: ProfileOptions): Profile {
  const registers = options.registers.map((one) => {
    const worth = (UNITS[QUANTITIES[one.quantity]] as Record<string, number>)[one.unit] ?? 1
    return {
      quantity: one.quantity,
      functionCode: one.functionCode ?? options.functionCode ?? 3,
      address: one.address,
      type: one.type,
      wordOrder: one.wordOrder ?? options.wordOrder ?? 'high-first',
      byteOrder: one.byteOrder ?? options.byteOrder ?? 'high-first',
      factor: worth * one.scale * (one.positive === 'export' ? -1 : 1),
    }
  })
  return { registers, mostRegisters: options.mostRegisters ?? REGISTERS_CEILING, widestGap: options.widestGap ?? 0 }
}
