import { completeProfile } from '@minewarden/hardware/modbus/known-profiles.ts'
import { ModbusOptions } from '@minewarden/hardware/modbus/options.ts'
import { powerValues, trueValue } from '@minewarden/hardware/modbus/power-values.ts'
import { ProfileOptions, REGISTERS_CEILING, REGISTERS_OF, resolveProfile } from '@minewarden/hardware/modbus/profile.ts'
import { planBlocks, splitBlock } from '@minewarden/hardware/modbus/read-plan.ts'
import { decodeValue } from '@minewarden/hardware/modbus/register-value.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'

const power = { quantity: 'activePower', address: 10, type: 'int32', unit: 'kW', scale: 0.001 }
const own = (more: object = {}, register: object = {}) => ({
  functionCode: 3,
  wordOrder: 'high-first',
  registers: [{ ...power, ...register }],
  ...more,
})
const complaints = (profile: unknown): string[] =>
  ProfileOptions.safeParse(profile).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []

describe('a profile that a technician writes', () => {
  it('is taken as it stands', () => {
    const profile = resolveProfile(ProfileOptions.parse(own({}, { positive: 'export' })))
    expect(profile.registers).toEqual([
      {
        quantity: 'activePower',
        functionCode: 3,
        address: 10,
        type: 'int32',
        wordOrder: 'high-first',
        byteOrder: 'high-first',
        factor: -1,
      },
    ])
  })

  it.each([
    ['no function code', own({ functionCode: undefined }), 'functionCode: needed'],
    ['no word order', own({ wordOrder: undefined }), 'wordOrder: needed'],
    ['no register', own({ registers: [] }), 'registers: at least one register'],
    ['a unit of something else', own({}, { unit: 'V' }), 'registers.0.unit: no unit of activePower: W, kW, MW'],
    [
      'an end beyond the last register',
      own({}, { address: 65_535 }),
      'registers.0.address: ends beyond register 65535',
    ],
    ['a quantity twice', own({ registers: [power, power] }), 'registers.1.quantity: activePower is there twice'],
    [
      'a direction of a voltage',
      own({}, { quantity: 'voltageA', unit: 'V', positive: 'export' }),
      'registers.0.positive: voltageA has no direction',
    ],
  ])('with %s is refused with the field that is wrong', (_what, profile, complaint) => {
    expect(complaints(profile)).toContain(complaint)
  })

  it('says only what differs from a known one', () => {
    const whole = completeProfile(
      ProfileOptions.parse({
        base: 'dtsu666',
        functionCode: 4,
        without: ['reactivePower'],
        registers: [{ quantity: 'activeEnergy', address: 0x4000, type: 'float32', unit: 'kWh', scale: 1 }],
      }),
    )
    if ('problem' in whole) throw new Error(whole.problem)
    const { registers } = resolveProfile(whole)
    expect(registers.find((one) => one.quantity === 'activeEnergy')).toMatchObject({ address: 0x4000, functionCode: 4 })
    expect(registers.some((one) => one.quantity === 'reactivePower')).toBe(false)
    expect(registers).toHaveLength(8)
  })

  it('of a base that nobody knows is refused with the names that there are', () => {
    const meters = [{ id: 'm', unit: 1, profile: 'sdm631' }]
    const result = ModbusOptions.safeParse({ kind: 'modbus', transport: { kind: 'tcp', host: 'h' }, meters })
    expect(result.error?.issues[0]?.message).toBe('no profile sdm631; there are: sdm630, dtsu666, dtsu666-h')
  })
})

describe('a meter whose profile is no profile', () => {
  it.each([
    [{ functionCode: 5, registers: [] }, 'functionCode: '],
    [{ base: 'sdm630', registers: [{ ...power, type: 'float16' }] }, 'registers.0.type: '],
    [7, 'the name of a profile, or its registers'],
  ])('is refused with the field that is wrong: %j', (profile, words) => {
    const meters = [{ id: 'm', unit: 1, profile }]
    const result = ModbusOptions.safeParse({ kind: 'modbus', transport: { kind: 'tcp', host: 'h' }, meters })
    expect(result.error?.issues.map(({ message }) => message).join()).toContain(words)
  })
})

