import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Measurement, PowerReading } from '@minewarden/hardware/contract.ts'
import { DriverConfig, openDrivers } from '@minewarden/hardware/registry.ts'
import { believe, instant } from '@minewarden/protocol/time.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { requires } from '../../support/requires.ts'
import { realClock } from './real-clock.ts'

const support = (name: string) => fileURLToPath(new URL(`../../support/${name}`, import.meta.url))

type Registers = Record<number, number>

/** A float32 as two registers, high word first, by the machine's own arithmetic. */
function float(address: number, value: number): Registers {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value)
  return { [address]: view.getUint16(0), [address + 1]: view.getUint16(2) }
}

const SDM: Registers = {
  ...float(0x00, 230.5),
  ...float(0x02, 231.25),
  ...float(0x04, 229.75),
  ...float(0x06, 4.5),
  ...float(0x08, 5.25),
  ...float(0x0a, 6.125),
  ...float(0x34, 3456.5),
  ...float(0x3c, -120.25),
  ...float(0x48, 1234.5),
}
const CHINT: Registers = {
  ...float(0x2006, 2305),
  ...float(0x2008, 2310),
  ...float(0x200a, 2300),
  ...float(0x200c, 4500),
  ...float(0x200e, 5000),
  ...float(0x2010, 0),
  ...float(0x2012, -12_500),
  ...float(0x201a, 400),
  ...float(0x401e, 77.5),
}
const SDM_TOLD = {
  activePowerW: 3456.5,
  reactivePowerVar: -120.25,
  voltageV: [230.5, 231.25, 229.75],
  currentA: [4.5, 5.25, 6.125],
  activeEnergyWh: 1_234_500,
}

let dir: string
let ends: (() => Promise<void> | void)[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'minewarden-modbus-'))
  ends = [() => rmSync(dir, { recursive: true, force: true })]
})
afterEach(async () => {
  for (const end of ends.reverse()) await end()
})

function run(program: string, args: readonly string[], input = ''): Promise<() => Promise<void>> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdin.write(input)
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await gone
  }
  ends.push(kill)
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => resolve(kill))
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`${program} ended`)))
  })
}

const pymodbus = (kind: string, port: string | number, units: Record<number, Registers>) =>
  run('/usr/bin/python3', [support('modbus-server.py'), kind, String(port), JSON.stringify(units)])

function libmodbus(kind: string, port: string | number, unit: number, registers: Registers) {
  const program = join(dir, 'modbus-server')
  const flags = ['-I/usr/include/modbus', support('modbus-server.c'), '-lmodbus', '-o', program]
  execFileSync('gcc', ['-O1', ...flags])
  const lines = Object.entries(registers).map(([address, word]) => `${address} ${word}\n`)
  return run(program, [kind, String(port), String(unit)], `${lines.join('')}go\n`)
}

/** A cable with two ends. */
async function cable(): Promise<[string, string]> {
  const [ours, theirs] = [join(dir, 'ours'), join(dir, 'theirs')]
  const child = spawn('socat', [`PTY,link=${ours},rawer`, `PTY,link=${theirs},rawer`], { stdio: 'ignore' })
  ends.push(async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode !== null) return
    child.kill('SIGKILL')
    await gone
  })
  const { existsSync } = await import('node:fs')
  await eventually('both ends of a cable', () => existsSync(ours) && existsSync(theirs))
  return [ours, theirs]
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

async function read(transport: object, meters: readonly object[]): Promise<Map<string, Measurement[]>> {
  const clock = believe(realClock, 'ntp')
  const config = DriverConfig.parse({ kind: 'modbus', transport, meters })
  const deps = { clock, random: Math.random, dataDir: dir, startAt: instant(0), supply: null }
  const opened = await openDrivers(config, deps)
  const stop = new AbortController()
  const got = new Map<string, Measurement[]>()
  const running = opened.map(async ({ driver }) => {
    const mine: Measurement[] = []
    got.set(driver.sensor, mine)
    for await (const one of driver.read(stop.signal)) mine.push(one)
  })
  ends.push(async () => {
    stop.abort()
    await Promise.all(running)
  })
  return got
}

const readings = (got: Map<string, Measurement[]>, id: string) =>
  (got.get(id) ?? []).filter((one): one is PowerReading => one.kind === 'power')
const states = (got: Map<string, Measurement[]>, id: string) =>
  (got.get(id) ?? []).flatMap((one) => (one.kind === 'device' ? [one.reason.split(':')[0] || 'ok'] : []))

const rtu = (port: string) => ({ kind: 'rtu', ports: [port], baudRate: 19_200 })

