import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClockKeeper } from '@minewarden/edge/clock-keeper.ts'
import { parseConfig } from '@minewarden/edge/config.ts'
import { Gateway } from '@minewarden/edge/gateway.ts'
import { openClockFile } from '@minewarden/edge/shell/clock-file.ts'
import { openSpool } from '@minewarden/edge/shell/spool-sqlite.ts'
import { createMqttUplink } from '@minewarden/edge/shell/uplink-mqtt.ts'
import { decodeAll } from '@minewarden/hardware/miniseed/stream.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { DataType } from '@minewarden/protocol/sparkplug/payload.ts'
import { WAVEFORM_REQUEST_METRIC } from '@minewarden/protocol/spool.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { FakeHost, type TakenRow } from '../support/fake-host.ts'
import { silentLogger } from './support/manual-clock.ts'
import { RATE_HZ, WakingMachine } from './support/waking-machine.ts'

const SPEED = 40
const GROUP = '450324'
const NODE = 'gw-1'
const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})
const newDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-clock-'))
  dirs.push(dir)
  return dir
}

/** One process of a gateway on this machine. @param boot name of the machine's run */
async function startGateway(machine: WakingMachine, url: string, dir: string, { boot = 'boot-1', clock = {} } = {}) {
  const config = parseConfig({
    gateway: NODE,
    county: GROUP,
    data: dir,
    uplink: { servers: [url] },
    // Not opened: the drivers are given.
    drivers: [
      { kind: 'simulated', scenario: 'quiet-with-pump', seed: 1, sensors: [{ kind: 'geophone', id: 'geo-1' }] },
    ],
    clock,
    log: 'silent',
  })
  const file = openClockFile(join(dir, 'clock.json'), boot)
  const keeper = await ClockKeeper.open(
    { ...machine.time, clock: machine.clock, logger: silentLogger },
    file.memory,
    new AbortController().signal,
  )
  const spool = openSpool(
    { logger: silentLogger, stamp: () => 'now', newEpoch: randomUUID },
    { path: join(dir, 'spool.db'), quotaBytes: 1e8 },
  )
  const uplink = createMqttUplink({ ...config.uplink, clientId: NODE, username: NODE })
  const drivers = [machine.meter(keeper), machine.geophone(keeper)].map((driver) => ({ driver, speed: SPEED }))
  const gateway = new Gateway({ clock: keeper, logger: silentLogger, random: Math.random, uplink }, config, {
    drivers,
    spool,
    feeders: null,
    kept: { keeper, file },
  })
  await gateway.start()
  return { gateway, keeper }
}

const powerRows = (rows: readonly TakenRow[]) =>
  rows.map(({ reading }) => reading).filter((reading): reading is ReadingOf<'power'> => reading.kind === 'power')
/** How far a row's stamp is off. */
const errorOf = (machine: WakingMachine) => (row: ReadingOf<'power'>) =>
  Math.abs(row.measuredAt - (machine.truth + (row.fields.activePowerW ?? Number.NaN)))

