/**
 * One gateway process reads a digitiser (the compiled firmware with a simulated ADC), a cabinet's board (StandardFirmata as its
 * authors compiled it) and a SeedLink server with two stations, through pseudo-terminals and TCP. Each device fails in
 * turn; the others lose nothing, and the one that failed gives good data again within ten seconds.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SeedLinkServer } from '@minewarden/hardware/sim/seedlink/server.ts'
import type { ReadingKind, ReadingOf } from '@minewarden/protocol/reading.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cachedFirmware } from '../../scripts/firmware.ts'
import { type BoardProcess, startBoard } from '../support/avr-board.ts'
import { eventually } from '../support/eventually.ts'
import { FakeHost } from '../support/fake-host.ts'
import { startStation } from '../support/live-station.ts'
import { Program } from '../support/program.ts'
import { requires } from '../support/requires.ts'
import { type RingSample, ringSamples } from '../support/ring-samples.ts'
import { standardFirmata } from '../support/standard-firmata.ts'

const GROUP = '450324'
const NODE = 'gw-1'
const DOOR_PIN = 4
/** What the gateway promises after a fault is over. */
const BACK_WITHIN_MS = 10_000
const RATE_HZ = 250
/** What is told of a waveform is told of windows. */
const WINDOW_MS = 5_000

const firmata = standardFirmata()
const ready = requires('avr-gcc') && requires('socat') && firmata !== null

interface Fault {
  readonly device: 'digitiser' | 'seedlink' | 'board'
  readonly name: string
  readonly begin: () => void | Promise<void>
  readonly lastsMs: number
  readonly end: () => void | Promise<void>
}
interface Outcome extends Pick<Fault, 'device' | 'name'> {
  readonly fromMs: number
  /** Good data came again after the fault's end. */
  readonly backMs: number
  readonly untilMs: number
}

