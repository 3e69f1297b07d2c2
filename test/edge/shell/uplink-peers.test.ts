import { createServer, type Server, type Socket } from 'node:net'
import { createMqttUplink, MAX_OUTGOING_BYTES, type UplinkOptions } from '@minewarden/edge/shell/uplink-mqtt.ts'
import { generate, type Packet, parser } from 'mqtt-packet'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

type Answer = (socket: Socket, packet: Packet) => void
const connack = (returnCode = 0) => generate({ cmd: 'connack', returnCode, sessionPresent: false })
const welcome: Answer = (socket, { cmd }) => void (cmd === 'connect' && socket.write(connack()))

/** A server that reads packets and answers as it is told. */
async function peer(answer: Answer): Promise<{ port: number; heard: Packet[]; sockets: Socket[] }> {
  const heard: Packet[] = []
  const sockets: Socket[] = []
  const server: Server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    const packets = parser({ protocolVersion: 4 })
    packets.on('packet', (packet: Packet) => {
      heard.push(packet)
      answer(socket, packet)
    })
    socket.on('data', (chunk) => packets.parse(chunk))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : 0, heard, sockets }
}

function open(port: number, more: Partial<UplinkOptions> = {}) {
  const told: string[] = []
  const messages: string[] = []
  const tls = { caFile: null, certFile: null, keyFile: null }
  const options = { clientId: 'gw-1', username: 'gw-1', passwordFile: null, tls, keepaliveS: 30, ...more }
  const connection = createMqttUplink({ servers: [`mqtt://127.0.0.1:${port}`], ...options }).open(0, null, {
    connectSent: () => void told.push('sent'),
    connected: () => void told.push('connected'),
    message: (topic, payload) => void messages.push(`${topic} ${new TextDecoder().decode(payload)}`),
    drained: () => void told.push('drained'),
    lost: (reason) => void told.push(`lost: ${reason}`),
  })
  closers.push(() => connection.close())
  const lost = () => eventually('lost', () => told.find((word) => word.startsWith('lost')))
  const connected = () => eventually('connected', () => told.includes('connected'))
  return { connection, told, messages, lost, connected }
}

const qos1 = { topic: 'a', payload: new Uint8Array([1]), qos: 1 } as const