describe.runIf(requires('pymodbus'))('meters served by pymodbus', () => {
  it('are read over TCP; one that is not there is told, one whose registers are refused too', async () => {
    const port = await freePort()
    await pymodbus('tcp', port, { 1: SDM, 2: CHINT, 3: { 0: 1, 1: 2 } })
    const got = await read({ kind: 'tcp', host: '127.0.0.1', port }, [
      { id: 'sdm', unit: 1, profile: 'sdm630', everyS: 0.1 },
      { id: 'chint', unit: 2, profile: 'dtsu666', everyS: 0.1, ctRatio: 40 },
      { id: 'small', unit: 3, profile: 'dtsu666', everyS: 0.1 },
      { id: 'absent', unit: 9, profile: 'sdm630', everyS: 0.1 },
    ])
    await eventually('readings of both', () => readings(got, 'sdm').length > 5 && readings(got, 'chint').length > 5)
    expect(readings(got, 'sdm')[0]).toMatchObject(SDM_TOLD)
    const chint = readings(got, 'chint')[0]!
    expect(chint.activePowerW).toBeCloseTo(-50_000, 6)
    expect(chint.voltageV[0]).toBeCloseTo(230.5, 6)
    expect(chint.currentA).toEqual([180, 200, 0])
    expect(chint.activeEnergyWh).toBe(77_500 * 40)
    await eventually(
      'the state of the others',
      () => states(got, 'small').length > 0 && states(got, 'absent').length > 0,
    )
    expect(states(got, 'small')).toEqual(['meter-refused'])
    expect(['meter-silent', 'meter-refused']).toContain(states(got, 'absent')[0])
    expect(readings(got, 'small')).toEqual([])
  })

  it.runIf(requires('socat'))('are read over a serial line, and again after they were gone', async () => {
    const [ours, theirs] = await cable()
    const kill = await pymodbus('rtu', theirs, { 1: SDM, 2: CHINT })
    const meters = [
      { id: 'sdm', unit: 1, profile: 'sdm630', everyS: 0.2 },
      { id: 'chint', unit: 2, profile: 'dtsu666', everyS: 0.2 },
      { id: 'absent', unit: 7, profile: 'sdm630', everyS: 0.2 },
    ]
    const got = await read(rtu(ours), meters)
    await eventually('readings of both', () => readings(got, 'sdm').length > 3 && readings(got, 'chint').length > 3)
    await kill()
    await eventually('silence', () => states(got, 'sdm').includes('meter-silent'))
    await pymodbus('rtu', theirs, { 1: SDM, 2: CHINT })
    await eventually('readings again', () => states(got, 'sdm').at(-1) === 'ok')
    for (const one of readings(got, 'sdm')) expect(one).toMatchObject(SDM_TOLD)
    expect(states(got, 'absent')).toEqual(['meter-silent'])
  })
})

describe.runIf(requires('libmodbus', 'gcc'))('a meter served by libmodbus', () => {
  it('is read over TCP', async () => {
    const port = await freePort()
    await libmodbus('tcp', port, 1, SDM)
    const got = await read({ kind: 'tcp', host: '127.0.0.1', port }, [{ id: 'sdm', unit: 1, profile: 'sdm630' }])
    await eventually('a reading', () => readings(got, 'sdm').length > 0)
    expect(readings(got, 'sdm')[0]).toMatchObject(SDM_TOLD)
  })

  it.runIf(requires('socat'))('is read over a serial line with registers that a technician wrote', async () => {
    const [ours, theirs] = await cable()
    // 1234567 in Wh, low word first; -1500 W of export as 16 bits.
    await libmodbus('rtu', theirs, 17, { 100: 1_234_567 & 0xffff, 101: 1_234_567 >> 16, 200: 0x1_0000 - 1500 })
    const profile = {
      functionCode: 3,
      wordOrder: 'low-first',
      registers: [
        { quantity: 'activeEnergy', address: 100, type: 'uint32', unit: 'Wh', scale: 1 },
        { quantity: 'activePower', address: 200, type: 'int16', unit: 'W', scale: 1, positive: 'export' },
        { quantity: 'voltageA', address: 0x6000, type: 'uint16', unit: 'V', scale: 0.1 },
      ],
    }
    const got = await read(rtu(ours), [{ id: 'own', unit: 17, profile, everyS: 0.2 }])
    await eventually('readings', () => readings(got, 'own').length > 2)
    expect(readings(got, 'own')[0]).toMatchObject({
      activePowerW: 1500,
      activeEnergyWh: 1_234_567,
      voltageV: [null, null, null],
    })
    expect(states(got, 'own')).toEqual(['meter-refused'])
  })
})