describe.skipIf(!ready)('a gateway with a digitiser, a board and two stations', () => {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-sensors-'))
  const outcomes: Outcome[] = []
  let digitiser: BoardProcess
  let board: BoardProcess
  let server: SeedLinkServer
  let host: FakeHost
  let gateway: Program
  let stations: Disposable[] = []

  const readings = <K extends ReadingKind>(sensor: string, kind: K): ReadingOf<K>[] => {
    const all = [...host.rows.values()].map(({ reading }) => reading as ReadingOf<ReadingKind>)
    return all.filter((reading) => reading.sensor === sensor && reading.kind === kind) as ReadingOf<K>[]
  }

  beforeAll(async () => {
    const config = configuration(dir)
    server = await SeedLinkServer.listen()
    for (const station of ['R0001', 'R0002']) server.addStation('AM', station)
    host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    digitiser = await startBoard(cachedFirmware().hex, join(dir, 'dig0'), 'telling')
    board = await startBoard(firmata!, join(dir, 'cab0'))
    board.order({ kind: 'drive', pin: DOOR_PIN, high: false })
    stations = [startStation(server, 'R0001', ['EHZ', 'EHN', 'EHE']), startStation(server, 'R0002', ['EHZ'])]
    writeFileSync(join(dir, 'gateway.json'), JSON.stringify(config(host.url, server.port)))
    const args = ['edge/main.ts', 'run', '--config', join(dir, 'gateway.json')]
    gateway = new Program({ args, logFile: join(dir, 'gateway.log') })
    await gateway.startUntil('gateway runs')
    for (const sensor of ['geo-1', 'far-1', 'far-2'])
      await eventually(`vibration of ${sensor}`, () => readings(sensor, 'vibration').length > 0)
    await eventually('the air', () => readings('air-1', 'air').length > 0)
    await eventually('the cabinet', () => readings('cabinet-1', 'enclosure').length > 0)
  }, 120_000)

  afterAll(async () => {
    for (const station of stations) station[Symbol.dispose]()
    await gateway?.[Symbol.asyncDispose]()
    await Promise.all([digitiser, board, server, host].map((each) => each?.[Symbol.asyncDispose]()))
    rmSync(dir, { recursive: true, force: true })
  })

  /** When good data of a device began again after a moment: the beginning of the first whole window, or a reading. */
  const backSince = (device: Fault['device'], sinceMs: number): number | null => {
    if (device === 'board') return first(readings('cabinet-1', 'enclosure').map(({ measuredAt }) => measuredAt))
    const sensors = device === 'digitiser' ? ['geo-1', 'air-1'] : ['far-1', 'far-2']
    const begins = sensors.map((sensor) =>
      first(readings(sensor, sensor === 'air-1' ? 'air' : 'vibration').map(({ measuredAt }) => measuredAt - WINDOW_MS)),
    )
    return begins.includes(null) ? null : Math.max(...(begins as number[]))

    function first(moments: readonly number[]): number | null {
      const after = moments.filter((moment) => moment > sinceMs)
      return after.length > 0 ? Math.min(...after) : null
    }
  }

  const faults = (): Fault[] => [
    {
      device: 'digitiser',
      name: 'unplugged, back under another name',
      begin: () => digitiser.order({ kind: 'unplug' }),
      lastsMs: 3_000,
      end: () => digitiser.order({ kind: 'plug', link: join(dir, 'dig7') }),
    },
    { device: 'seedlink', name: 'connections break', begin: () => server.drop(), lastsMs: 0, end: () => {} },
    {
      device: 'board',
      name: 'unplugged',
      begin: () => board.order({ kind: 'unplug' }),
      lastsMs: 3_000,
      end: () => board.order({ kind: 'plug', link: join(dir, 'cab3') }),
    },
    {
      device: 'digitiser',
      name: 'noise on the line',
      begin: () => digitiser.order({ kind: 'disturb', bytes: Array.from({ length: 500 }, (_, i) => (i * 37) & 0xff) }),
      lastsMs: 0,
      end: () => {},
    },
    {
      device: 'seedlink',
      name: 'hangs, refuses, then answers again',
      begin: () => {
        server.faults.hang = true
      },
      lastsMs: 4_000,
      end: () => {
        server.faults.hang = false
        server.wake()
      },
    },
    {
      device: 'digitiser',
      name: 'restarts',
      begin: () => digitiser.order({ kind: 'reset' }),
      lastsMs: 0,
      end: () => {},
    },
    { device: 'board', name: 'restarts', begin: () => board.order({ kind: 'reset' }), lastsMs: 0, end: () => {} },
    {
      device: 'seedlink',
      name: 'sends bytes without end',
      begin: () => {
        server.faults.endlessNoise = true
        server.wake()
      },
      lastsMs: 3_000,
      end: () => {
        server.faults.endlessNoise = false
        server.drop()
      },
    },
    {
      device: 'digitiser',
      name: 'sends at the wrong speed',
      begin: () => digitiser.order({ kind: 'baud', baud: 115_200 }),
      lastsMs: 3_000,
      end: () => digitiser.order({ kind: 'baud', baud: null }),
    },
  ]

  it(`has each device back within ${BACK_WITHIN_MS / 1000} s of its fault's end`, { timeout: 240_000 }, async () => {
    for (const fault of faults()) {
      const fromMs = Date.now()
      await fault.begin()
      await sleep(fault.lastsMs)
      await fault.end()
      const endedMs = Date.now()
      // The door moves all the time, so that the cabinet has something to tell.
      let open = false
      const knock = setInterval(() => {
        open = !open
        board.order({ kind: 'drive', pin: DOOR_PIN, high: open })
      }, 500)
      try {
        const backAt = await eventually(`${fault.device}: ${fault.name}`, () => backSince(fault.device, endedMs))
        outcomes.push({ ...fault, fromMs, backMs: backAt - endedMs, untilMs: Date.now() })
      } finally {
        clearInterval(knock)
      }
      await sleep(2_000)
    }
    console.log(outcomes.map(({ device, name, backMs }) => `${device} ${name}: back after ${backMs} ms`).join('\n'))
    for (const { device, name, backMs } of outcomes) expect(backMs, `${device} ${name}`).toBeLessThan(BACK_WITHIN_MS)
  })

  it('has lost no sample of a device that was well, and says what the others lost', { timeout: 60_000 }, async () => {
    expect(await gateway.stop('SIGTERM')).toBe(0)
    for (const channel of ['HHZ', 'HHN', 'HHE']) holdLosses(ringSamples(dir, 'geo-1', channel), outcomesOf('digitiser'))
    holdLosses(ringSamples(dir, 'air-1', 'HDF'), outcomesOf('digitiser'))
    // A ring server has kept what a broken connection did not bring.
    for (const channel of ['EHZ', 'EHN', 'EHE']) holdLosses(ringSamples(dir, 'far-1', channel), [])
    holdLosses(ringSamples(dir, 'far-2', 'EHZ'), [])
  })

  it('has stamped the samples of a digitiser evenly, whatever the line did', () => {
    const samples = ringSamples(dir, 'geo-1', 'HHZ').slice(-1_000)
    for (let i = 1; i < samples.length; i++) {
      if (samples[i]!.value !== samples[i - 1]!.value + 1) continue
      const stepMs = samples[i]!.atMs - samples[i - 1]!.atMs
      expect(Math.abs(stepMs - 1000 / RATE_HZ), `${samples[i]!.value}`).toBeLessThan(500 / RATE_HZ)
    }
  })

  it('has told what was wrong with each device, and with no other', () => {
    for (const sensor of ['geo-1', 'far-1', 'far-2', 'cabinet-1']) {
      const own = outcomes.filter(({ device }) => sensor.startsWith(DEVICES[device]))
      for (const { measuredAt, fields } of readings(sensor, 'sensor')) {
        if (fields.state === 'ok') continue
        const during = own.some(({ fromMs, untilMs }) => measuredAt >= fromMs - 500 && measuredAt <= untilMs)
        expect(during, `${sensor} ${fields.state} (${fields.reason}) at ${measuredAt}`).toBe(true)
      }
    }
  })

  const outcomesOf = (device: Fault['device']) => outcomes.filter((outcome) => outcome.device === device)
})

