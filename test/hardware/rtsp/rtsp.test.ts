import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tcpOpener } from '@minewarden/hardware/line/tcp-line.ts'
import { askStream } from '@minewarden/hardware/rtsp/ask-stream.ts'
import { MAX_BODY_BYTES, MAX_HEAD_BYTES, RtspResponseReader } from '@minewarden/hardware/rtsp/response-reader.ts'
import { parseSdp } from '@minewarden/hardware/rtsp/sdp.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'
import { requires } from '../../support/requires.ts'
import { clock } from '../onvif/stage.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const GOOD =
  'RTSP/1.0 200 OK\r\nCSeq: 2\r\nWWW-Authenticate: Basic\r\nWWW-Authenticate: Digest x\r\nContent-Length: 5\r\n\r\nhello'
const SDP = 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=mine\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n'

describe('an RTSP response', () => {
  it('is read however it is cut', () => {
    for (let cut = 0; cut <= GOOD.length; cut++) {
      const reader = new RtspResponseReader()
      const found = [...reader.push(bytes(GOOD.slice(0, cut))), ...reader.push(bytes(GOOD.slice(cut)))]
      expect(found).toHaveLength(1)
      expect(found[0]).toMatchObject({ status: 200, cseq: 2, body: bytes('hello') })
      expect(found[0]!.headers.get('www-authenticate')).toEqual(['Basic', 'Digest x'])
      expect(reader.discardedBytes).toBe(0)
    }
  })

  it('is found behind noise, behind frames of media, and after another', () => {
    const reader = new RtspResponseReader()
    const media = Uint8Array.of(0x24, 0, 0, 3, 0x52, 0x54, 0x53)
    expect(reader.push(Uint8Array.of(...media, ...bytes(GOOD), ...media, ...bytes(GOOD)))).toHaveLength(2)
    expect(reader.push(bytes(`noise RTSP/9 RT${GOOD}`))).toHaveLength(1)
    expect(reader.discardedBytes).toBe(15)
  })

  it.each([
    ['without a status', 'RTSP/1.0 OK\r\n\r\n'],
    ['with a line that is no header', 'RTSP/1.0 200 OK\r\nwhat is this\r\n\r\n'],
    ['with a length that is none', 'RTSP/1.0 200 OK\r\nContent-Length: -5\r\n\r\n'],
    ['with a body that is too long', `RTSP/1.0 200 OK\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`],
    ['with too many headers', `RTSP/1.0 200 OK\r\n${'a: b\r\n'.repeat(70)}\r\n`],
    ['with a head without end', `RTSP/1.0 200 OK\r\n${'a: b\r\n'.repeat(MAX_HEAD_BYTES / 6)}\r\n`],
  ])('%s is dropped, and the next one is read', (_what, text) => {
    const reader = new RtspResponseReader()
    expect(reader.push(bytes(text + GOOD))).toMatchObject([{ status: 200, cseq: 2 }])
    expect(reader.discardedBytes).toBe(text.length)
  })

  it('is found again whatever came before, at the latest as the second good one', () => {
    const noise = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom('RTSP/1.0 200 OK\r\n', '\r\n\r\n', '$', 'RTSP/', 'Content-Length: 9\r\n', 'CSeq: 1').map(bytes),
      ),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(noise, fc.integer({ min: 1, max: 64 }), (pieces, chunk) => {
        const reader = new RtspResponseReader()
        for (const piece of pieces) reader.push(piece)
        // What noise promised as a body or a frame of media is taken for that, and no more.
        reader.push(new Uint8Array(MAX_BODY_BYTES + 4 + MAX_HEAD_BYTES))
        const good = bytes(GOOD + GOOD)
        let found = 0
        for (let at = 0; at < good.length; at += chunk)
          found += reader.push(good.subarray(at, at + chunk)).filter(({ cseq }) => cseq === 2).length
        expect(found).toBeGreaterThanOrEqual(1)
      }),
      { numRuns: fuzzRuns(300) },
    )
  })
})

describe('a stream made to be slow to read', () => {
  it.each(['RTSP/', 'RTSP/1.0 200', 'RTSP/\n\n', 'R', '$\u0000\u0000\u0000', 'RTSP/1.0 200 OK\r\n\r'])(
    'costs little (%j)',
    (text) => {
      const reader = new RtspResponseReader()
      const begun = performance.now()
      for (let i = 0; i < 4; i++) reader.push(bytes(text.repeat(Math.ceil(65_536 / text.length))))
      expect(performance.now() - begun).toBeLessThan(2_000)
    },
  )
})

describe('a session description', () => {
  it('tells the media and how they are coded', () => {
    expect(parseSdp(`${SDP}m=audio 0 RTP/AVP 8\r\nm=video 0 RTP/AVP 26\n`)).toEqual({
      kind: 'description',
      name: 'mine',
      media: [
        { type: 'video', codec: 'H264' },
        { type: 'audio', codec: 'PCMA' },
        { type: 'video', codec: 'JPEG' },
      ],
    })
  })

  it.each([
    '',
    'hello',
    'v=0\r\nnonsense\r\n',
    'v=0\r\nm=video\r\n',
    `v=0\r\n${'m=video 0 RTP/AVP 96\r\n'.repeat(33)}`,
  ])('that is none is refused (%#)', (text) => expect(parseSdp(text).kind).toBe('bad'))

  it('never throws', () => {
    const line = fc.oneof(
      fc.constantFrom('v=0', 'm=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 's='),
      fc.string({ maxLength: 30 }),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        expect(['bad', 'description']).toContain(parseSdp(['v=0', ...lines].join('\r\n')).kind)
      }),
      { numRuns: fuzzRuns(2_000) },
    )
  })
})

describe.runIf(requires('rtsp-server'))('the stream of a server that is not ours', () => {
  it('is described, and one that is not there is refused', async () => {
    const [clients, sources] = [await freePort(), await freePort()]
    const script = new URL('../../support/rtsp-server.pl', import.meta.url).pathname
    const server = spawn('perl', [script, String(clients), String(sources)], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      await new Promise<void>((resolve, reject) => {
        server.stdout.on('data', (data) => String(data).includes('ready') && resolve())
        server.on('exit', (code) => reject(new Error(`ended with ${code}`)))
      })
      const source = await announce(sources)
      const ask = (path: string) => {
        const open = tcpOpener({ host: '127.0.0.1', port: clients }, { clock })
        const url = `rtsp://127.0.0.1:${clients}/${path}`
        return askStream({ open, url, session: null, clock, limitMs: 5_000 }, new AbortController().signal)
      }
      expect(await ask('cam')).toEqual([{ type: 'video', codec: 'H264' }])
      await expect(ask('none')).rejects.toMatchObject({ code: 'camera-faulted' })
      source.destroy()
    } finally {
      server.kill()
    }
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function announce(port: number) {
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `ANNOUNCE rtsp://127.0.0.1:${port}/cam RTSP/1.0\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`,
  )
  await once(socket, 'data')
  return socket
}