describe('a gateway that is started without the time', () => {
  it('loses no sample, and has all of them within 50 ms once it knows it, two minutes later', async () => {
    const machine = new WakingMachine(SPEED)
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    const { gateway } = await startGateway(machine, host.url, newDir())
    try {
      await eventually('two minutes', () => machine.monotonic() > 120_000)
      // Nothing but alarms whose patience is over has gone out, marked.
      const early = [...host.rows.values()].map(({ reading }) => reading)
      expect(early.map(({ kind }) => kind)).toEqual(['sensor', 'sensor'])
      expect(early.map(({ clock }) => clock)).toEqual(['unsynchronised', 'unsynchronised'])
      machine.synchronise()
      const syncedAt = machine.monotonic()
      await eventually('rows', () => powerRows([...host.rows.values()]).length > syncedAt / 1000 + 5)

      const rows = powerRows([...host.rows.values()].sort((a, b) => a.sequence - b.sequence))
      expect(rows.map(({ fields }) => fields.reactivePowerVar)).toEqual(rows.map((_, i) => i))
      expect(Math.max(...rows.map(errorOf(machine)))).toBeLessThanOrEqual(50)
      for (const row of rows) expect(row.clockErrorMs).toBeGreaterThanOrEqual(errorOf(machine)(row) - 1)
      expect(new Set(rows.map(({ clock }) => clock))).toEqual(new Set(['ntp']))
      expect(rows.map(({ measuredAt }) => measuredAt)).toEqual(rows.map(({ measuredAt }) => measuredAt).sort())

      const windows = [...host.rows.values()].flatMap(({ reading }) => (reading.kind === 'vibration' ? [reading] : []))
      expect(windows.length).toBeGreaterThan(syncedAt / 5_000 - 2)
      expect(Math.min(...windows.map(({ measuredAt }) => measuredAt))).toBeGreaterThan(machine.truth)
      await expectRing(host, machine, syncedAt)
    } finally {
      await gateway[Symbol.asyncDispose]()
    }
  })

  it('moves what an earlier process of the same run of the machine has left, too', async () => {
    const machine = new WakingMachine(SPEED)
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    const dir = newDir()
    const first = await startGateway(machine, host.url, dir)
    await eventually('some rows', () => machine.monotonic() > 20_000)
    await first.gateway[Symbol.asyncDispose]()
    expect(powerRows([...host.rows.values()])).toEqual([])
    // The file's own monotonic time is real, the machine's is not: what it says of the offset is not asked here.
    const second = await startGateway(machine, host.url, dir)
    try {
      machine.synchronise()
      await eventually('rows of both', () => powerRows([...host.rows.values()]).length > 25)
      const rows = powerRows([...host.rows.values()])
      expect(Math.min(...rows.map(({ measuredAt }) => measuredAt))).toBeGreaterThanOrEqual(machine.truth)
      expect(new Set(rows.map(({ clock }) => clock))).toEqual(new Set(['ntp']))
    } finally {
      await second.gateway[Symbol.asyncDispose]()
    }
  })

  it('leaves rows of an earlier run of the machine as they are: nobody can know by how much they are off', async () => {
    const machine = new WakingMachine(SPEED)
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    const dir = newDir()
    const first = await startGateway(machine, host.url, dir)
    await eventually('some rows', () => machine.monotonic() > 15_000)
    await first.gateway[Symbol.asyncDispose]()
    const held = powerRows([...host.rows.values()]).length
    expect(held).toBe(0)
    machine.synchronise()
    const second = await startGateway(machine, host.url, dir, { boot: 'boot-2' })
    try {
      await eventually('rows of both', () => powerRows([...host.rows.values()]).length > 25)
      const rows = powerRows([...host.rows.values()].sort((a, b) => a.sequence - b.sequence))
      const old = rows.filter(({ clock }) => clock === 'unsynchronised')
      expect(old.length).toBeGreaterThan(8)
      expect(Math.max(...old.map(({ measuredAt }) => measuredAt))).toBeLessThan(60_000)
      expect(old.every((row) => row.clockErrorMs === undefined)).toBe(true)
      expect(rows.some(({ clock, measuredAt }) => clock === 'ntp' && measuredAt > machine.truth)).toBe(true)
    } finally {
      await second.gateway[Symbol.asyncDispose]()
    }
  })

  it('sends rows as they are, marked, when the time has not come for long enough', async () => {
    const machine = new WakingMachine(SPEED)
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    const clock = { holdS: 20, holdAlarmsS: 5 }
    const { gateway } = await startGateway(machine, host.url, newDir(), { clock })
    try {
      await eventually('rows', () => powerRows([...host.rows.values()]).length > 25)
      expect(machine.monotonic()).toBeGreaterThan(20_000)
      const rows = powerRows([...host.rows.values()].sort((a, b) => a.sequence - b.sequence))
      expect(rows.map(({ fields }) => fields.reactivePowerVar)).toEqual(rows.map((_, i) => i))
      expect(new Set(rows.map(({ clock }) => clock))).toEqual(new Set(['unsynchronised']))
    } finally {
      await gateway[Symbol.asyncDispose]()
    }
  })
})

/** What the ring has of the whole time is one unbroken count, in right time. */
async function expectRing(host: FakeHost, machine: WakingMachine, syncedAt: number): Promise<void> {
  const request = {
    request: 'r1',
    sensor: 'geo-1',
    channel: 'HHZ',
    fromMs: machine.truth,
    toMs: machine.truth + syncedAt,
  }
  host.command(WAVEFORM_REQUEST_METRIC, DataType.String, JSON.stringify(request))
  const parts = () => [...host.rows.values()].flatMap(({ reading }) => (reading.kind === 'waveform' ? [reading] : []))
  await eventually('the waveform', () => parts().some(({ fields }) => fields.request === 'r1'))
  let samples = 0
  let first: number | null = null
  for (const { fields } of parts().filter(({ fields }) => fields.request === 'r1')) {
    for (const item of decodeAll(fields.data ?? new Uint8Array(0))) {
      if (item.kind !== 'record') continue
      const { startAt, samples: counts } = item.record
      expect(counts[0]).toBe(samples)
      samples += counts.length
      const begunAt = startAt - machine.truth - (1000 * (counts[0] ?? 0)) / RATE_HZ
      first ??= begunAt
      expect(Math.abs(begunAt - first)).toBeLessThanOrEqual(50)
    }
  }
  expect(first).toBeGreaterThan(0)
  // A busy machine starts late, and time runs fast here.
  expect(first).toBeLessThan(60_000)
  expect(samples).toBeGreaterThan(((syncedAt - Math.max(15_000, first ?? 0)) / 1000) * RATE_HZ)
}
