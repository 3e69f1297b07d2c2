import { type AddressInfo, createServer, type Socket } from 'node:net'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { createMqttTransport } from '@minewarden/cloud/shell/host-transport-mqtt.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSplitter, PUBLISH, publishPacket } from '../../../bench/ingest/raw-mqtt.ts'
import { eventually } from '../../support/eventually.ts'
import { fakeGateway, HOST, startIngestChain } from '../../support/ingest-chain.ts'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.ts'
import { requires } from '../../support/requires.ts'

const CONNECT = 1
const SUBSCRIBE = 8

interface State {
  readonly online: boolean
  readonly timestamp: number
}

/** A broker that confirms no publish; `said` is what the host publishes. */
async function startReluctantBroker(onPublish: (socket: Socket, nth: number) => void) {
  const said: State[] = []
  const server = createServer((socket) => {
    const split = createSplitter((type, body) => {
      if (type === CONNECT) socket.write(Uint8Array.of(0x20, 2, 0, 0))
      if (type === SUBSCRIBE) socket.write(Uint8Array.of(0x90, 4, body[0] ?? 0, body[1] ?? 0, 1, 1))
      if (type !== PUBLISH) return
      said.push(JSON.parse(body.subarray(4 + body.readUInt16BE(0)).toString()) as State)
      onPublish(socket, said.length)
    })
    socket.on('data', split).on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    said,
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('an old will that arrives between the birth and its confirmation is contradicted at once', async () => {
  const old = Buffer.from(JSON.stringify({ online: false, timestamp: 1 }))
  await using broker = await startReluctantBroker((socket, nth) => {
    if (nth === 1) socket.write(publishPacket(`spBv1.0/STATE/${HOST}`, old))
    else socket.destroy()
  })
  const host = createMqttTransport(
    { url: broker.url, hostId: HOST, username: null, password: null, ca: null },
    { clock: systemClock, logger: silentLogger },
  )
  await host.start({ onMessage() {}, onOnline() {}, onOffline() {} })
  await eventually('a second birth', () => broker.said.length > 1)
  await host.stop()
  expect(broker.said[1]).toEqual(broker.said[0])
  expect(broker.said[1]?.online).toBe(true)
})

describe.runIf(requires('mosquitto'))('the host on a broker of its own', () => {
  let broker: Mosquitto
  let watcher: MqttClient
  let states: State[]
  const transports: { stop(): Promise<void> }[] = []

  const transport = (url = broker.url) => {
    const made = createMqttTransport(
      { url, hostId: HOST, username: null, password: null, ca: null },
      { clock: systemClock, logger: silentLogger },
    )
    transports.push(made)
    return made
  }
  const handlers = { onMessage() {}, onOnline() {}, onOffline() {} }
  const watch = async () => {
    states = []
    watcher = mqtt.connect(broker.url, { protocolVersion: 4, reconnectPeriod: 50 })
    watcher.on('error', () => {})
    watcher.on('message', (_, payload) => states.push(JSON.parse(payload.toString()) as State))
    await watcher.subscribeAsync(`spBv1.0/STATE/${HOST}`, { qos: 1 })
  }

  beforeEach(async () => {
    broker = await startMosquitto()
    await watch()
  })
  afterEach(async () => {
    for (const made of transports.splice(0)) await made.stop()
    watcher.end(true)
    await broker[Symbol.asyncDispose]()
  })

  test('acknowledges rows end to end', async () => {
    await using chain = await startIngestChain(['gw-1'], transport())
    await eventually('the host is online', () => states.at(-1)?.online)
    const gateway = fakeGateway('gw-1')
    await gateway.connect(broker.port)
    await gateway.birth()
    for (let sequence = 1; sequence <= 300; sequence++) gateway.sendRow(sequence)
    await gateway.untilAcknowledged(300)
    expect(chain.rows).toHaveLength(300)
    await gateway.close()
  })

  test('says online, contradicts an old will at once with the same timestamp, and says goodbye with a new one', async () => {
    const made = transport()
    await made.start(handlers)
    await eventually('online', () => states.length === 1)
    const [birth] = states as [State]
    await watcher.publishAsync(`spBv1.0/STATE/${HOST}`, JSON.stringify({ online: false, timestamp: 1 }), {
      qos: 1,
      retain: true,
    })
    await eventually('online again', () => states.length === 3)
    expect(states[2]).toEqual(birth)
    await made.stop()
    await eventually('goodbye', () => states.length === 4)
    expect(states[3]?.online).toBe(false)
    expect(states[3]?.timestamp).toBeGreaterThan(birth.timestamp)
  })

  test('comes back by itself when the broker does, with the time of its new connection', async () => {
    const made = transport()
    const seen: string[] = []
    await made.start({ onMessage() {}, onOnline: () => seen.push('online'), onOffline: () => seen.push('offline') })
    await eventually('online', () => seen.length === 1 && states.length === 1)
    const before = states[0]?.timestamp ?? 0
    await broker.kill()
    await eventually('offline', () => seen.length === 2)
    made.publish('spBv1.0/1/NCMD/x', new Uint8Array(4))
    await broker.start()
    await eventually('online again', () => seen.length === 3)
    await eventually('the new state', () => states.at(-1)?.online && (states.at(-1)?.timestamp ?? 0) > before)
    expect(seen).toEqual(['online', 'offline', 'online'])
  })

  test('keeps trying a broker that is not there, and stops at once when told', async () => {
    await broker.kill()
    const made = transport()
    let online = false
    await made.start({ ...handlers, onOnline: () => (online = true) })
    const started = performance.now()
    await made.stop()
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(online).toBe(false)
  })
})