describe('the MQTT uplink and its peers', () => {
  it.each([
    [1, 'unacceptable protocol version'],
    [2, 'client identifier rejected'],
    [3, 'server unavailable'],
    [4, 'bad user name or password'],
    [5, 'not authorized'],
    [77, 'code 77'],
  ])('says in words what refusal %i means', async (code, words) => {
    const { port } = await peer((socket, { cmd }) => void (cmd === 'connect' && socket.write(connack(code))))
    const { lost, told } = open(port)
    expect(await lost()).toBe(`lost: connection refused: ${words}`)
    expect(told).not.toContain('connected')
  })

  const lies: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['noise', Uint8Array.from([0xff, 0x41, 0x00, 0x17, 0x33]), /malformed/],
    ['HTTP', new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n\r\n'), /malformed|before CONNACK|lost/],
    ['a length without an end', Uint8Array.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff]), /malformed/],
    ['a SUBSCRIBE', generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 0 }] }), /subscribe/],
    ['a second CONNACK', connack(), /second CONNACK/],
    ['a message at QoS 2', generate(message(2, 7)), /QoS 2/],
    ['a message to a wildcard', Uint8Array.from([0x30, 4, 0, 1, 0x23, 0x78]), /no topic/],
    ['a packet of 100 MB', Uint8Array.from([0x30, 0x80, 0xc2, 0xd7, 0x2f, ...new Uint8Array(1_100_000)]), /more than/],
  ]
  function message(qos: 0 | 1 | 2, messageId: number) {
    return { cmd: 'publish', topic: 'a', payload: 'x', qos, messageId, retain: false, dup: false } as const
  }

  it.each(lies)('is lost, with a reason, to a server that sends %s', async (_, bytes, reason) => {
    const { port } = await peer((socket, packet) => {
      welcome(socket, packet)
      if (packet.cmd === 'connect') socket.write(bytes)
    })
    const { lost, told } = open(port)
    expect(await lost()).toMatch(reason)
    expect(told.filter((word) => word.startsWith('lost'))).toHaveLength(1)
  })

  it('is lost to a server that speaks before it was greeted', async () => {
    const { port } = await peer(
      (socket, { cmd }) => void (cmd === 'connect' && socket.write(generate({ cmd: 'pingresp' }))),
    )
    expect(await open(port).lost()).toBe('lost: pingresp before CONNACK')
  })

  it('asks a silent server, and gives it up after one and a half keep-alives', async () => {
    const { port, heard } = await peer(welcome)
    const { connected, lost } = open(port, { keepaliveS: 0.4 })
    await connected()
    const begun = performance.now()
    expect(await lost()).toMatch(/not a word/)
    expect(performance.now() - begun).toBeGreaterThan(500)
    expect(performance.now() - begun).toBeLessThan(3000)
    expect(heard.filter(({ cmd }) => cmd === 'pingreq').length).toBeGreaterThanOrEqual(2)
  })

  it('keeps a connection on which only it speaks, by asking though it has much to say', async () => {
    const { port, heard } = await peer((socket, packet) => {
      welcome(socket, packet)
      if (packet.cmd === 'pingreq') socket.write(generate({ cmd: 'pingresp' }))
    })
    const { connection, connected, told } = open(port, { keepaliveS: 0.2 })
    await connected()
    for (let i = 0; i < 40; i++) {
      await connection.publish({ topic: 'a', payload: new Uint8Array(10), qos: 0 })
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(told.filter((word) => word.startsWith('lost'))).toEqual([])
    expect(heard.filter(({ cmd }) => cmd === 'pingreq').length).toBeGreaterThan(2)
  })

  it('is lost to a server that confirms nothing, and tells who waits', async () => {
    const { port } = await peer((socket, packet) => {
      welcome(socket, packet)
      if (packet.cmd === 'pingreq') socket.write(generate({ cmd: 'pingresp' }))
    })
    const { connection, connected, lost } = open(port, { confirmTimeoutMs: 150 })
    await connected()
    await expect(connection.publish(qos1)).rejects.toMatchObject({ code: 'uplink-lost' })
    expect(await lost()).toBe('lost: no confirmation within 0.15 s')
    await expect(connection.publish(qos1)).rejects.toMatchObject({ code: 'uplink-lost' })
  })

  it('matches confirmations to messages, in whatever order, and ignores what nobody asked for', async () => {
    const waiting: number[] = []
    const { port, sockets } = await peer((socket, packet) => {
      welcome(socket, packet)
      if (packet.cmd === 'publish') waiting.push(packet.messageId as number)
    })
    const { connection, connected, told } = open(port)
    await connected()
    const settled: number[] = []
    const all = [0, 1, 2].map((i) => connection.publish(qos1).then(() => void settled.push(i)))
    await eventually('three', () => waiting.length === 3)
    const confirm = (messageId: number) => sockets[0]?.write(generate({ cmd: 'puback', messageId }))
    confirm(4711)
    confirm(waiting[2] as number)
    await eventually('the third', () => settled.length === 1)
    confirm(waiting[0] as number)
    confirm(waiting[0] as number)
    confirm(waiting[1] as number)
    await Promise.all(all)
    expect(settled).toEqual([2, 0, 1])
    expect(told).toEqual(['sent', 'connected'])
  })

  it('lets no more than its ceiling wait for confirmation', async () => {
    const { port } = await peer(welcome)
    const { connection, connected } = open(port)
    await connected()
    const some = Array.from({ length: 70 }, () => connection.publish(qos1).then(String, ({ message }) => message))
    const refused = await Promise.race(some)
    expect(refused).toContain('64 messages wait')
    await connection.close()
    expect(await Promise.all(some)).not.toContain('undefined')
  })

  it('rejects a subscription that the server refuses', async () => {
    const { port } = await peer((socket, packet) => {
      welcome(socket, packet)
      if (packet.cmd !== 'subscribe') return
      socket.write(generate({ cmd: 'suback', messageId: packet.messageId as number, granted: [0, 128] }))
    })
    const { connection, connected } = open(port)
    await connected()
    const filters = [
      { topic: 'fine', qos: 1 },
      { topic: 'forbidden', qos: 1 },
    ] as const
    await expect(connection.subscribe(filters)).rejects.toThrow('refused the subscription to forbidden')
  })

  it('confirms what it is sent at QoS 1, however the bytes are cut', async () => {
    const bytes = Buffer.concat([generate(message(1, 9)), generate(message(0, 0)), generate(message(1, 10))])
    const { port, heard } = await peer((socket, packet) => {
      welcome(socket, packet)
      if (packet.cmd !== 'connect') return
      for (const byte of bytes) socket.write(Uint8Array.of(byte))
    })
    const { messages } = open(port)
    await eventually('messages', () => messages.length === 3)
    await eventually('confirmed', () => heard.filter(({ cmd }) => cmd === 'puback').length === 2)
    expect(heard.flatMap(({ cmd, messageId }) => (cmd === 'puback' ? [messageId] : []))).toEqual([9, 10])
  })

  it('tells how much waits for a server that does not read, when it drains, and gives up before memory runs out', async () => {
    const { port, sockets } = await peer((socket, packet) => {
      welcome(socket, packet)
      if (packet.cmd === 'connect') socket.pause()
    })
    const { connection, connected, told, lost } = open(port)
    await connected()
    const payload = new Uint8Array(262_144)
    const publish = () => connection.publish({ topic: 'a', payload, qos: 0 }).catch(() => undefined)
    while (connection.bufferedBytes < 1_000_000) {
      await publish()
      await new Promise(setImmediate)
    }
    sockets[0]?.resume()
    await eventually('drained', () => told.includes('drained'))
    expect(connection.bufferedBytes).toBe(0)
    sockets[0]?.pause()
    for (let i = 0; i < 200 && !told.some((word) => word.startsWith('lost')); i++) {
      await publish()
      expect(connection.bufferedBytes).toBeLessThan(MAX_OUTGOING_BYTES + payload.length + 64)
      await new Promise(setImmediate)
    }
    expect(await lost()).toBe('lost: the server does not read what it is sent')
  })

  it('closes within a second though the server does not', async () => {
    const { port, heard } = await peer(welcome)
    const { connection, connected, told } = open(port)
    await connected()
    const begun = performance.now()
    await connection.close()
    expect(performance.now() - begun).toBeLessThan(2000)
    await eventually('said goodbye', () => heard.at(-1)?.cmd === 'disconnect')
    expect(told).toEqual(['sent', 'connected'])
  })
})