const DEVICES = { digitiser: 'geo', seedlink: 'far', board: 'cabinet' } as const

/** Samples count up by one; where they do not, a fault of that device was on. */
function holdLosses(samples: readonly RingSample[], own: readonly Outcome[]): void {
  expect(samples.length).toBeGreaterThan(1_000)
  for (let i = 1; i < samples.length; i++) {
    const before = samples[i - 1]!
    const sample = samples[i]!
    if (Math.abs(sample.value) === Math.abs(before.value) + 1) continue
    const excused = own.some(({ fromMs, untilMs }) => before.atMs >= fromMs - 1_000 && before.atMs <= untilMs)
    expect(excused, `${before.value} then ${sample.value} at ${new Date(before.atMs).toISOString()}`).toBe(true)
    expect(Math.abs(sample.value), 'the same sample twice').toBeGreaterThan(Math.abs(before.value))
  }
}

function configuration(dir: string) {
  const far = { network: 'AM', kind: 'geophone', clock: 'ntp' }
  const coil = { sensor: 'gs-11d-4.5', gain: 32 }
  return (url: string, port: number) => ({
    gateway: NODE,
    county: GROUP,
    data: dir,
    uplink: { servers: [url] },
    drivers: [
      {
        kind: 'digitiser',
        ports: [join(dir, 'dig*')],
        rateHz: RATE_HZ,
        geophone: { id: 'geo-1', channels: { HHZ: coil, HHN: coil, HHE: coil } },
        airPressure: { id: 'air-1', channels: { HDF: { countsPerUnit: 5e4, unit: 'Pa' } } },
      },
      {
        kind: 'board',
        id: 'cabinet-1',
        ports: [join(dir, 'cab*')],
        door: { pin: DOOR_PIN },
      },
      {
        kind: 'seedlink',
        host: '127.0.0.1',
        port,
        stations: [
          { ...far, station: 'R0001', id: 'far-1', channels: { EHZ: geophone(), EHN: geophone(), EHE: geophone() } },
          { ...far, station: 'R0002', id: 'far-2', channels: { EHZ: geophone() } },
        ],
      },
    ],
    spool: { featureCommitMs: 200 },
    log: 'info',
  })
}

const geophone = () => ({ countsPerUnit: 4e8, unit: 'm/s' })
