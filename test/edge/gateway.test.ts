import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runGateway } from '@minewarden/edge/main.ts'
import { decodeAll } from '@minewarden/hardware/miniseed/stream.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { DataType } from '@minewarden/protocol/sparkplug/payload.ts'
import { SPOOL_METRICS, WAVEFORM_REQUEST_METRIC } from '@minewarden/protocol/spool.ts'
import { type Clock, instant } from '@minewarden/protocol/time.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { FakeHost, type Heard } from '../support/fake-host.ts'
import { findProgram, requires } from '../support/requires.ts'

const GROUP = '450324'
const NODE = 'gw-1'
const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})
const newDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-gateway-'))
  dirs.push(dir)
  return dir
}

const SENSORS = [
  { kind: 'geophone', id: 'geo-1' },
  { kind: 'power-meter', id: 'meter-1' },
  { kind: 'camera-probe', id: 'probe-1' },
]
function configure(url: string, more: object = {}, scenario = 'quiet-with-pump'): string {
  const dir = newDir()
  const config = {
    gateway: NODE,
    county: GROUP,
    data: dir,
    uplink: { servers: [url] },
    drivers: [{ kind: 'simulated', scenario, seed: 1, sensors: SENSORS }],
    spool: { featureCommitMs: 200 },
    log: 'silent',
    ...more,
  }
  writeFileSync(join(dir, 'gateway.json'), JSON.stringify(config))
  return join(dir, 'gateway.json')
}

/** Time that passes `speed` times as fast. */
function fastClock(speed: number): Clock {
  const origin = Date.now()
  const begun = performance.now()
  return {
    now: () => instant(origin + (performance.now() - begun) * speed),
    monotonic: () => (performance.now() - begun) * speed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const timer = setTimeout(resolve, ms / speed)
        signal?.addEventListener('abort', () => {
          clearTimeout(timer)
          reject(signal.reason)
        })
      }),
  }
}

/** Runs a gateway for as long as `during` takes. */
async function withGateway(config: string, during: () => Promise<unknown>, clock?: Clock): Promise<void> {
  const stop = new AbortController()
  const running = runGateway(config, stop.signal, clock ? { clock } : {})
  try {
    await during()
  } finally {
    stop.abort()
    await running
  }
}

const births = (host: FakeHost) =>
  host.heard.filter(({ type }) => type === 'NBIRTH').map(({ bytes }) => decodePayload(bytes))
const bdSeqs = (host: FakeHost) =>
  births(host).map(({ metrics }) => metrics.find(({ name }) => name === 'bdSeq')?.value)
const seqOf = ({ bytes }: Heard) => decodePayload(bytes).seq

