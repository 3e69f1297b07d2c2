/**
 * An hour of virtual time with five meters on two buses, 148 camera probes and two ONVIF cameras, through the gateway's own
 * drivers and measures: faults by chance and by seed, one after the other on each bus and among the cameras. No value is told that the meter did not hold, every fault has its name, and whoever is well is not spoken of.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import { HardwareError } from '@minewarden/hardware/errors.ts'
import { openGb28181Drivers } from '@minewarden/hardware/gb28181/open-drivers.ts'
import { Gb28181Options } from '@minewarden/hardware/gb28181/options.ts'
import { MeterBus } from '@minewarden/hardware/meter-bus/driver.ts'
import { MeterBusOptions } from '@minewarden/hardware/meter-bus/options.ts'
import { createModbusDrivers } from '@minewarden/hardware/modbus/drivers.ts'
import { ModbusOptions } from '@minewarden/hardware/modbus/options.ts'
import { openOnvifDrivers } from '@minewarden/hardware/onvif/open-drivers.ts'
import { OnvifOptions } from '@minewarden/hardware/onvif/options.ts'
import type { OpenedDriver } from '@minewarden/hardware/opener.ts'
import { SimulatedCamera } from '@minewarden/hardware/sim/gb28181/camera.ts'
import { type BusDevice, SimulatedBus } from '@minewarden/hardware/sim/meters/bus.ts'
import { SimulatedOnvifCamera } from '@minewarden/hardware/sim/onvif/camera.ts'
import { OnvifWire } from '@minewarden/hardware/sim/onvif/wire.ts'
import { createRandom } from '@minewarden/hardware/sim/random.ts'
import type { Reading, ReadingOf } from '@minewarden/protocol/reading.ts'
import { afterEach, expect, it } from 'vitest'
import { QuickClock } from '../hardware/modbus/quick-clock.ts'
import { jpegOf } from '../hardware/onvif/stage.ts'
import { fuzzRuns } from '../support/fuzz.ts'
import { MemorySip } from '../support/memory-sip.ts'
import {
  CAMERAS,
  cameraDevices,
  lastProbes,
  onlineRate,
  PASSWORD,
  PLATFORM,
  PROBES,
  REALM,
  RECORDER,
} from '../support/mine-cameras.ts'
import {
  expectTrue,
  METER_BUS_BAUD,
  METERS,
  MODBUS_BAUD,
  meterDrivers,
  simulateMeters,
  UNITS,
} from '../support/mine-meters.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const KEEPALIVE_MS = MINUTE_MS
const KILLED = 10
const KILLED_AT_MS = 5 * MINUTE_MS
const BOOTED_AT_MS = 10 * MINUTE_MS
/** A dead meter is asked each half a minute. */
const ECHO_MS = 35_000
/** A share of 0.0 flips nothing; from so many on a bus is known as garbled. */
const FEW_FLIPS = 0.002
const MANY_FLIPS = 0.12
/** What may be told with a sum of one byte on a line that damages every other frame; see `SAME_SHARE` of DL/T 645. */
const GARBLED_SHARE = 0.021

const TAMPER_TOPIC = 'tns1:RuleEngine/TamperDetector/Tamper'

interface Fault {
  readonly name: string
  readonly begin: () => unknown
  readonly end: () => unknown
  readonly told: { readonly [sensor: string]: RegExp }
}
interface Done extends Fault {
  readonly fromMs: number
  readonly toMs: number
}

