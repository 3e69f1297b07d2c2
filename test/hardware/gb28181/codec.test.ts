import { meaningOf } from '@minewarden/hardware/gb28181/alarm.ts'
import { parseDeviceTime, writeDate } from '@minewarden/hardware/gb28181/device-time.ts'
import { readManscdp } from '@minewarden/hardware/gb28181/manscdp.ts'
import { answeredVia, expiresOf, parseAddress, parseDigest, parseVia } from '@minewarden/hardware/gb28181/sip/fields.ts'
import {
  header,
  MAX_BODY_BYTES,
  MAX_HEAD_BYTES,
  NO_BODY,
  parseDatagram,
  type SipParsed,
  type SipRequest,
  serialise,
} from '@minewarden/hardware/gb28181/sip/message.ts'
import { SipStream } from '@minewarden/hardware/gb28181/sip/stream.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const crlf = (text: string) => text.replace(/\n/g, '\r\n')
const request = (body: string, callId = 'a@b'): SipRequest => ({
  kind: 'request',
  method: 'MESSAGE',
  uri: 'sip:34020000002000000001@3402000000',
  headers: [
    ['via', 'SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bK1'],
    ['call-id', callId],
  ],
  body: bytes(body),
})
const callIds = (items: readonly SipParsed[]) =>
  items.flatMap((item) => (item.kind === 'message' ? [header(item.message, 'call-id')] : []))

describe('a SIP message', () => {
  it('is the same after writing and reading', () => {
    const parsed = parseDatagram(serialise(request('<Notify/>')))
    expect(parsed).toMatchObject({ kind: 'message', message: { method: 'MESSAGE' } })
    if (parsed.kind === 'message') expect(Buffer.from(parsed.message.body).toString()).toBe('<Notify/>')
  })

  it('may fold its headers and shorten their names', () => {
    const parsed = parseDatagram(
      bytes(crlf('REGISTER sip:a@b SIP/2.0\nv: SIP/2.0/UDP\n  10.0.0.1 ;branch=x\nf : <sip:c@d>;tag=1\nl: 0\n\n')),
    )
    if (parsed.kind !== 'message') throw new Error(parsed.kind)
    expect(header(parsed.message, 'via')).toBe('SIP/2.0/UDP 10.0.0.1 ;branch=x')
    expect(header(parsed.message, 'from')).toBe('<sip:c@d>;tag=1')
  })

  it.each([
    ['no start line', 'HELLO\n\n'],
    ['another version', 'REGISTER sip:a@b SIP/3.0\n\n'],
    ['a line without a colon', 'REGISTER sip:a@b SIP/2.0\nnothing\n\n'],
    ['a control character', 'REGISTER sip:a@b SIP/2.0\nVia: \u0007\n\n'],
    ['an endless head', 'REGISTER sip:a@b SIP/2.0\n'],
    ['a body that is cut off', 'REGISTER sip:a@b SIP/2.0\nContent-Length: 5\n\nabc'],
    ['a length that is none', 'REGISTER sip:a@b SIP/2.0\nContent-Length: -1\n\n'],
    ['two lengths', 'REGISTER sip:a@b SIP/2.0\nContent-Length: 1\nl: 2\n\nabc'],
    ['too many headers', `REGISTER sip:a@b SIP/2.0\n${'a: b\n'.repeat(65)}\n`],
    ['too long a head', `REGISTER sip:a@b SIP/2.0\na: ${'b'.repeat(MAX_HEAD_BYTES)}\n\n`],
    ['too long a body', `REGISTER sip:a@b SIP/2.0\n\n${'b'.repeat(MAX_BODY_BYTES + 1)}`],
  ])('with %s is bad', (_what, text) => {
    expect(parseDatagram(bytes(crlf(text))).kind).toBe('bad')
  })

  it('of nothing but line ends keeps a binding open', () => {
    expect(parseDatagram(bytes('\r\n\r\n')).kind).toBe('ping')
  })
})

describe('a stream of SIP', () => {
  const three = ['1', '2', '3'].map((id) => serialise(request('<a/>', id)))

  it('finds every message however it is split', () => {
    const whole = Buffer.concat(three)
    for (let cut = 1; cut < whole.length; cut++) {
      const stream = new SipStream()
      const items = [...stream.accept(whole.subarray(0, cut)), ...stream.accept(whole.subarray(cut))]
      expect(callIds(items)).toEqual(['1', '2', '3'])
    }
  })

  it.each([
    ['noise', (good: Uint8Array) => [bytes('\x00\xffnoise\r\nmore '), good]],
    ['a length too large', (good: Uint8Array) => [bytes('MESSAGE sip:a@b SIP/2.0\r\nl: 60000\r\n\r\nabc'), good]],
    ['a length too small', (good: Uint8Array) => [bytes('MESSAGE sip:a@b SIP/2.0\r\nl: 1\r\n\r\nabcdef'), good]],
    ['no length', (good: Uint8Array) => [bytes('MESSAGE sip:a@b SIP/2.0\r\n\r\n<a>b</a>'), good]],
    ['an endless line', (good: Uint8Array) => [bytes('x'.repeat(100_000)), good]],
  ])('goes on after %s', (_what, before) => {
    const stream = new SipStream()
    const items = [...before(three[0]!), three[1]!].flatMap((chunk) => [...stream.accept(chunk)])
    expect(callIds(items).slice(-2)).toEqual(['1', '2'])
    expect(items.some(({ kind }) => kind === 'bad')).toBe(true)
  })

  it('survives any bytes and loses at most one sound message behind them', () => {
    const alphabet = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(...three.map((each) => new Uint8Array(each))),
      fc
        .constantFrom('\r\n', 'SIP/2.0 200 OK\r\n', 'Content-Length: 99999\r\n\r\n', 'l: 70\r\n\r\n', 'MESSAGE sip:')
        .map(bytes),
      fc.nat({ max: 400 }).map((length) => new Uint8Array(three[0]!.subarray(0, length))),
    )
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 12 }), (chunks) => {
        const stream = new SipStream()
        const items: SipParsed[] = []
        const last = ['x', 'y', 'z'].map((id) => serialise(request('<a/>', id)))
        for (const chunk of [...chunks, ...last]) items.push(...stream.accept(chunk))
        expect(callIds(items).slice(-2)).toEqual(['y', 'z'])
      }),
      { numRuns: fuzzRuns(400) },
    )
  })

  it('is read from any datagram without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(300), fc.boolean(), (noise, at, isWhole) => {
        const damaged = Buffer.concat([three[0]!.subarray(0, at), noise, isWhole ? three[0]!.subarray(at) : NO_BODY])
        const parsed = parseDatagram(damaged)
        expect(['message', 'ping', 'bad']).toContain(parsed.kind)
        if (parsed.kind === 'message' && parsed.message.kind === 'request') {
          for (const [, value] of parsed.message.headers)
            [parseVia, parseAddress, parseDigest].forEach((parse) => void parse(value))
        }
      }),
      { numRuns: fuzzRuns(400) },
    )
  })
})

