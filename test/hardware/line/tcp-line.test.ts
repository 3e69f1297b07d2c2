import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { tcpOpener } from '@minewarden/hardware/line/tcp-line.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'

const clock = { monotonic: () => performance.now() }
const never = new AbortController().signal
let server: Server | null = null
const sockets: Socket[] = []

async function listen(): Promise<number> {
  server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  server?.close()
})
const open = (port: number) => tcpOpener({ host: '127.0.0.1', port }, { clock })(never)

describe('a line over TCP', () => {
  it('carries bytes both ways, and ends when the other side ends it', async () => {
    const line = await open(await listen())
    const peer = await eventually('accepted', () => sockets[0])
    const heard = once(peer, 'data')
    await line.write(new TextEncoder().encode('HELLO\r\n'))
    expect(String((await heard)[0])).toBe('HELLO\r\n')
    peer.end('SeedLink')
    let text = ''
    for await (const { bytes } of line.read()) text += new TextDecoder().decode(bytes)
    expect(text).toBe('SeedLink')
    await line.close()
  })

  it('names a port where nobody listens, and a host that is not there', async () => {
    const port = await listen()
    server?.close()
    await expect(open(port)).rejects.toMatchObject({ code: 'line-refused' })
    const nowhere = tcpOpener({ host: 'no-such-host.invalid', port: 1 }, { clock })
    await expect(nowhere(never)).rejects.toMatchObject({ code: 'line-absent' })
  })

  it('gives up when it is told to', async () => {
    const stop = new AbortController()
    stop.abort()
    await expect(tcpOpener({ host: '127.0.0.1', port: await listen() }, { clock })(stop.signal)).rejects.toMatchObject({
      code: 'line-unopened',
    })
  })

  it('breaks with its name when the connection is reset', async () => {
    const line = await open(await listen())
    const peer = await eventually('accepted', () => sockets[0])
    peer.resetAndDestroy()
    await expect(line.read()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'line-lost' })
    await expect(line.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'line-lost' })
    await line.close()
  })

  it('makes a fast sender wait instead of losing or hoarding what it sends', async () => {
    const line = await open(await listen())
    const peer = await eventually('accepted', () => sockets[0])
    const total = 50_000_000
    const block = Buffer.alloc(1_000_000, 7)
    for (let sent = 0; sent < total; sent += block.length) peer.write(block)
    await sleep(200)
    // The system's own buffers take some megabytes; the rest stays with the sender.
    expect(peer.writableLength).toBeGreaterThan(total / 2)
    let got = 0
    for await (const { bytes } of line.read()) {
      got += bytes.length
      if (got === total) break
    }
    expect(got).toBe(total)
    await line.close()
  })
})