let dir = ''
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** All of it, with nobody reading yet. */
async function setUp(seed: number) {
  dir = mkdtempSync(join(tmpdir(), 'minewarden-hour-'))
  const clock = new QuickClock()
  const drawn = createRandom(seed, 'meters and probes')
  const random = () => drawn.between(0, 1)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const meters = simulateMeters((now) => QuickClock.START + now, random)
  const { a, b, c, d, e } = meters
  const [meterBus, modbus] = meterDrivers('/dev/bus-0', '/dev/bus-1')
  const buses = {
    meterBus: cable({ clock, random, baudRate: METER_BUS_BAUD, devices: [a, b, c] }),
    modbus: cable({ clock, random, baudRate: MODBUS_BAUD, devices: [d, e] }),
  }
  const sip = new MemorySip(clock, random)
  writeFileSync(join(dir, 'password'), PASSWORD)
  const cameraOptions = Gb28181Options.parse({
    kind: 'gb28181',
    platform: PLATFORM,
    passwordFile: join(dir, 'password'),
    keepaliveS: KEEPALIVE_MS / 1_000,
    statusS: 120,
    alarmHoldS: 120,
    devices: cameraDevices,
  })
  const onvifWire = new OnvifWire(clock)
  const onvif = ['10.0.0.1', '10.0.0.2'].map((host) =>
    onvifWire.plug(host, new SimulatedOnvifCamera({ account: null, jpeg: jpegOf(640, 360), clock })),
  )
  for (const { camera } of onvif) camera.set(TAMPER_TOPIC, false)
  const onvifOptions = OnvifOptions.parse({
    kind: 'onvif',
    cameras: onvif.map((_, i) => ({ id: `onvif-${i}`, url: `http://10.0.0.${i + 1}` })),
  })
  const deps = { clock, random, dataDir: dir, startAt: clock.now(), supply: null }
  const plain = (drivers: readonly OpenedDriver['driver'][]) => drivers.map((driver) => ({ driver, speed: 1 }))
  const opened: OpenedDriver[] = [
    ...plain(new MeterBus({ clock, random, open: buses.meterBus.open }, MeterBusOptions.parse(meterBus)).drivers),
    ...plain(createModbusDrivers(ModbusOptions.parse(modbus), { clock, random, open: buses.modbus.open })),
    ...(await openGb28181Drivers(cameraOptions, deps, { openPort: async (_bind, _port, port) => sip.open(port) })),
    ...(await openOnvifDrivers(onvifOptions, deps, onvifWire)),
  ]
  const cameras = new Map(
    CAMERAS.map(({ id, transport, probes }) => {
      const channels = probes.map(({ channel }) => channel)
      const options = { id, channels, platform: PLATFORM, realm: REALM, password: PASSWORD, keepaliveMs: KEEPALIVE_MS }
      return [id, new SimulatedCamera({ wire: sip.wire(transport), now: () => clock.now() }, options)]
    }),
  )
  return { clock, random, pick, meters, buses, cameras, onvif, opened }
}

/** A line that can be taken away. */
function cable(options: { clock: QuickClock; random: () => number; baudRate: number; devices: readonly BusDevice[] }) {
  let line: SimulatedBus | null = null
  let isThere = true
  return {
    async open() {
      if (!isThere) throw new HardwareError('line-absent', 'no such port')
      line = new SimulatedBus(options)
      return line
    },
    async pull() {
      isThere = false
      await line?.close()
    },
    plug() {
      isThere = true
    },
    flip(share: number) {
      if (line) line.flips = share
    },
  }
}

const setting = <T extends object>(faults: T, bad: Partial<T>) => {
  const good = { ...faults }
  return { begin: () => Object.assign(faults, bad), end: () => Object.assign(faults, good) }
}

type Mine = Awaited<ReturnType<typeof setUp>>

