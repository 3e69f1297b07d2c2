import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CONTROLS, type ControlName } from '@minewarden/hardware/dlt645/control.ts'
import { encodeRequest, FUNCTIONS } from '@minewarden/hardware/dlt645/frame.ts'
import { type Breaker, type BreakerDeps, createBreaker } from '@minewarden/hardware/meter-bus/breaker.ts'
import { readCredential } from '@minewarden/hardware/meter-bus/credential-file.ts'
import { MeterBusOptions, type MeterOptions } from '@minewarden/hardware/meter-bus/options.ts'
import type { BreakerSettings } from '@minewarden/hardware/sim/meters/breaker.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { ADDRESSES, meterOptions, setUpBus } from './bench.ts'

const CREDENTIAL = { level: 2, password: '123456', operator: '00000001' }
const GOVERNMENT = { ownedBy: 'government', lifeSafety: false, credentialFile: 'breaker.json' }
let bench: ReturnType<typeof setUpBus>
afterEach(() => bench?.end())

const optionsOf = (more: Record<string, unknown>): MeterOptions =>
  MeterBusOptions.parse({ kind: 'meter-bus', meters: [meterOptions('a', more)] }).meters[0]!

async function setUp(settings: Partial<BreakerSettings> = {}, more: Partial<BreakerDeps> = {}) {
  const meters = [meterOptions('a', { breaker: GOVERNMENT }), meterOptions('b')]
  bench = setUpBus({ meters, baudRate: 9_600, a: { breaker: { password: '123456', ...settings } } })
  await bench.clock.advance(3_000)
  const deps = { bus: bench.bus, clock: bench.clock, utcOffsetHours: 8, credential: CREDENTIAL, ...more }
  const breaker = createBreaker(optionsOf({ breaker: GOVERNMENT }), deps)
  if ('kind' in breaker) throw new Error(breaker.reason)
  return { breaker, device: bench.meters.a.breaker! }
}

/** Operates while the bus goes on with its polls. */
async function operate(breaker: Breaker, name: ControlName, ms = 30_000) {
  const done = breaker.operate(name, new AbortController().signal)
  await bench.clock.advance(ms)
  return await done
}

async function look(breaker: Breaker) {
  const relay = breaker.relay()
  await bench.clock.advance(2_000)
  return await relay
}

