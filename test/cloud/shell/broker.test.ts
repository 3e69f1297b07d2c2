import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { AedesBroker } from '@minewarden/cloud/shell/broker-aedes.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { createEmbeddedTransport } from '@minewarden/cloud/shell/host-transport-embedded.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeCertificate } from '../../support/cut-off/certificate.ts'
import { eventually } from '../../support/eventually.ts'
import { accountsOf, GROUP, HOST, passwordOf } from '../../support/ingest-chain.ts'

const received: { topic: string; payload: string }[] = []
let broker: AedesBroker
let transport: ReturnType<typeof createEmbeddedTransport>
const clients: MqttClient[] = []
const sockets: Socket[] = []

beforeEach(async () => {
  received.length = 0
  broker = new AedesBroker(
    { host: '127.0.0.1', port: 0, tls: null, accounts: accountsOf(['gw-1', 'gw-2']) },
    { logger: silentLogger },
  )
  transport = createEmbeddedTransport(broker, { hostId: HOST, clock: systemClock })
  await transport.start({
    onMessage: (topic, payload) => void received.push({ topic, payload: Buffer.from(payload).toString() }),
    onOnline() {},
    onOffline() {},
  })
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.end(true)
  for (const socket of sockets.splice(0)) socket.destroy()
  await transport.stop()
})

/** Connects; rejects with the broker's refusal. */
async function connect(id: string, changes: IClientOptions = {}): Promise<MqttClient> {
  const client = mqtt.connect(`mqtt://127.0.0.1:${transport.port}`, {
    clientId: id,
    username: id,
    password: passwordOf(id),
    protocolVersion: 4,
    reconnectPeriod: 0,
    ...changes,
  })
  clients.push(client)
  client.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve())
    client.once('error', reject)
    client.once('close', () => reject(new Error('closed')))
  })
  return client
}

const topicOf = (gateway: string, type = 'NDATA') => `spBv1.0/${GROUP}/${type}/${gateway}`

describe('the embedded broker lets in', () => {
  test('a gateway with its own name, id and password', async () => {
    expect((await connect('gw-1')).connected).toBe(true)
    expect(broker.counts.refusedConnections).toBe(0)
  })

  test.each([
    ['a wrong password', 'gw-1', { password: 'guess' }],
    ['no password', 'gw-1', { username: undefined, password: undefined }],
    ['the password of another gateway', 'gw-1', { password: passwordOf('gw-2') }],
    ['an unknown gateway', 'gw-9', {}],
    ['the account of one gateway under the client id of another', 'gw-1', { clientId: 'gw-2' }],
    ['a name that objects inherit', '__proto__', {}],
  ] as const)('nobody with %s', async (_, id, changes) => {
    await expect(connect(id, changes as IClientOptions)).rejects.toThrow(/[Nn]ot authorized/)
    expect(broker.counts.refusedConnections).toBe(1)
  })

  test.each([
    ['of another gateway', topicOf('gw-2', 'NDEATH')],
    ['of the host', `spBv1.0/STATE/${HOST}`],
    ['that is data', topicOf('gw-1', 'NDATA')],
    ['on a wildcard', `spBv1.0/${GROUP}/NDEATH/+`],
  ])('nobody with a will %s', async (_, topic) => {
    const will = { topic, payload: Buffer.from('x'), qos: 1, retain: true } as const
    await expect(connect('gw-1', { will })).rejects.toThrow(/[Nn]ot authorized/)
    await sleep(50)
    expect(received).toEqual([])
    expect(broker.counts.refusedConnections).toBe(1)
  })
})

describe('a connected gateway', () => {
  test('is heard on its own topics, in the order in which it spoke', async () => {
    const client = await connect('gw-1')
    for (let i = 0; i < 500; i++) client.publish(topicOf('gw-1', i % 2 ? 'NDATA' : 'NBIRTH'), String(i), { qos: 0 })
    await eventually('500 messages', () => received.length === 500)
    expect(received.map(({ payload }) => Number(payload))).toEqual(Array.from({ length: 500 }, (_, i) => i))
  })

  test.each([
    ['data of another gateway', topicOf('gw-2')],
    ['a command', topicOf('gw-1', 'NCMD')],
    ['the state of the host', `spBv1.0/STATE/${HOST}`],
    ['data of another county', 'spBv1.0/110101/NDATA/gw-1'],
    ['what is no Sparkplug', 'weather'],
    ['a topic of the broker itself', '$SYS/x/heartbeat'],
  ])('that publishes %s is thrown out unheard', async (_, topic) => {
    const client = await connect('gw-1')
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
    client.publish(topic, 'forged', { qos: 1 })
    await closed
    expect(received).toEqual([])
    expect(broker.counts.refusedPublishes).toBe(1)
  })

  test('is told of a subscription that it may not have, and keeps those that it may', async () => {
    const client = await connect('gw-1')
    const granted = async (filter: string) =>
      (await client.subscribeAsync(filter, { qos: 1 }).catch(() => [{ qos: 128 }]))[0]?.qos
    expect(await granted(topicOf('gw-1', 'NCMD'))).toBe(1)
    expect(await granted(`spBv1.0/STATE/${HOST}`)).toBe(1)
    for (const filter of [
      '#',
      'spBv1.0/#',
      topicOf('gw-2', 'NCMD'),
      `spBv1.0/${GROUP}/NCMD/+`,
      '$SYS/#',
      'spBv1.0/STATE/+',
    ])
      expect(await granted(filter)).toBe(128)
    expect(broker.counts.refusedSubscriptions).toBe(6)
  })

  test('finds the host online, and hears of its death when it stops', async () => {
    const states: string[] = []
    const client = await connect('gw-1')
    client.on('message', (_, payload) => states.push(payload.toString()))
    await client.subscribeAsync(`spBv1.0/STATE/${HOST}`, { qos: 1 })
    await eventually('the birth', () => states.length === 1)
    await transport.stop()
    await eventually('the death', () => states.length === 2)
    expect(states.map((text) => JSON.parse(text).online)).toEqual([true, false])
  })

  test('leaves its will when it is cut off', async () => {
    const will = { topic: topicOf('gw-1', 'NDEATH'), payload: Buffer.from('death'), qos: 1, retain: false } as const
    const client = await connect('gw-1', { will })
    client.stream.destroy()
    await eventually('the will', () => received.length === 1)
    expect(received[0]).toEqual({ topic: topicOf('gw-1', 'NDEATH'), payload: 'death' })
  })

  test('that announces a packet beyond the ceiling is cut off before it sends it', async () => {
    const client = await connect('gw-1')
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
    client.publish(topicOf('gw-1'), Buffer.alloc(300 * 1024), { qos: 0 })
    await closed
    expect(broker.counts.oversizedPackets).toBe(1)
    expect(received).toEqual([])
  })

  test('may send the largest part of a waveform', async () => {
    const client = await connect('gw-1')
    client.publish(topicOf('gw-1'), Buffer.alloc(70 * 1024, 'w'), { qos: 0 })
    await eventually('the part', () => received.length === 1)
  })
})