/** What can be wrong on a bus; each with the sensors that tell of it. */
function busFaults({ meters, buses }: Mine) {
  const { a, b, c, d, e } = meters
  const simulated = { 'meter-a': a, 'meter-b': b, 'meter-c': c, 'meter-d': d, 'meter-e': e } as const
  const common = (name: keyof typeof simulated): Fault[] => {
    const faults = simulated[name].faults as { isDead: boolean; lateMs: number; refusesWith: number | null }
    return [
      { name: `${name} dead`, ...setting(faults, { isDead: true }), told: { [name]: /^silent meter-silent/ } },
      {
        name: `${name} too late`,
        ...setting(faults, { lateMs: 1_700 }),
        told: { [name]: /^(silent meter-silent|bad-data meter-mistaken)/ },
      },
      { name: `${name} refuses`, ...setting(faults, { refusesWith: 4 }), told: { [name]: /^failed meter-refused/ } },
    ]
  }
  const line = (bus: Mine['buses']['meterBus'], names: readonly string[]): Fault[] => {
    const all = (code: RegExp) => Object.fromEntries(names.map((name) => [name, code]))
    return [
      { name: 'few flips', begin: () => bus.flip(FEW_FLIPS), end: () => bus.flip(0), told: {} },
      {
        name: 'many flips',
        begin: () => bus.flip(MANY_FLIPS),
        end: () => bus.flip(0),
        told: all(/^bad-data meter-garbled/),
      },
      { name: 'cable', begin: () => bus.pull(), end: () => bus.plug(), told: all(/^disconnected line-/) },
    ]
  }
  return {
    meterBus: [
      ...common('meter-a'),
      ...common('meter-b'),
      ...common('meter-c'),
      { name: 'b late', ...setting(b.faults, { lateMs: 600 }), told: {} },
      {
        name: 'a as b',
        ...setting(a.faults, { answersAs: '000000000017' }),
        told: { 'meter-a': /^bad-data meter-mistaken/ },
      },
      {
        name: 'c as a stranger',
        ...setting(c.faults, { answersAs: '999888777666' }),
        told: { 'meter-c': /^bad-data meter-mistaken/ },
      },
      ...line(buses.meterBus, ['meter-a', 'meter-b', 'meter-c']),
    ] as Fault[],
    modbus: [
      ...common('meter-d'),
      ...common('meter-e'),
      {
        name: 'd as e',
        ...setting(d.faults, { answersAs: UNITS['meter-e'] }),
        told: { 'meter-d': /^bad-data meter-mistaken/ },
      },
      ...line(buses.modbus, ['meter-d', 'meter-e']),
    ] as Fault[],
  }
}

/** What can be wrong with a camera; not those that are killed. */
function cameraFault({ cameras, pick }: Mine): Fault {
  const plan = pick(CAMERAS.slice(KILLED))
  const probe = plan.id === RECORDER ? pick(plan.probes) : plan.probes[0]!
  const camera = cameras.get(plan.id)!
  const all = (code: RegExp) => Object.fromEntries(plan.probes.map(({ id }) => [id, code]))
  const restart = (faults: SimulatedCamera['faults']) => () => {
    camera.faults = faults
    camera.reboot()
  }
  const one = (code: RegExp) => ({ [probe.id]: code })
  return pick<Fault>([
    {
      name: 'killed',
      begin: () => camera.kill(),
      end: () => camera.boot(),
      told: all(/^offline keepalive-missed/),
    },
    {
      name: 'wrong password',
      begin: restart({ password: 'wrong' }),
      end: restart({}),
      told: all(/^bad-data device-refused|offline keepalive-missed/),
    },
    {
      name: 'garbage',
      begin: restart({ bodies: 'garbage' }),
      end: restart({}),
      told: all(/^bad-data line-garbled/),
    },
    {
      name: 'goodbye',
      begin: () => camera.unregister(),
      end: () => camera.boot(),
      told: all(/^offline unregistered/),
    },
    {
      name: 'channel off',
      begin: () => camera.off.add(probe.channel),
      end: () => camera.off.delete(probe.channel),
      told: one(/^offline (device-status-offline|catalog-off)/),
    },
    {
      name: 'channel faulty',
      begin: () => camera.faulty.add(probe.channel),
      end: () => camera.faulty.delete(probe.channel),
      told: one(/^offline info-faulty/),
    },
    {
      name: 'tampered',
      begin: () => camera.alarm(2, 2, probe.channel),
      end: () => undefined,
      told: one(/^tampered tamper-alarm/),
    },
    { name: 'reboot', begin: () => camera.reboot(), end: () => undefined, told: {} },
    {
      name: 'flood',
      begin: () => {
        camera.faults = { flood: 50 }
      },
      end: () => {
        camera.faults = {}
      },
      told: {},
    },
    {
      name: 'mute',
      begin: () => {
        camera.faults = { isMute: true }
      },
      end: () => {
        camera.faults = {}
      },
      told: {},
    },
  ])
}

