import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import type { Publication } from '@minewarden/edge/core/ports.ts'
import { createMqttUplink, type UplinkOptions } from '@minewarden/edge/shell/uplink-mqtt.ts'
import { Aedes } from 'aedes'
import { generate } from 'selfsigned'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'

const WILL: Publication = { topic: 'spBv1.0/450324/NDEATH/gw-1', payload: new Uint8Array([1, 2, 3]), qos: 1 }
const NO_TLS = { caFile: null, certFile: null, keyFile: null }
let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'minewarden-uplink-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

interface Broker {
  readonly port: number
  readonly published: { topic: string; payload: Uint8Array; qos: number; retain: boolean }[]
  readonly broker: Aedes
}
async function listen(make: (handle: Aedes['handle']) => Server): Promise<Broker> {
  const broker = await Aedes.createBroker({
    authenticate: (_client, user, password, done) => done(null, user === 'gw-1' && String(password) === 'right'),
  })
  const server = make(broker.handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const published: Broker['published'] = []
  broker.on('publish', (packet) => {
    if (!packet.topic.startsWith('$SYS')) published.push({ ...packet, payload: packet.payload as Uint8Array })
  })
  closers.push(async () => {
    await new Promise<void>((resolve) => broker.close(() => resolve()))
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return { port: (server.address() as AddressInfo).port, published, broker }
}

function open(url: string, more: Partial<UplinkOptions> = {}, password = 'right') {
  const passwordFile = join(dir, `password-${Math.random()}`)
  writeFileSync(passwordFile, `${password}\n`)
  const options = {
    servers: [url],
    clientId: 'gw-1',
    username: 'gw-1',
    passwordFile,
    tls: NO_TLS,
    keepaliveS: 30,
    ...more,
  }
  const told: string[] = []
  const messages: string[] = []
  const connection = createMqttUplink(options).open(0, WILL, {
    connectSent: () => void told.push('sent'),
    connected: () => void told.push('connected'),
    message: (topic, payload) => void messages.push(`${topic} ${new TextDecoder().decode(payload)}`),
    drained() {},
    lost: (reason) => void told.push(`lost: ${reason}`),
  })
  closers.push(() => connection.close())
  return { connection, told, messages }
}
const plain = () => listen((handle) => createServer(handle))

describe('the MQTT uplink', () => {
  it('tells that the CONNECT has left, then that it was accepted', async () => {
    const { port } = await plain()
    const { told } = open(`mqtt://127.0.0.1:${port}`)
    await eventually('connected', () => told.includes('connected'))
    expect(told).toEqual(['sent', 'connected'])
  })

  it('tells of no CONNECT where nobody listens', async () => {
    const { told } = open('mqtt://127.0.0.1:9')
    await eventually('lost', () => told.length > 0)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/^lost: .*ECONNREFUSED/)
  })

  it('leaves its will to be published when the connection breaks', async () => {
    const { port, published, broker } = await plain()
    const { told } = open(`mqtt://127.0.0.1:${port}`)
    await eventually('connected', () => told.includes('connected'))
    broker.on('clientError', () => undefined)
    const client = Object.values(
      (broker as unknown as { clients: Record<string, { conn: { destroy(): void } }> }).clients,
    )[0]
    client?.conn.destroy()
    await eventually('the will', () => published.length > 0)
    expect(published[0]).toMatchObject({ topic: WILL.topic, qos: 1, retain: false })
    expect([...(published[0]?.payload ?? [])]).toEqual([1, 2, 3])
    await eventually('lost', () => told.some((word) => word.startsWith('lost')))
  })

  it('publishes no will when it closes of its own accord', async () => {
    const { port, published, broker } = await plain()
    const { told, connection } = open(`mqtt://127.0.0.1:${port}`)
    await eventually('connected', () => told.includes('connected'))
    await connection.close()
    await eventually('gone', () => broker.connectedClients === 0)
    expect(published).toEqual([])
    expect(told).toEqual(['sent', 'connected'])
  })

  it('says why it was refused, without the password', async () => {
    const { port } = await plain()
    const { told } = open(`mqtt://127.0.0.1:${port}`, {}, 'a-wrong-secret')
    await eventually('lost', () => told.some((word) => word.startsWith('lost')))
    expect(told.at(-1)).toMatch(/refused|authori[sz]ed/i)
    expect(told.join()).not.toContain('a-wrong-secret')
  })

  it('is lost, not crashed, when the password file is missing', async () => {
    const { port } = await plain()
    const { told } = open(`mqtt://127.0.0.1:${port}`, { passwordFile: join(dir, 'none') })
    await eventually('lost', () => told.length > 0)
    expect(told[0]).toContain('ENOENT')
  })

  it('hears what it has subscribed to', async () => {
    const { port, broker } = await plain()
    const { told, connection, messages } = open(`mqtt://127.0.0.1:${port}`)
    await eventually('connected', () => told.includes('connected'))
    await connection.subscribe([{ topic: 'a/b', qos: 1 }])
    broker.publish(
      { cmd: 'publish', topic: 'a/b', payload: 'hello', qos: 1, retain: false, dup: false },
      () => undefined,
    )
    await eventually('the message', () => messages.length > 0)
    expect(messages).toEqual(['a/b hello'])
  })

  describe('over TLS', () => {
    const file = (name: string, text: string) => {
      writeFileSync(join(dir, name), text)
      return join(dir, name)
    }

    it('trusts the authority it is given, shows its own certificate, and nobody else', async () => {
      const names = [{ type: 7, ip: '127.0.0.1' }] as never
      const extensions = [{ name: 'subjectAltName', altNames: names }] as never
      const server = await generate([{ name: 'commonName', value: '127.0.0.1' }], { extensions })
      const client = await generate([{ name: 'commonName', value: 'gw-1' }], {})
      const { port } = await listen((handle) =>
        createTlsServer(
          { key: server.private, cert: server.cert, ca: client.cert, requestCert: true, rejectUnauthorized: true },
          handle,
        ),
      )
      const url = `mqtts://127.0.0.1:${port}`
      const own = { certFile: file('gw.pem', client.cert), keyFile: file('gw.key', client.private) }
      const trusted = open(url, { tls: { caFile: file('ca.pem', server.cert), ...own } })
      await eventually('connected', () => trusted.told.includes('connected'))

      const stranger = open(url, { tls: { caFile: null, ...own } })
      await eventually('lost', () => stranger.told.length > 0)
      expect(stranger.told[0]).toMatch(/^lost: .*(certificate|self.signed)/i)

      const nameless = open(url, { tls: { ...NO_TLS, caFile: file('ca2.pem', server.cert) } })
      await eventually('lost', () => nameless.told.some((word) => word.startsWith('lost')))
      expect(nameless.told).not.toContain('connected')
    })
  })
})