test('over TLS the broker is the same, and nothing passes in clear', async () => {
  const { cert, key } = await makeCertificate()
  const accounts = accountsOf(['gw-1'])
  const safe = new AedesBroker({ host: '127.0.0.1', port: 0, tls: { cert, key }, accounts }, { logger: silentLogger })
  const overTls = createEmbeddedTransport(safe, { hostId: HOST, clock: systemClock })
  const heard: string[] = []
  await overTls.start({ onMessage: (topic) => void heard.push(topic), onOnline() {}, onOffline() {} })
  const client = mqtt.connect(`mqtts://127.0.0.1:${overTls.port}`, {
    ...{ clientId: 'gw-1', username: 'gw-1', password: passwordOf('gw-1') },
    ...{ protocolVersion: 4, reconnectPeriod: 0, ca: cert },
  })
  clients.push(client)
  await new Promise<void>((resolve, reject) => client.once('connect', () => resolve()).once('error', reject))
  client.publish(topicOf('gw-1'), 'x', { qos: 0 })
  await eventually('the message', () => heard.length === 1)
  client.publish(topicOf('gw-1'), Buffer.alloc(300 * 1024), { qos: 0 })
  client.on('error', () => {})
  await eventually('the cut', () => safe.counts.oversizedPackets === 1)
  const plain = connectSocket(overTls.port, '127.0.0.1')
  sockets.push(plain)
  plain.on('error', () => {})
  plain.write(Buffer.from([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0]))
  await new Promise<void>((resolve) => plain.once('close', () => resolve()))
  await overTls.stop()
})

test('those that connect and say nothing do not keep it from stopping', async () => {
  const silent = connectSocket(transport.port, '127.0.0.1')
  sockets.push(silent)
  silent.on('error', () => {})
  await once(silent, 'connect')
  const started = performance.now()
  await transport.stop()
  expect(performance.now() - started).toBeLessThan(1_000)
})

test('a stranger cannot make the broker keep a large packet', async () => {
  const socket = connectSocket(transport.port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))
  await closed
  expect(broker.counts.oversizedPackets).toBe(1)
})

describe('a subscriber that freezes', () => {
  /** Speaks just enough MQTT to subscribe, then reads nothing more. */
  async function freeze(id: string): Promise<Socket> {
    const socket = connectSocket(transport.port, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => {})
    const text = (value: string) => Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)])
    const packet = (type: number, body: Buffer) => Buffer.concat([Buffer.from([type, body.length]), body])
    const head = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0xc2, 0, 60])
    socket.write(packet(0x10, Buffer.concat([head, text(id), text(id), text(passwordOf(id))])))
    socket.write(packet(0x82, Buffer.concat([Buffer.from([0, 1]), text(topicOf(id, 'NCMD')), Buffer.from([0])])))
    await eventually('CONNACK and SUBACK', () => socket.bytesRead >= 9)
    socket.pause()
    return socket
  }

  test('loses its own traffic and keeps nobody waiting', async () => {
    await freeze('gw-1')
    const client = await connect('gw-2')
    await client.subscribeAsync(topicOf('gw-2', 'NCMD'), { qos: 0 })
    const arrivals: number[] = []
    client.on('message', () => arrivals.push(performance.now()))

    const large = Buffer.alloc(20_000)
    const memory = process.memoryUsage().rss
    const started = performance.now()
    // Some 60 MB for the frozen one, while the other one is spoken to and speaks all the time.
    for (let turn = 0; turn < 150; turn++) {
      for (let i = 0; i < 20; i++) transport.publish(topicOf('gw-1', 'NCMD'), large)
      transport.publish(topicOf('gw-2', 'NCMD'), Buffer.from(String(turn)))
      client.publish(topicOf('gw-2'), String(turn), { qos: 0 })
      await sleep(10)
    }
    await eventually('all messages of the other one', () => arrivals.length === 150 && received.length === 150)

    const gaps = arrivals.map((at, i) => at - (arrivals[i - 1] ?? started))
    expect(Math.max(...gaps)).toBeLessThan(1_000)
    expect(broker.counts.droppedForSlow).toBeGreaterThan(1_000)
    expect(process.memoryUsage().rss - memory).toBeLessThan(50 * 1024 * 1024)
  })
})
