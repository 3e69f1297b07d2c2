/** The real gateway and the real host on a Mosquitto that neither of them knows, judged by what went over the wire. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { createMqttTransport } from '@minewarden/cloud/shell/host-transport-mqtt.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { runGateway } from '@minewarden/edge/main.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { GROUP, HOST, startIngestChain } from '../support/ingest-chain.ts'
import { findProgram, requires } from '../support/requires.ts'
import { checkTrace } from './checker.ts'
import { Wiretap } from './wiretap.ts'

const NODE = 'gw-1'
const dir = mkdtempSync(join(tmpdir(), 'minewarden-conformance-'))
let broker: ChildProcess
let port: number

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

function configure(url: string): string {
  const file = join(dir, 'gateway.json')
  const sensors = [
    { kind: 'geophone', id: 'geo-1' },
    { kind: 'power-meter', id: 'meter-1' },
  ]
  const config = {
    gateway: NODE,
    county: GROUP,
    data: dir,
    primaryHost: HOST,
    uplink: { servers: [url] },
    drivers: [{ kind: 'simulated', scenario: 'quiet-with-pump', seed: 1, sensors }],
    spool: { featureCommitMs: 200 },
    log: 'error',
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}

const startHost = (url: string) =>
  startIngestChain(
    [NODE],
    createMqttTransport(
      { url, hostId: HOST, username: null, password: null, ca: null },
      { clock: systemClock, logger: silentLogger },
    ),
  )

describe.runIf(requires('mosquitto'))('gateway and host on a broker', () => {
  beforeAll(async () => {
    port = await freePort()
    writeFileSync(join(dir, 'mosquitto.conf'), `listener ${port} 127.0.0.1\nallow_anonymous true\n`)
    broker = spawn(findProgram('mosquitto')!, ['-c', join(dir, 'mosquitto.conf')], { stdio: 'ignore' })
    await eventually('a broker', () => answers(port))
  })
  afterAll(() => {
    broker.kill()
    rmSync(dir, { recursive: true, force: true })
  })

  it('break no statement of Sparkplug 3.0 through births, data, a host that restarts, a lost link and a clean end', async () => {
    await using tap = await Wiretap.before(port)
    const stop = new AbortController()
    const births = () =>
      tap.packets.filter(
        ({ kind, ...rest }) => kind === 'publish' && 'topic' in rest && rest.topic.includes('/NBIRTH/'),
      ).length
    const gateway = runGateway(configure(tap.url), stop.signal)
    try {
      const first = await startHost(tap.url)
      await eventually('rows', () => first.rows.length > 5)
      await first[Symbol.asyncDispose]()
      await using second = await startHost(tap.url)
      const before = births()
      await eventually('a birth for the new host', () => births() > before)
      await eventually('rows again', () => second.rows.length > 3)
      const lost = births()
      tap.cut(NODE)
      await eventually('a birth after the lost link', () => births() > lost)
      await eventually('rows after it', () => second.rows.length > 6)
      stop.abort()
      await gateway
    } finally {
      stop.abort()
      await gateway
    }
    const found = checkTrace(tap.packets, { primaryHost: HOST, reorderTimeoutMs: 5_000, graceMs: 1_000 })
    expect(births()).toBeGreaterThanOrEqual(3)
    expect(tap.packets.length).toBeGreaterThan(50)
    expect(summary(found)).toEqual({})
  }, 60_000)
})

/** One example of each broken statement, to be read in a failure. */
const summary = (found: ReturnType<typeof checkTrace>) =>
  Object.fromEntries(found.toReversed().map(({ id, client, what }) => [id, `${client}: ${what}`]))
