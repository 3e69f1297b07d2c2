/** The real gateway and the real host on brokers that neither of them knows, judged by what went over the wire. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rebirthCommand } from '@minewarden/cloud/core/gateway-commands.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { createMqttTransport } from '@minewarden/cloud/shell/host-transport-mqtt.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { encodeState } from '@minewarden/protocol/sparkplug/state.ts'
import { nodeTopic, stateTopic } from '@minewarden/protocol/topics.ts'
import mqtt from 'mqtt'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { GROUP, HOST, passwordOf, startIngestChain } from '../support/ingest-chain.ts'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts'
import { requires } from '../support/requires.ts'
import { checkTrace } from './checker.ts'
import { METER, NODE, rawConfig, startLiveGateway } from './live-gateway.ts'
import type { Packet } from './trace.ts'
import { Wiretap } from './wiretap.ts'

const GATEWAY_MAIN = fileURLToPath(new URL('../../edge/main.ts', import.meta.url))
const NCMD = nodeTopic('NCMD', GROUP, NODE)
const WATCHER = 'gw-2'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'minewarden-conformance-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** The host over MQTT with its ingest and journal. */
async function startHost(url: string) {
  const transport = createMqttTransport(
    { url, hostId: HOST, username: null, password: null, ca: null },
    { clock: systemClock, logger: silentLogger },
  )
  const chain = await startIngestChain([NODE], transport)
  return {
    rows: chain.rows,
    ingest: chain.ingest,
    askForBirth: () => transport.publish(NCMD, rebirthCommand(systemClock.now())),
    [Symbol.asyncDispose]: () => chain[Symbol.asyncDispose](),
  }
}

/** Messages of one type that the gateway has sent. */
const sent = (packets: readonly Packet[], type: string, server?: number) =>
  packets.filter(
    (packet) =>
      packet.kind === 'publish' &&
      packet.topic.includes(`/${type}/`) &&
      (server === undefined || packet.server === server),
  )
/** Until the gateway has sent one more of these. */
async function oneMore(packets: readonly Packet[], type: string, after: () => unknown): Promise<void> {
  const before = sent(packets, type).length
  after()
  await eventually(`one more ${type}`, () => sent(packets, type).length > before)
}

/** What is broken, with one example of each to be read in a failure. */
function broken(packets: readonly Packet[], servers = 1): object {
  const found = checkTrace(packets, { primaryHost: HOST, reorderTimeoutMs: 5_000, graceMs: 1_000, servers })
  return Object.fromEntries(found.toReversed().map(({ id, client, what }) => [id, `${client}: ${what}`]))
}

describe.runIf(requires('mosquitto'))('gateway and host on a broker break no statement of Sparkplug 3.0', () => {
  let broker: Mosquitto
  beforeAll(async () => {
    broker = await startMosquitto()
  })
  afterAll(() => broker[Symbol.asyncDispose]())

  it('through births, data, a host that restarts, a lost link and a clean end', async () => {
    await using tap = await Wiretap.before(broker.port)
    const { packets } = tap
    {
      await using _gateway = await startLiveGateway({ dir, urls: [tap.url] })
      const first = await startHost(tap.url)
      await eventually('rows', () => first.rows.length > 5)
      await first[Symbol.asyncDispose]()
      await using second = await startHost(tap.url)
      await oneMore(packets, 'NBIRTH', () => {})
      await eventually('rows again', () => second.rows.length > 3)
      await oneMore(packets, 'NBIRTH', () => tap.cut(NODE))
      await oneMore(packets, 'DDATA', () => {})
    }
    expect(sent(packets, 'NBIRTH').length).toBeGreaterThanOrEqual(3)
    expect(packets.filter(({ kind }) => kind === 'deliver').length).toBeGreaterThan(3)
    expect(broken(packets)).toEqual({})
  })

  it('through the death and return of a sensor, a rebirth on command and an old will of the host', async () => {
    await using tap = await Wiretap.before(broker.port)
    const { packets } = tap
    {
      await using host = await startHost(tap.url)
      await using gateway = await startLiveGateway({ dir, urls: [tap.url] })
      await eventually('rows', () => host.rows.length > 5)
      await oneMore(packets, 'DDEATH', () => gateway.plug(false))
      await oneMore(packets, 'DBIRTH', () => gateway.plug(true))
      await eventually('the meter again', () => host.rows.filter(({ reading }) => reading.sensor === METER).length > 10)
      await oneMore(packets, 'NBIRTH', host.askForBirth)
      const stranger = await mqtt.connectAsync(broker.url, { protocolVersion: 4 })
      const will = Buffer.from(encodeState({ online: false, timestamp: 1 }))
      await stranger.publishAsync(stateTopic(HOST), will, { qos: 1, retain: true })
      await eventually('the host says otherwise', () => sent(packets, 'STATE').length > 1)
      await stranger.endAsync()
      await oneMore(packets, 'DDATA', () => {})
      expect(host.ingest.counts).toMatchObject({ undecodable: 0, rejected: 0, rebirthRequests: 0 })
    }
    expect(broken(packets)).toEqual({})
  })

  it('through a gateway that is killed and comes back', async () => {
    await using tap = await Wiretap.before(broker.port)
    const { packets } = tap
    const config = join(dir, 'gateway.json')
    writeFileSync(config, JSON.stringify(rawConfig({ dir: join(dir, 'data'), urls: [tap.url] })))
    const run = () => spawn(process.execPath, [GATEWAY_MAIN, 'run', '--config', config], { stdio: 'inherit' })
    const end = async (child: ChildProcess, signal: NodeJS.Signals) => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill(signal)
      await exited
    }
    await using host = await startHost(tap.url)
    for (const signal of ['SIGKILL', 'SIGKILL', 'SIGTERM'] as const) {
      const before = host.rows.length
      const child = run()
      try {
        await eventually('rows', () => host.rows.length > before + 3)
      } finally {
        await end(child, signal)
      }
    }
    const wills = packets.flatMap((packet) =>
      packet.kind === 'connect' && packet.client === NODE ? [packet.will] : [],
    )
    expect(wills.length).toBeGreaterThanOrEqual(3)
    expect(broken(packets)).toEqual({})
  })

  it('through a host that goes offline on the first of two servers', async () => {
    await using other = await startMosquitto()
    const packets: Packet[] = []
    await using tap = await Wiretap.before(broker.port, { nth: 0, packets })
    await using otherTap = await Wiretap.before(other.port, { nth: 1, packets })
    {
      const first = await startHost(tap.url)
      await using second = await startHost(otherTap.url)
      // A gateway that finds its host offline walks on at once.
      await eventually(
        'both online',
        () => sent(packets, 'STATE', 0).length > 0 && sent(packets, 'STATE', 1).length > 0,
      )
      await using _gateway = await startLiveGateway({ dir, urls: [tap.url, otherTap.url] })
      await eventually('rows on the first', () => first.rows.length > 5)
      await first[Symbol.asyncDispose]()
      await eventually('rows on the second', () => second.rows.length > 5)
    }
    expect([sent(packets, 'NBIRTH', 0).length, sent(packets, 'NBIRTH', 1).length]).toEqual([1, 1])
    expect(sent(packets, 'NDEATH', 0)).toHaveLength(1)
    expect(broken(packets, 2)).toEqual({})
  })
})