/** What can be wrong with an ONVIF camera. */
function onvifFault({ onvif, pick }: Mine): Fault {
  const i = pick([0, 1])
  const wired = onvif[i]!
  const power = (state: (typeof wired)['power']) => () => {
    wired.power = state
  }
  const one = (code: RegExp) => ({ [`onvif-${i}`]: code })
  return pick<Fault>([
    { name: 'onvif off', begin: power('off'), end: power('on'), told: one(/^offline unreachable/) },
    { name: 'onvif refuses', begin: power('refusing'), end: power('on'), told: one(/^offline refused/) },
    {
      name: 'onvif tampered',
      begin: () => wired.camera.set(TAMPER_TOPIC, true),
      end: () => wired.camera.set(TAMPER_TOPIC, false),
      told: one(/^tampered onvif-tamper/),
    },
  ])
}

/** Each takes ten seconds of a core. */
const MOST_SEEDS = 20
const SEEDS = Array.from({ length: Math.min(fuzzRuns(1), MOST_SEEDS) }, (_, i) => i + 1)

it.each(SEEDS)('an hour of faults by chance (seed %i)', { timeout: 120_000 }, async (seed) => {
  const cpu = process.cpuUsage()
  const mine = await setUp(seed)
  const { clock, random, pick, cameras, opened } = mine
  const stop = new AbortController()
  const readings: Reading[] = []
  let pictures = 0
  const measures = opened.map(({ driver, ...more }) => ({
    driver,
    measure: createMeasure({ sensor: driver.sensor, kind: driver.kind, channels: driver.channels, ...more }),
  }))
  const running = Promise.all(
    measures.map(async ({ driver, measure }) => {
      for await (const measurement of driver.read(stop.signal))
        if (measurement.kind === 'snapshot') pictures += 1
        else readings.push(...measure.push(measurement))
    }),
  )
  for (const [i, camera] of [...cameras.values()].entries()) camera.boot(100 * i)

  const done: Done[] = []
  const standing: Done[] = []
  const nextAtMs = { meterBus: 60_000, modbus: 60_000, cameras: 15 * MINUTE_MS, onvif: 5 * MINUTE_MS }
  const faults = busFaults(mine)
  const dead = CAMERAS.slice(0, KILLED)
  const begin = (fault: Fault, where: keyof typeof nextAtMs, lastsMs: number, pauseMs: number) => {
    const now = clock.monotonic()
    standing.push({ ...fault, fromMs: now, toMs: now + lastsMs })
    nextAtMs[where] = now + lastsMs + pauseMs
    return fault.begin()
  }
  while (clock.monotonic() < HOUR_MS) {
    await clock.advance(1_000)
    const now = clock.monotonic()
    const worth = clock.stamp(now)
    for (const camera of cameras.values()) camera.tick()
    for (const { measure } of measures)
      readings.push(...(measure.tick?.(worth.at, { clock: worth.quality, clockErrorMs: worth.errorMs ?? 0 }) ?? []))
    if (now === KILLED_AT_MS) for (const { id } of dead) cameras.get(id)!.kill()
    if (now === BOOTED_AT_MS) for (const { id } of dead) cameras.get(id)!.boot()
    for (const fault of standing.filter(({ toMs }) => toMs <= now)) {
      await fault.end()
      standing.splice(standing.indexOf(fault), 1)
      done.push(fault)
    }
    // All is well in the last minutes.
    if (now > HOUR_MS - 10 * MINUTE_MS) continue
    for (const bus of ['meterBus', 'modbus'] as const)
      if (now >= nextAtMs[bus]) await begin(pick(faults[bus]), bus, 25_000 + 20_000 * random(), 50_000)
    // A camera's fault is known after three keepalives, a channel's once it is asked.
    if (now >= nextAtMs.cameras) begin(cameraFault(mine), 'cameras', 4 * MINUTE_MS, 3 * MINUTE_MS)
    if (now >= nextAtMs.onvif) begin(onvifFault(mine), 'onvif', 3 * MINUTE_MS, 4 * MINUTE_MS)
  }
  stop.abort()
  await clock.advance(1_000)
  await running

  const of = <K extends Reading['kind']>(kind: K) => readings.filter((one) => one.kind === kind) as ReadingOf<K>[]
  const at = (ms: number) => QuickClock.START + ms
  const overlaps = (fault: Done, measuredAt: number) =>
    measuredAt >= at(fault.fromMs) && measuredAt <= at(fault.toMs) + ECHO_MS

  // No wrong value, and of each meter enough.
  for (const meter of METERS) {
    const told = of('power').filter(({ sensor }) => sensor === meter)
    expect(told.length, meter).toBeGreaterThan(1_000)
    for (const reading of told) {
      const isGarbled = done.some((one) => one.name.endsWith('flips') && overlaps(one, reading.measuredAt))
      expectTrue(reading, { share: isGarbled ? GARBLED_SHARE : 0 })
    }
  }

  // The online rate, within three keepalives.
  const registered = of('probe').filter(({ sensor }) => !String(sensor).startsWith('onvif'))
  const within = registered.filter(({ measuredAt }) => measuredAt <= at(KILLED_AT_MS) + 3 * KEEPALIVE_MS + 1_000)
  expect(onlineRate(within)).toBe(93.2)
  expect(lastProbes(within).size).toBe(PROBES)
  expect(onlineRate(registered.filter(({ measuredAt }) => measuredAt <= at(BOOTED_AT_MS) + 2 * MINUTE_MS))).toBe(100)

  // Every fault by its name.
  const words = (sensor: string, fromMs: number, toMs: number) =>
    readings.flatMap((one) => {
      if (one.sensor !== sensor || one.measuredAt < at(fromMs) || one.measuredAt > at(toMs)) return []
      if (one.kind === 'sensor') return [`${one.fields.state} ${one.fields.reason}`]
      return one.kind === 'probe' ? [`${one.fields.status} ${one.fields.cause}`] : []
    })
  for (const { name, fromMs, toMs, told } of done)
    for (const [sensor, code] of Object.entries(told))
      expect(words(sensor, fromMs, toMs), `${name} at ${fromMs}`).toContainEqual(expect.stringMatching(code))
  expect(done.length).toBeGreaterThan(50)
  expect(pictures).toBeGreaterThan(80)

  // Nothing bad of whoever was well.
  const isDead = (sensor: string) => dead.some(({ probes }) => probes[0]!.id === sensor)
  for (const one of readings) {
    const word =
      one.kind === 'sensor' ? one.fields.state : one.kind === 'probe' ? (one.fields.cause ?? one.fields.status) : 'ok'
    if (word === 'ok' || word === 'online' || isDead(String(one.sensor))) continue
    const isDue = done.some((fault) => String(one.sensor) in fault.told && overlaps(fault, one.measuredAt))
    const isFlipped = done.some((fault) => fault.name === 'few flips' && overlaps(fault, one.measuredAt))
    const when = one.measuredAt - QuickClock.START
    expect(isDue || isFlipped, `${one.sensor} ${word} at ${when}: ${JSON.stringify(one.fields)}`).toBe(true)
  }
  expect(onlineRate(registered)).toBe(100)
  for (const probe of ['onvif-0', 'onvif-1'])
    expect(of('probe').findLast(({ sensor }) => sensor === probe)?.fields.status, probe).toBe('online')
  for (const meter of METERS)
    expect(of('sensor').findLast(({ sensor }) => sensor === meter)?.fields.state, meter).toBe('ok')
  const { user, system } = process.cpuUsage(cpu)
  const cpuS = Math.round((user + system) / 1e6)
  console.log(`${done.length} faults, ${of('power').length} power readings, CPU ${cpuS} s`)
})