describe('headers', () => {
  it('a Via tells where an answer goes, and is answered with where the request came from', () => {
    const via = parseVia('SIP/2.0/UDP 10.0.0.1:5062;rport;branch=z9hG4bKabc, SIP/2.0/UDP 10.0.0.2')!
    expect(via).toMatchObject({ transport: 'UDP', host: '10.0.0.1', port: 5062, branch: 'z9hG4bKabc', hasRport: true })
    expect(answeredVia(via, '1.2.3.4', 99)).toBe(
      'SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKabc;received=1.2.3.4;rport=99, SIP/2.0/UDP 10.0.0.2',
    )
  })

  it('credentials are read with quoted commas, and a name that stands there twice is refused', () => {
    expect(parseDigest('Digest username="a,b", uri="sip:x", qop=auth')?.get('username')).toBe('a,b')
    expect(parseDigest('Digest realm="a", realm="b"')).toBeNull()
    expect(parseDigest('Basic abc')).toBeNull()
  })

  it('the time of a contact goes before that of the message', () => {
    expect(expiresOf('3600', '<sip:a@b>;expires=60')).toBe(60)
    expect(expiresOf('3600', '<sip:a@b>')).toBe(3_600)
    expect(expiresOf(undefined, undefined)).toBeNull()
  })
})

describe('a document', () => {
  const ID = '34020000001320000001'
  const document = (root: string, more: string) =>
    `<?xml version="1.0" encoding="GB2312"?>\r\n<${root}><SN>43</SN><DeviceID>${ID}</DeviceID>${more}</${root}>`
  const read = (text: string) => readManscdp(bytes(text))

  it('of a keepalive names faulty channels', () => {
    const faulty = '34020000001320000002'
    const text = document(
      'Notify',
      `<CmdType>Keepalive</CmdType><Status>OK</Status><Info><DeviceID>${faulty}</DeviceID></Info>`,
    )
    expect(read(text)).toEqual({ kind: 'keepalive', sn: '43', device: ID, isOk: true, faulty: [faulty] })
  })

  it('of an alarm has its type where either edition puts it, and names in any capitals', () => {
    for (const type of ['<Info><AlarmType>2</AlarmType></Info>', '<AlarmType>2</AlarmType>']) {
      const alarm = read(document('Notify', `<cmdType>Alarm</cmdType><AlarmMethod>2</AlarmMethod>${type}`))
      expect(alarm).toMatchObject({ kind: 'alarm', method: 2, type: 2 })
      if (alarm.kind === 'alarm') expect(meaningOf(alarm)?.status).toBe('tampered')
    }
  })

  it.each([
    ['entities', '<!DOCTYPE a [<!ENTITY b "c">]>'],
    ['CDATA', '<Notify><![CDATA[x]]></Notify>'],
    ['no number', '<Notify><CmdType>Keepalive</CmdType><SN>x</SN></Notify>'],
    ['a device that is none', '<Notify><CmdType>Keepalive</CmdType><SN>1</SN><DeviceID>1</DeviceID></Notify>'],
    ['bytes of no encoding', '<Notify>\xff\xff</Notify>'],
  ])('with %s is bad', (_what, text) => {
    expect(read(text).kind).toBe('bad')
  })

  it('of any bytes is read without a throw', () => {
    const sound = document('Response', '<CmdType>Catalog</CmdType><SumNum>1</SumNum><DeviceList><Item/></DeviceList>')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(sound.length), fc.nat(40), (noise, at, cut) => {
        readManscdp(Buffer.concat([bytes(sound.slice(0, at)), noise, bytes(sound.slice(at + cut))]))
        readManscdp(noise)
      }),
      { numRuns: fuzzRuns(500) },
    )
  })

  it("of a status has Beijing's time when it names no other", () => {
    expect(parseDeviceTime('2026-01-01T08:00:00')).toBe(Date.UTC(2026, 0, 1))
    expect(parseDeviceTime('2026-01-01T08:00:00.500Z')).toBe(Date.UTC(2026, 0, 1, 8, 0, 0, 500))
    expect(parseDeviceTime('yesterday')).toBeNull()
    expect(writeDate(parseDeviceTime('2026-01-01T08:00:00')!)).toBe('2026-01-01T08:00:00.000')
  })
})