describe('the breaker of a meter', () => {
  it('is tripped, and status word 3 confirms it', async () => {
    const { breaker, device } = await setUp()
    const before = bench.power('b').length
    expect(await operate(breaker, 'trip')).toMatchObject({ kind: 'confirmed', relay: { relayOff: true } })
    expect(device.operator).toBe('00000001')
    // The polls of the others went on, and the trip was sent once.
    expect(bench.power('b').length - before).toBeGreaterThan(20)
    expect(bench.meters.a.asked.get(FUNCTIONS.control)).toBe(1)
  })

  it('is closed by the person at its button once it is permitted, not by the permission', async () => {
    const { breaker, device } = await setUp()
    await operate(breaker, 'trip')
    device.press(bench.clock.monotonic())
    expect((await operate(breaker, 'closePermitted')).kind).toBe('confirmed')
    expect(await look(breaker)).toMatchObject({ relayOff: true })
    device.press(bench.clock.monotonic())
    expect(await look(breaker)).toMatchObject({ relayOff: false })
  })

  it.each<[ControlName, ControlName]>([
    ['trip', 'close'],
    ['alarm', 'alarmOff'],
    ['protect', 'protectOff'],
  ])('does %s and takes it back by %s', async (name, back) => {
    const { breaker } = await setUp()
    for (const one of [name, back]) expect((await operate(breaker, one)).kind).toBe('confirmed')
  })

  it('refuses to trip while its supply is protected', async () => {
    const { breaker, device } = await setUp()
    await operate(breaker, 'protect')
    const result = await operate(breaker, 'trip')
    expect(result).toMatchObject({ kind: 'refused' })
    expect(result).toHaveProperty('reason', expect.stringContaining('other error'))
    expect(device.word3(bench.clock.monotonic()) & 0b101_0000).toBe(0)
  })

  it('refuses a wrong password, and says so without telling it', async () => {
    const { breaker } = await setUp({}, { credential: { ...CREDENTIAL, password: '654321' } })
    const result = await operate(breaker, 'trip')
    expect(result).toHaveProperty('reason', expect.stringContaining('password wrong or not authorised'))
    expect(JSON.stringify(result)).not.toContain('654321')
  })

  it('refuses a deadline that its clock has passed', async () => {
    const { breaker } = await setUp({}, { utcOffsetHours: 7 })
    expect((await operate(breaker, 'trip')).kind).toBe('refused')
  })

  it('is waited for when it trips after a delay', async () => {
    const { breaker } = await setUp({ tripDelayMs: 8_000 })
    expect(await operate(breaker, 'trip')).toMatchObject({ kind: 'confirmed' })
  })

  it('that trips later than anybody waits is accepted, not confirmed, and warns meanwhile', async () => {
    const { breaker } = await setUp({ tripDelayMs: 120_000 })
    const result = await operate(breaker, 'trip')
    expect(result).toMatchObject({
      kind: 'accepted',
      relay: { relayOff: false, commandedOff: true, preTripAlarm: true },
    })
  })

  it('whose answer is lost is looked at, and never tripped twice', async () => {
    const { breaker } = await setUp()
    bench.meters.a.faults.answersAs = '999888777666'
    const done = breaker.operate('trip', new AbortController().signal)
    await bench.clock.advance(5_000)
    bench.meters.a.faults.answersAs = null
    await bench.clock.advance(30_000)
    expect(await done).toMatchObject({ kind: 'confirmed' })
    expect(bench.meters.a.asked.get(FUNCTIONS.control)).toBe(1)
  })

  it('that says nothing at all is unknown', async () => {
    const { breaker } = await setUp()
    bench.meters.a.faults.isDead = true
    expect(await operate(breaker, 'trip', 60_000)).toMatchObject({ kind: 'unknown', relay: null })
  })

  it('is refused while the bus is not open', async () => {
    const { breaker } = await setUp()
    await bench.end()
    expect(await operate(breaker, 'trip')).toMatchObject({ kind: 'refused' })
    expect(bench.meters.a.asked.get(FUNCTIONS.control)).toBeUndefined()
  })
})

describe('a breaker is taken', () => {
  const deps = () => ({ bus: bench.bus, clock: bench.clock, utcOffsetHours: 8, credential: CREDENTIAL })

  it('only of a meter that is configured as one of the government', async () => {
    await setUp()
    expect(createBreaker(optionsOf({}), deps())).toMatchObject({ kind: 'none' })
    const forged = { ...optionsOf({}), breaker: { ...GOVERNMENT, lifeSafety: true } } as unknown as MeterOptions
    expect(createBreaker(forged, deps())).toMatchObject({ kind: 'none' })
  })

  it.each([
    { ...GOVERNMENT, ownedBy: 'supplier' },
    { ...GOVERNMENT, lifeSafety: true },
    { ownedBy: 'government', lifeSafety: false },
  ])('by no configuration such as %j', (breaker) => {
    expect(() => optionsOf({ breaker })).toThrow()
  })

  it('with a credential out of a file of its own, whose faults are told without its values', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'credential-'))
    try {
      const path = join(dir, 'breaker.json')
      await writeFile(path, JSON.stringify({ password: '123456', operator: '00000001' }))
      expect(await readCredential(path)).toEqual(CREDENTIAL)
      await writeFile(path, JSON.stringify({ password: '12345x', operator: '00000001' }))
      const told = await readCredential(path).catch((error: Error) => error.message)
      expect(told).toContain('password')
      expect(told).not.toContain('12345x')
      await expect(readCredential(join(dir, 'none'))).rejects.toThrow('ENOENT')
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})

describe('control codes that clear a meter', () => {
  it('are produced by no request, whatever is asked', () => {
    for (const name of Object.keys(FUNCTIONS) as (keyof typeof FUNCTIONS)[])
      for (const first of Object.values(CONTROLS)) {
        const frame = encodeRequest(ADDRESSES.a as never, name, Uint8Array.of(first, 0x1a, 0x1b))
        expect([0x19, 0x1a, 0x1b]).not.toContain(frame[12])
      }
  })
})