describe('a value in registers', () => {
  const view = new DataView(new ArrayBuffer(8))
  const words = (count: number) => Array.from({ length: count }, (_, i) => view.getUint16(2 * i))
  const swap = (word: number) => ((word & 255) << 8) | (word >> 8)

  it.each([
    ['uint16', 65_000, () => view.setUint16(0, 65_000)],
    ['int16', -2, () => view.setInt16(0, -2)],
    ['uint32', 4_000_000_000, () => view.setUint32(0, 4_000_000_000)],
    ['int32', -123_456, () => view.setInt32(0, -123_456)],
    ['float32', 230.25, () => view.setFloat32(0, 230.25)],
    ['uint64', 2 ** 40 + 5, () => view.setBigUint64(0, BigInt(2 ** 40 + 5))],
    ['int64', -(2 ** 40), () => view.setBigInt64(0, BigInt(-(2 ** 40)))],
    ['float64', Math.PI, () => view.setFloat64(0, Math.PI)],
  ] as const)('of type %s is read in all four orders', (type, value, write) => {
    write()
    const high = words(REGISTERS_OF[type])
    for (const [wordOrder, ordered] of [
      ['high-first', high],
      ['low-first', high.toReversed()],
    ] as const) {
      expect(decodeValue(ordered, { type, wordOrder, byteOrder: 'high-first' })).toBe(value)
      expect(decodeValue(ordered.map(swap), { type, wordOrder, byteOrder: 'low-first' })).toBe(value)
    }
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e30, -5, 2.4e-41])('that is %d is no voltage', (raw) => {
    expect(trueValue(raw, { quantity: 'voltageA', factor: 1 })).toHaveProperty('problem')
  })

  it('is multiplied by the ratios of the transformers; what was not read stays unknown', () => {
    const read = new Map([
      ['voltageA', 100],
      ['currentA', 2],
      ['activePower', 300],
      ['activeEnergy', 0],
    ] as const)
    expect(powerValues(read, { ctRatio: 40, ptRatio: 100 })).toEqual({
      activePowerW: 1_200_000,
      reactivePowerVar: null,
      voltageV: [10_000, null, null],
      currentA: [80, null, null],
      activeEnergyWh: 0,
    })
  })
})

const quantities = ['voltageA', 'voltageB', 'voltageC', 'currentA', 'activePower', 'activeEnergy'] as const
const anyRegister = fc.record({
  address: fc.oneof(fc.nat(300), fc.integer({ min: 65_000, max: 65_532 })),
  type: fc.constantFrom(...(Object.keys(REGISTERS_OF) as (keyof typeof REGISTERS_OF)[])),
  functionCode: fc.constantFrom(3 as const, 4 as const),
})
const anyProfile = fc
  .tuple(fc.array(anyRegister, { minLength: 1, maxLength: 6 }), fc.integer({ min: 4, max: 125 }), fc.nat(125))
  .map(([list, mostRegisters, widestGap]) => ({
    mostRegisters,
    widestGap,
    registers: list.map((one, i) => ({
      ...one,
      quantity: quantities[i]!,
      wordOrder: 'high-first' as const,
      byteOrder: 'high-first' as const,
      factor: 1,
    })),
  }))

describe('the questions of any profile', () => {
  it('hold every value once, whole, and no more than meter and protocol give', () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const blocks = planBlocks(profile)
        for (const block of blocks) {
          expect(block.count).toBeLessThanOrEqual(Math.min(profile.mostRegisters, REGISTERS_CEILING))
          for (const one of block.registers) {
            expect(one.functionCode).toBe(block.functionCode)
            expect(one.address).toBeGreaterThanOrEqual(block.address)
            expect(one.address + REGISTERS_OF[one.type]).toBeLessThanOrEqual(block.address + block.count)
          }
        }
        const parts = blocks.flatMap(splitBlock)
        for (const some of [blocks, parts]) {
          const held = some.flatMap(({ registers }) => registers.map((one) => one.quantity))
          expect(held.sort()).toEqual(profile.registers.map((one) => one.quantity).sort())
        }
      }),
      { numRuns: fuzzRuns(2_000) },
    )
  })

  it('are made, or the profile is refused, whatever a configuration says', () => {
    const near = fc.record(
      {
        base: fc.constantFrom('sdm630', 'dtsu666', 'none', ''),
        functionCode: fc.oneof(fc.constantFrom(3, 4), fc.anything()),
        wordOrder: fc.constantFrom('high-first', 'low-first', 'x'),
        mostRegisters: fc.integer(),
        widestGap: fc.nat(200),
        registers: fc.oneof(
          fc.array(
            fc.record({
              quantity: fc.constantFrom(...quantities),
              address: fc.integer({ min: -1, max: 65_536 }),
              type: fc.constantFrom('uint16', 'float32', 'int64'),
              unit: fc.constantFrom('V', 'A', 'W', 'kWh'),
              scale: fc.double(),
            }),
            { maxLength: 4 },
          ),
          fc.anything(),
        ),
      },
      { requiredKeys: ['registers'] },
    )
    fc.assert(
      fc.property(fc.oneof(near, fc.anything()), (said) => {
        const parsed = ProfileOptions.safeParse(said)
        const whole = parsed.success ? completeProfile(parsed.data) : { problem: parsed.error.message }
        if ('problem' in whole) expect(whole.problem).not.toBe('')
        else for (const { count } of planBlocks(resolveProfile(whole))) expect(count).toBeLessThanOrEqual(125)
      }),
      { numRuns: fuzzRuns(1_000) },
    )
  })
})