describe('a gateway', () => {
  it('gives birth when its host is online, sends what it measured, and says NDEATH when it is stopped', async () => {
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    await withGateway(configure(host.url), async () => {
      await eventually('a connection', () => host.connectedClients === 1)
      expect(host.heard).toEqual([])
      host.say(true)
      await eventually('rows', () => host.rows.size > 3)
    })
    const types = host.heard.map(({ type }) => type)
    expect(types.slice(0, 4)).toEqual(['NBIRTH', 'DBIRTH', 'DBIRTH', 'DBIRTH'])
    expect(types.at(-1)).toBe('NDEATH')
    const seqs = host.heard.slice(0, -1).map(seqOf)
    expect(seqs).toEqual(seqs.map((_, i) => i % 256))
    expect(host.heard.every(({ retain }) => !retain)).toBe(true)
    expect(host.heard.map(({ qos }) => qos)).toEqual(types.map((type) => (type === 'NDEATH' ? 1 : 0)))
    const death = decodePayload(host.heard.at(-1)?.bytes as Uint8Array)
    expect(death.metrics.map(({ name, value, datatype }) => [name, value, datatype])).toEqual([
      ['bdSeq', 0, DataType.Int64],
    ])
    expect(death.seq).toBeUndefined()
    expect(bdSeqs(host)).toEqual([0])
  })

  it('goes on where it stopped: after a restart bdSeq is one more and acknowledged rows stay settled', async () => {
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    const config = configure(host.url)
    await withGateway(config, () => eventually('rows', () => host.rows.size > 3))
    const before = host.arrived.length
    const { epoch } = host
    await withGateway(config, () => eventually('more rows', () => host.arrived.length > before + 3))
    expect(host.epoch).toBe(epoch)
    expect(bdSeqs(host)).toEqual([0, 1])
    // The last rows before the stop may not have been acknowledged in time: they alone may come twice.
    expect(host.arrived.length - host.rows.size).toBeLessThan(8)
  })

  it('is born again on command with the same bdSeq, numbers from 0', async () => {
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    await withGateway(configure(host.url), async () => {
      await eventually('rows', () => host.rows.size > 2)
      host.command('Node Control/Rebirth', DataType.Boolean, true)
      await eventually('a second birth', () => births(host).length === 2)
      const rows = host.rows.size
      await eventually('rows after it', () => host.rows.size > rows)
    })
    expect(bdSeqs(host)).toEqual([0, 0])
    const again = host.heard.findLastIndex(({ type }) => type === 'NBIRTH')
    expect(host.heard.slice(again, again + 4).map(({ type }) => type)).toEqual(['NBIRTH', 'DBIRTH', 'DBIRTH', 'DBIRTH'])
    expect(host.heard.slice(again, again + 5).map(seqOf)).toEqual([0, 1, 2, 3, 4])
    expect(host.heard.filter(({ type }) => type === 'NDEATH')).toHaveLength(1)
  })

  it('dies and comes back when its host goes offline and online', async () => {
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    await withGateway(configure(host.url), async () => {
      await eventually('rows', () => host.rows.size > 1)
      host.say(false)
      await eventually('a death', () => host.heard.at(-1)?.type === 'NDEATH')
      const heard = host.heard.length
      await eventually('a connection', () => host.connectedClients === 1)
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(host.heard).toHaveLength(heard)
      host.say(true)
      await eventually('a second birth', () => births(host).length === 2)
    })
    expect(bdSeqs(host)).toEqual([0, 1])
  })

  it('sends again what was lost on the way, until it is acknowledged', async () => {
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    const lost = new Set<number>()
    host.loses = (sequence) => sequence % 3 === 0 && !lost.has(sequence) && lost.add(sequence).has(sequence)
    await withGateway(
      configure(host.url),
      () => eventually('no hole', () => host.rows.has(`${host.epoch} 9`)),
      fastClock(20),
    )
    expect(lost.size).toBeGreaterThan(2)
    expect(host.ranges.get(host.epoch)?.has(3)).toBe(true)
  })

  it('keeps what it measures while there is no server, then brings it all, marked as late', async () => {
    const port = await freePort()
    const clock = fastClock(20)
    await withGateway(
      configure(`mqtt://127.0.0.1:${port}`, { uplink: { servers: [`mqtt://127.0.0.1:${port}`] } }),
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 4_000))
        await using host = await FakeHost.listen({ group: GROUP, node: NODE, port })
        host.say(true)
        await eventually('live rows', () => [...host.rows.values()].some(({ historical }) => !historical))
        await eventually('everything', () => host.ranges.get(host.epoch)?.size === 1)
        const late = [...host.rows.values()].filter(({ historical }) => historical)
        expect(late.length).toBeGreaterThan(20)
        expect(host.rows.has(`${host.epoch} 1`)).toBe(true)
      },
      clock,
    )
  })

  it('lives through commands that make no sense', async () => {
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    await withGateway(configure(host.url), async () => {
      await eventually('rows', () => host.rows.size > 0)
      host.commandBytes(new Uint8Array([0xff, 0xff, 0xff]))
      host.commandBytes(new Uint8Array(0))
      host.command('No/Such', DataType.String, 'x')
      host.command(SPOOL_METRICS.acknowledged, DataType.String, '{"epoch":7}')
      host.command(SPOOL_METRICS.acknowledged, DataType.String, 'not json')
      host.command(SPOOL_METRICS.acknowledged, DataType.Boolean, true)
      host.command(
        WAVEFORM_REQUEST_METRIC,
        DataType.String,
        '{"request":"r","sensor":"none","channel":"HHZ","fromMs":1,"toMs":2}',
      )
      const rows = host.rows.size
      await eventually('rows after it', () => host.rows.size > rows + 2)
    })
    expect(births(host)).toHaveLength(1)
  })

  it('answers a request for raw waveform with miniSEED of that stretch', async () => {
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    await withGateway(configure(host.url), async () => {
      await eventually('rows', () => host.rows.size > 0)
      // The ring begins with the gateway: what is asked for must lie after that.
      const bornAt = Date.now()
      await eventually('some seconds of samples', () => Date.now() - bornAt > 5_000)
      const fromMs = Date.now() - 4_000
      const request = { request: 'r-1', sensor: 'geo-1', channel: 'HHN', fromMs, toMs: fromMs + 3_000 }
      host.command(WAVEFORM_REQUEST_METRIC, DataType.String, JSON.stringify(request))
      const row = await eventually('the answer', () =>
        [...host.rows.values()].find(({ reading }) => reading.kind === 'waveform'),
      )
      const { fields, channel } = row.reading as ReadingOf<'waveform'>
      expect(channel).toBe('HHN')
      expect(fields).toMatchObject({ request: 'r-1', fromMs, toMs: fromMs + 3_000, part: 0, parts: 1 })
      const records = [...decodeAll(fields.data as Uint8Array)].map((item) =>
        item.kind === 'record' ? item.record : null,
      )
      const [first, last] = [records[0], records.at(-1)]
      expect(first?.startAt).toBeLessThanOrEqual(fromMs)
      expect((last?.startAt ?? 0) + ((last?.sampleCount ?? 0) * 1000) / 250).toBeGreaterThanOrEqual(fromMs + 2_990)
      expect(first?.channel).toBe('HHN')
    })
  })

  it('sends the waveform of an event by itself', async () => {
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    const config = configure(host.url, {}, 'reopening')
    const found = (kind: string) => [...host.rows.values()].map(({ reading }) => reading).filter((r) => r.kind === kind)
    await withGateway(
      config,
      async () => {
        await eventually('an event', () => found('event').length > 0)
        await eventually(
          'its waveform on three channels',
          () => new Set(found('waveform').map((r) => r.channel)).size === 3,
        )
      },
      fastClock(15),
    )
    const event = found('event')[0] as ReadingOf<'event'>
    const waveform = found('waveform')[0] as ReadingOf<'waveform'>
    expect(waveform.fields.request).toBe('')
    expect(waveform.fields.fromMs).toBeCloseTo((event.fields.onsetMs as number) - 10_000, 3)
    expect((waveform.fields.toMs as number) - (waveform.fields.fromMs as number)).toBeGreaterThanOrEqual(30_000)
  })
})

