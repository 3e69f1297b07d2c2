/** The opened drivers of meters and cameras before a peer that says anything: they never end, hold little, and recover. */
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Measurement, SensorDriver } from '@minewarden/hardware/contract.ts'
import { openGb28181Drivers } from '@minewarden/hardware/gb28181/open-drivers.ts'
import { Gb28181Options } from '@minewarden/hardware/gb28181/options.ts'
import { MeterBus } from '@minewarden/hardware/meter-bus/driver.ts'
import { MeterBusOptions } from '@minewarden/hardware/meter-bus/options.ts'
import { createModbusDrivers } from '@minewarden/hardware/modbus/drivers.ts'
import { ModbusOptions } from '@minewarden/hardware/modbus/options.ts'
import { SimulatedCamera } from '@minewarden/hardware/sim/gb28181/camera.ts'
import type { CameraWire } from '@minewarden/hardware/sim/gb28181/wire.ts'
import { SimulatedBus } from '@minewarden/hardware/sim/meters/bus.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'
import { MemorySip } from '../../support/memory-sip.ts'
import { CAMERAS, PASSWORD, PLATFORM, REALM } from '../../support/mine-cameras.ts'
import { ADDRESSES, meterDrivers, simulateMeters, truthOf } from '../../support/mine-meters.ts'
import { QuickClock } from '../modbus/quick-clock.ts'
import { HostilePeer, move } from './hostile-peer.ts'

/** Moves of the peer in one life of a driver; as many lives as the runs that are asked for take. */
const MOVES = 40
const lives = (defaultMoves: number) => Math.ceil(fuzzRuns(defaultMoves) / MOVES)
const moves = fc.array(move, { minLength: MOVES, maxLength: MOVES })
const TIMEOUT_MS = 3_600_000
/** A meter that was silent for long is asked each half a minute, a line is opened anew after a minute and a half. */
const RECOVERED_MS = 150_000
const HELD_CEILING_MIB = 24

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const heldMiB = () => {
  collect()
  return process.memoryUsage().heapUsed / 1_048_576
}

/** Reads drivers until told otherwise. @returns what each said last, and how to end */
function readAll(drivers: readonly SensorDriver[], clock: QuickClock) {
  const stop = new AbortController()
  const last = new Map<string, Map<Measurement['kind'], Measurement>>()
  const running = Promise.all(
    drivers.map(async (driver) => {
      const said = new Map<Measurement['kind'], Measurement>()
      last.set(driver.sensor, said)
      for await (const measurement of driver.read(stop.signal)) said.set(measurement.kind, measurement)
      if (!stop.signal.aborted) throw new Error(`${driver.sensor} ended`)
    }),
  )
  let failure: unknown = null
  running.catch((error: unknown) => {
    failure = error
  })
  return {
    last,
    failure: () => failure,
    async end() {
      stop.abort()
      await clock.advance(1_000)
      await running
    },
  }
}

describe.each(['meter-bus', 'modbus'] as const)('the opened driver %s', (kind) => {
  function setUp() {
    const clock = new QuickClock()
    const random = () => 0.5
    const meters = simulateMeters((now) => QuickClock.START + now, random)
    const honest = kind === 'meter-bus' ? [meters.a, meters.b, meters.c] : [meters.d, meters.e]
    const peer = new HostilePeer(honest, ADDRESSES['meter-a'])
    const [bus, modbus] = meterDrivers('/dev/bus-0', '/dev/bus-1')
    const baudRate = 19_200
    const open = async () => new SimulatedBus({ clock, random, baudRate, devices: [peer] })
    const deps = { clock, random, open }
    const drivers =
      kind === 'meter-bus'
        ? new MeterBus(deps, MeterBusOptions.parse(bus)).drivers
        : createModbusDrivers(ModbusOptions.parse(modbus), deps)
    return { clock, peer, drivers }
  }

  it('outlives any answers, and then tells the truth', { timeout: TIMEOUT_MS }, async () => {
    const before = heldMiB()
    await fc.assert(
      fc.asyncProperty(moves, async (played) => {
        const { clock, peer, drivers } = setUp()
        const reading = readAll(drivers, clock)
        await clock.advance(3_000)
        peer.play(played)
        for (let waitedMs = 0; !peer.isCalm && waitedMs < 1_800_000; waitedMs += 5_000) await clock.advance(5_000)
        expect(peer.isCalm).toBe(true)
        await clock.advance(RECOVERED_MS)
        expect(reading.failure()).toBeNull()
        for (const { sensor } of drivers) {
          const said = reading.last.get(sensor)!
          const power = said.get('power')
          expect(said.get('device'), sensor).toMatchObject({ state: 'ok' })
          if (power?.kind !== 'power') throw new Error(`nothing of ${sensor}`)
          expect(clock.now() - power.at).toBeLessThan(10_000)
          const truth = truthOf(sensor as never, power.at).activePowerW
          expect(Math.abs(power.activePowerW! - truth) / truth).toBeLessThan(0.02)
        }
        await reading.end()
      }),
      { numRuns: lives(400) },
    )
    expect(heldMiB() - before).toBeLessThan(HELD_CEILING_MIB)
  })
})

