import { checkSensor } from '@minewarden/edge/sensor-check.ts'
import type { Measurement, SensorDriver } from '@minewarden/hardware/contract.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { ACCOUNT, Stage } from '../hardware/onvif/stage.ts'

const at = instant(0)
const state = (what: 'ok' | 'disconnected', reason = ''): Measurement => ({
  kind: 'device',
  at,
  state: what,
  reason,
  clock: 'ntp',
})
const wave = (channel: string, ...counts: number[]): Measurement => ({
  kind: 'waveform',
  channel,
  startAt: at,
  rateHz: 250,
  counts: Int32Array.from(counts),
  countsPerUnit: 1_000,
  unit: 'm/s',
  clock: 'ntp',
})

/** Gives these, then nothing more for as long as it is read. */
function geophone(...measurements: readonly Measurement[]): SensorDriver {
  return {
    sensor: SensorId.parse('geo-1'),
    kind: 'geophone',
    channels: ['HHZ', 'HHN'],
    async *read(signal) {
      yield* measurements
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    },
  }
}
const check = (driver: SensorDriver, survey?: () => Promise<string>) =>
  checkSensor({ driver, speed: 1, ...(survey && { survey }) }, new AbortController().signal)

describe('the doctor’s look at a sensor', () => {
  it('passes when every channel was heard, with the swing of each and not its offset', async () => {
    const result = await check(geophone(state('ok'), wave('HHZ', 5_000, 5_004), wave('HHN', -8, 8)))
    expect(result).toMatchObject({
      passed: true,
      detail: 'HHZ at 250 samples/s, peak 0.00200 m/s, HHN at 250 samples/s, peak 0.00800 m/s',
    })
  })

  it('is not content with a device that says it is well, nor with some of its channels', {
    timeout: 20_000,
  }, async () => {
    const [none, some] = await Promise.all([check(geophone(state('ok'))), check(geophone(state('ok'), wave('HHZ', 1)))])
    expect(none).toMatchObject({ passed: false, detail: 'nothing of HHZ, HHN in 10 s' })
    expect(some).toMatchObject({ passed: false, detail: 'nothing of HHN in 10 s' })
  })

  it('waits for a fault to pass, and tells one that lasts with what the device offers', {
    timeout: 20_000,
  }, async () => {
    const passing = geophone(state('disconnected', 'line-absent'), state('ok'), wave('HHZ', 1), wave('HHN', 1))
    expect((await check(passing)).passed).toBe(true)
    const lasting = geophone(wave('HHZ', 1), state('disconnected', 'line-absent'))
    const began = performance.now()
    expect(await check(lasting, async () => 'it has EHZ')).toMatchObject({
      passed: false,
      detail: 'disconnected: line-absent; it has EHZ',
    })
    expect(performance.now() - began).toBeLessThan(9_000)
  })
})

describe('the doctor’s look at a meter', () => {
  const NOT_TOLD = { coverOpenings: null, terminalCoverOpenings: null, powerLosses: null, faults: null } as const
  const relay: Measurement = {
    kind: 'meter',
    at,
    measuresAt: 'line',
    relayKind: 'external',
    relayOff: null,
    commandedOff: null,
    preTripAlarm: null,
    isProtected: null,
    clockOffsetS: null,
    ...NOT_TOLD,
    clock: 'ntp',
  }
  const power: Measurement = {
    kind: 'power',
    at,
    activePowerW: 3_277.8,
    reactivePowerVar: null,
    voltageV: [223.3, null, 225.3],
    currentA: [6.1, 6.4, -6.7],
    activeEnergyWh: null,
    simulated: false,
    clock: 'ntp',
  }
  const meter = (...told: readonly Measurement[]): SensorDriver => ({
    ...geophone(...told),
    kind: 'power-meter',
    channels: [],
  })

  it('shows every phase, whatever else the meter says before', async () => {
    expect(await check(meter(relay, state('ok'), power))).toMatchObject({
      passed: true,
      detail: '3277.8 W, 223.3 / unknown / 225.3 V, 6.1 / 6.4 / -6.7 A',
    })
  })

  it('does not send anybody to the cable for what no cable mends', { timeout: 20_000 }, async () => {
    const old = meter({ ...state('ok'), state: 'failed', reason: 'meter-outdated: DL/T 645-1997' } as Measurement)
    expect(await check(old)).toMatchObject({ passed: false, hint: 'Another meter is needed.' })
  })
})

describe('the doctor’s look at a camera', () => {
  it('that says nothing tells who knocked instead', { timeout: 20_000 }, async () => {
    const quiet: SensorDriver = { ...geophone(), kind: 'camera-probe', channels: [] }
    expect(await check(quiet, async () => 'not configured: 45032400001320000033')).toMatchObject({
      passed: true,
      detail: 'nothing to report; not configured: 45032400001320000033',
    })
  })

  const look = (stage: Stage) => checkSensor(stage.drivers.get('cam')!, new AbortController().signal)

  it('tells what it is, what it gives, and what is wrong although it is there', async () => {
    await using stage = new Stage()
    const server = await stage.addCamera()
    server.camera.faults = { clockOffsetMs: 7_200_000 }
    await server.powerOff('rtsp')
    await stage.open([{ id: 'cam', url: server.url }])
    expect(await look(stage)).toMatchObject({
      passed: true,
      detail: expect.stringMatching(
        /^online, but rtsp-refused, clock 7[12]\d\d s ahead; Simulated SIM-1 & co, firmware 1\.2\.3, .*; a picture of \d+ bytes$/,
      ),
    })
  })

  it('fails one whose password is refused, with what to do, and one that is gone', { timeout: 20_000 }, async () => {
    await using stage = new Stage()
    const server = await stage.addCamera()
    server.camera.account = { ...ACCOUNT, password: 'another' }
    await stage.open([{ id: 'cam', url: server.url }])
    expect(await look(stage)).toMatchObject({
      passed: false,
      detail: expect.stringContaining('bad-data: camera-denied: '),
      hint: expect.stringContaining('password'),
    })
    await server.powerOff()
    await using other = new Stage()
    await other.open([{ id: 'cam', url: server.url }])
    expect(await look(other)).toMatchObject({ passed: false, detail: expect.stringContaining('camera-refused') })
  })
})