describe.runIf(requires('mosquitto'))('a gateway at a mosquitto broker', () => {
  it('signs in with the password of its file, and is acknowledged; with a wrong one it keeps trying', async () => {
    const dir = newDir()
    const port = await freePort()
    const broker = await startMosquitto(dir, port)
    try {
      const url = `mqtt://127.0.0.1:${port}`
      await using host = await FakeHost.join(url, {
        group: GROUP,
        node: NODE,
        username: 'host',
        password: 'host-secret',
      })
      host.say(true)
      const passwordFile = join(dir, 'password')
      writeFileSync(passwordFile, 'wrong\n')
      const config = configure(url, { uplink: { servers: [url], passwordFile } })
      await withGateway(config, async () => {
        await new Promise((resolve) => setTimeout(resolve, 1_000))
        expect(host.heard).toEqual([])
        writeFileSync(passwordFile, 'gateway-secret\n')
        await eventually('acknowledged rows', () => host.rows.size > 3)
      })
      await eventually('a death', () => host.heard.at(-1)?.type === 'NDEATH')
      expect(host.ranges.get(host.epoch)?.size).toBe(1)
    } finally {
      broker.kill('SIGTERM')
    }
  })
})

async function startMosquitto(dir: string, port: number): Promise<ChildProcess> {
  const program = findProgram('mosquitto') as string
  const passwords = join(dir, 'passwords')
  writeFileSync(passwords, '')
  for (const [user, password] of Object.entries({ host: 'host-secret', [NODE]: 'gateway-secret' })) {
    execFileSync(findProgram('mosquitto_passwd') as string, ['-b', passwords, user, password], { stdio: 'ignore' })
  }
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous false', `password_file ${passwords}`, 'user root']
  writeFileSync(join(dir, 'mosquitto.conf'), `${lines.join('\n')}\n`)
  const broker = spawn(program, ['-c', join(dir, 'mosquitto.conf')], { stdio: 'ignore' })
  await eventually('mosquitto', () => canConnect(port))
  return broker
}

async function canConnect(port: number): Promise<boolean> {
  const { connect } = await import('node:net')
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
