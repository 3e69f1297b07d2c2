import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { CameraClient } from '@minewarden/hardware/onvif/camera-client.ts'
import { createHttpExchange } from '@minewarden/hardware/onvif/http-exchange.ts'
import { believe } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { clock } from './stage.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const CHUNKS = 200_000
const MIB = 1_048_576

describe('a camera that means harm', () => {
  it.each([
    ['http://192.0.2.10//evil.example/picture', 'http://192.0.2.10//evil.example/picture'],
    ['http://other.example//evil.example/picture?a=1', 'http://192.0.2.10//evil.example/picture?a=1'],
    ['x:http://evil.example/', 'http://192.0.2.10/http://evil.example/'],
    ['x:\\\\evil.example\\', 'http://192.0.2.10//evil.example/'],
    ['http://user:secret@192.0.2.10:8080/p#x', 'http://192.0.2.10:8080/p'],
    ['https://192.0.2.10:8443/p', 'http://192.0.2.10/p'],
  ])('and names %s is asked at its own host all the same', (told, asked) => {
    const exchange = createHttpExchange(clock, null)
    const client = new CameraClient(
      { clock: believe(clock, 'ntp'), exchange, randomBytes: (length) => new Uint8Array(length) },
      { url: new URL('http://192.0.2.10'), credential: null, limitMs: 1_000, pictureLimitBytes: 1_000 },
    )
    const url = client.resolve(told)
    expect(url.href).toBe(asked)
  })

  it('and answers in chunks of one byte is held as its bytes, not as as many objects', async () => {
    const written = Promise.withResolvers<void>()
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
      socket.write('1\r\nx\r\n'.repeat(CHUNKS), () => written.resolve())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      const stop = new AbortController()
      collectGarbage()
      const before = held()
      const question = { method: 'GET', url, headers: {}, limitMs: 30_000, limitBytes: MIB } as const
      const asking = createHttpExchange(clock, null)(question, stop.signal)
      await written.promise
      await clock.sleep(300, stop.signal)
      collectGarbage()
      expect(held() - before).toBeLessThan(8 * MIB)
      stop.abort(new Error('enough'))
      await expect(asking).rejects.toThrow('enough')
    } finally {
      server.close()
    }
  })
})

function held(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