/** What becomes of a message of a camera on its way. */
type Spoiling =
  | { readonly kind: 'cut' | 'flip'; readonly at: number }
  | { readonly kind: 'put'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'other'; readonly bytes: Uint8Array }
  | { readonly kind: 'value'; readonly line: number; readonly text: string }
const text = fc.string({ maxLength: 120, unit: 'binary' })
const spoiling: fc.Arbitrary<Spoiling> = fc.oneof(
  fc.record({ kind: fc.constantFrom('cut' as const, 'flip' as const), at: fc.nat(1_500) }),
  fc.record({ kind: fc.constant('put' as const), at: fc.nat(1_500), bytes: fc.uint8Array({ maxLength: 400 }) }),
  fc.record({ kind: fc.constant('other' as const), bytes: fc.uint8Array({ maxLength: 1_400 }) }),
  fc.record({ kind: fc.constant('value' as const), line: fc.nat(20), text }),
)

function spoil(bytes: Uint8Array, how: Spoiling): Uint8Array {
  const message = Buffer.from(bytes)
  switch (how.kind) {
    case 'cut':
      return message.subarray(0, how.at % (message.length + 1))
    case 'flip':
      return message.map((byte, i) => (i === how.at % message.length ? byte ^ (1 << (how.at & 7)) : byte))
    case 'put': {
      const at = how.at % (message.length + 1)
      return Buffer.concat([message.subarray(0, at), how.bytes, message.subarray(at)])
    }
    case 'other':
      return how.bytes
    case 'value': {
      const lines = message.toString('latin1').split('\r\n')
      const i = how.line % lines.length
      lines[i] = lines[i]!.replace(/[:=>].*$/, (found) => `${found[0]}${how.text}`)
      return Buffer.from(lines.join('\r\n'), 'latin1')
    }
  }
}

describe('the opened driver gb28181', () => {
  it('outlives any messages of its cameras, and knows them again', { timeout: TIMEOUT_MS }, async () => {
    const dir = await mkdtemp(join(tmpdir(), 'minewarden-fuzz-'))
    const passwordFile = join(dir, 'password')
    writeFileSync(passwordFile, PASSWORD)
    const plans = [CAMERAS[0]!, CAMERAS.at(-1)!]
    const before = heldMiB()
    const property = fc.asyncProperty(
      fc.array(spoiling, { minLength: MOVES, maxLength: MOVES }),
      fc.nat(),
      async (spoiled, seed) => {
        const clock = new QuickClock()
        const random = () => 0.5
        const sip = new MemorySip(clock, random)
        const devices = plans.map(({ id, probes }) => ({ id, probes }))
        const raw = { kind: 'gb28181', platform: PLATFORM, passwordFile, keepaliveS: 5, statusS: 5, devices }
        const deps = { clock, random, dataDir: dir, startAt: clock.now(), supply: null }
        const opened = await openGb28181Drivers(Gb28181Options.parse({ ...raw, alarmHoldS: 5 }), deps, {
          openPort: async (_bind, _port, port) => sip.open(port),
        })
        const reading = readAll(
          opened.map(({ driver }) => driver),
          clock,
        )
        const left = [...spoiled]
        const cameras = plans.map(({ id, transport, probes }) => {
          const wire = sip.wire(transport)
          const evil: CameraWire = {
            ...wire,
            send(bytes) {
              const how = left.pop()
              wire.send(how ? spoil(bytes, how) : bytes)
            },
          }
          const channels = probes.map(({ channel }) => channel)
          const options = { id, channels, platform: PLATFORM, realm: REALM, password: PASSWORD, keepaliveMs: 5_000 }
          return new SimulatedCamera({ wire: evil, now: () => clock.now() }, options)
        })
        const run = async (seconds: number, isOver: () => boolean) => {
          for (let i = 0; i < seconds && !isOver(); i++) {
            for (const camera of cameras) camera.tick()
            if ((seed + i) % 7 === 0) cameras[0]!.alarm((seed >> 3) & 7, i % 13)
            await clock.advance(1_000)
          }
        }
        for (const camera of cameras) camera.boot()
        await run(1_000, () => left.length === 0)
        expect(left).toEqual([])
        for (const camera of cameras) camera.boot()
        seed = -1
        await run(40, () => false)
        expect(reading.failure()).toBeNull()
        for (const { driver } of opened)
          expect(reading.last.get(driver.sensor)!.get('probe'), driver.sensor).toMatchObject({ status: 'online' })
        await reading.end()
      },
    )
    await fc.assert(property, { numRuns: lives(400) })
    expect(heldMiB() - before).toBeLessThan(HELD_CEILING_MIB)
    await rm(dir, { recursive: true })
  })
})