describe('gateway and host on the embedded broker break no statement of Sparkplug 3.0', () => {
  it('through births, data, the death and return of a sensor, a rebirth, a lost link and both ends', async () => {
    const chain = await startIngestChain([NODE, WATCHER])
    await using tap = await Wiretap.before(chain.port)
    const { packets } = tap
    // Another gateway: it may hear STATE, and hears it as any subscriber does.
    const watcher = await mqtt.connectAsync(tap.url, {
      clientId: WATCHER,
      username: WATCHER,
      password: passwordOf(WATCHER),
      protocolVersion: 4,
    })
    try {
      await watcher.subscribeAsync(stateTopic(HOST), { qos: 1 })
      await using gateway = await startLiveGateway({ dir, urls: [tap.url] })
      await eventually('rows', () => chain.rows.length > 5)
      await oneMore(packets, 'DDEATH', () => gateway.plug(false))
      await oneMore(packets, 'DBIRTH', () => gateway.plug(true))
      const command = () =>
        void chain.broker.publish(NCMD, rebirthCommand(systemClock.now()), { qos: 0, retain: false })
      await oneMore(packets, 'NBIRTH', command)
      await oneMore(packets, 'NBIRTH', () => tap.cut(NODE))
      const before = chain.rows.length
      await eventually('rows after it', () => chain.rows.length > before + 3)
    } finally {
      await chain[Symbol.asyncDispose]()
      await watcher.endAsync(true)
    }
    expect(broken([...asPublished(packets), ...packets].toSorted((a, b) => a.at - b.at))).toEqual({})
  })
})

/**
 * The host in its own broker sends no packets. What subscribers are delivered of it stands for what it publishes: STATE
 * as the watcher hears it, commands as the gateway does. Only its CONNECT and its subscriptions are made up.
 */
function asPublished(packets: readonly Packet[]): Packet[] {
  const heard = packets.flatMap((packet) => {
    if (packet.kind !== 'deliver') return []
    const isState = packet.topic === stateTopic(HOST) && packet.client === WATCHER
    return isState || packet.topic === NCMD ? [packet] : []
  })
  const states = heard.filter(({ topic }) => topic === stateTopic(HOST))
  const [birth, death] = states
  if (!birth || !death || states.length !== 2)
    throw new Error(`${states.length} STATE messages, not a birth and a death`)
  // A subscriber that comes later is told by the retained message; one that is there hears the death as it is said.
  expect([birth.retain, death.retain, birth.qos, death.qos]).toEqual([true, false, 1, 1])
  const { timestamp } = JSON.parse(Buffer.from(birth.payload).toString()) as { timestamp: number }
  const base = { client: HOST, server: 0, at: timestamp }
  const will = {
    topic: stateTopic(HOST),
    payload: encodeState({ online: false, timestamp }),
    qos: 1 as const,
    retain: true,
  }
  return [
    { ...base, kind: 'connect', version: 4, clean: true, will },
    { ...base, kind: 'subscribe', filters: [{ topic: 'spBv1.0/#', qos: 1 }] },
    { ...birth, ...base, kind: 'publish', retain: true },
    ...heard
      .filter((packet) => packet !== birth)
      .map((packet) => ({ ...packet, kind: 'publish', client: HOST, retain: packet === death }) as Packet),
  ]
}
