import {
  readCapabilities,
  readDateAndTime,
  readDeviceInformation,
  readMediaUri,
  readProfiles,
  readServices,
} from '@minewarden/hardware/onvif/device-answers.ts'
import { readPulled, readSubscription } from '@minewarden/hardware/onvif/event-answers.ts'
import { checkJpeg } from '@minewarden/hardware/onvif/jpeg-check.ts'
import { OnvifOptions } from '@minewarden/hardware/onvif/options.ts'
import { readSoap } from '@minewarden/hardware/onvif/soap.ts'
import { meaningOf } from '@minewarden/hardware/onvif/topics.ts'
import { writeUsernameToken } from '@minewarden/hardware/onvif/username-token.ts'
import * as say from '@minewarden/hardware/sim/onvif/documents.ts'
import type { XmlElement } from '@minewarden/hardware/xml/xml.ts'
import { instant } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'
import { jpegOf } from './stage.ts'

function bodyOf(text: string): XmlElement {
  const soap = readSoap(text)
  if (soap.kind !== 'answer') throw new Error(JSON.stringify(soap))
  return soap.body
}

const at = Date.UTC(2026, 10, 22, 3, 4, 5)
const DOCUMENTS = [
  say.dateAndTime(at),
  say.deviceInformation(),
  say.services('http://192.0.2.1'),
  say.capabilities('http://192.0.2.1'),
  say.profiles(),
  say.mediaUri('GetSnapshotUri', 'http://192.0.2.1/p?a=1&amp;b=2'),
  say.subscriptionMade('http://192.0.2.1', 7, at, at + 60_000),
  say.pulled(at, at + 60_000, [
    say.notification({ topic: 'tns1:VideoSource/tnsaxis:Tampering', items: { tampering: '1' }, atMs: at }),
    say.notification({
      topic: 'tns1:VideoSource/SignalLoss',
      operation: 'Changed',
      items: { State: 'true' },
      atMs: at,
    }),
  ]),
  say.fault('ter:NotAuthorized', 'Sender not Authorized'),
]

describe('the token that proves a password', () => {
  it("is that of the standard's own example", () => {
    // ONVIF Application Programmer's Guide 1.0, section 6.1.1.
    const nonce = Buffer.from('LKqI6G/AikKCQrN0zqZFlg==', 'base64')
    const created = instant(Date.parse('2010-09-16T07:50:45Z'))
    const token = writeUsernameToken({ user: 'us<er', password: 'userpassword' }, created, nonce)
    expect(token).toContain('>tuOSpGlFlIXsozq4HFNeeGeFLEI=<')
    expect(token).toContain('>2010-09-16T07:50:45Z<')
    expect(token).toContain('us&#60;er')
  })
})

describe('an answer of a camera', () => {
  it('tells the time, what it is, and where everything is', () => {
    expect(readDateAndTime(bodyOf(DOCUMENTS[0]!))).toBe(at)
    expect(readDeviceInformation(bodyOf(DOCUMENTS[1]!))).toMatchObject({ model: 'SIM-1 & co', serial: '0001' })
    const services = { media: 'http://192.0.2.1/onvif/Media', events: 'http://192.0.2.1/onvif/Events' }
    expect(readServices(bodyOf(DOCUMENTS[2]!))).toEqual(services)
    expect(readCapabilities(bodyOf(DOCUMENTS[3]!))).toEqual(services)
    expect(readProfiles(bodyOf(DOCUMENTS[4]!))).toEqual([
      { token: 'Profile_1', name: 'mainStream', sources: ['VideoSource_1', 'VideoSourceToken'] },
      { token: 'Profile_2', name: 'subStream', sources: [] },
    ])
    expect(readMediaUri(bodyOf(DOCUMENTS[5]!))).toBe('http://192.0.2.1/p?a=1&b=2')
  })

  it('gives a subscription, with what has to come back in its own namespace', () => {
    const { address, reference, lastsMs } = readSubscription(bodyOf(DOCUMENTS[6]!))!
    expect([address, lastsMs]).toEqual(['http://192.0.2.1/onvif/Subscription?Idx=7', 60_000])
    expect(reference).toBe(
      '<p:SubscriptionId xmlns:p="http://sim.example/event" a:IsReferenceParameter="true">7</p:SubscriptionId>',
    )
  })

  it('gives what it has to tell, and counts what nobody understands', () => {
    const bad = '<wsnt:NotificationMessage><wsnt:Topic>not a topic!</wsnt:Topic></wsnt:NotificationMessage>'
    const text = DOCUMENTS[7]!.replace('<wsnt:NotificationMessage>', `${bad}<wsnt:NotificationMessage>`)
    const { notices, dropped, currentTime } = readPulled(bodyOf(text))!
    expect([dropped, currentTime]).toEqual([1, at])
    expect(notices).toEqual([
      {
        topic: 'VideoSource/Tampering',
        operation: null,
        at,
        source: 'source=VideoSource_1',
        videoSource: 'VideoSource_1',
        data: new Map([['tampering', '1']]),
      },
      {
        topic: 'VideoSource/SignalLoss',
        operation: 'Changed',
        at,
        source: 'source=VideoSource_1',
        videoSource: 'VideoSource_1',
        data: new Map([['state', 'true']]),
      },
    ])
  })

  it('that is a fault tells whether the password is refused', () => {
    expect(readSoap(DOCUMENTS[8]!)).toMatchObject({ kind: 'fault', isDenied: true })
    expect(readSoap(say.fault('ter:ActionNotSupported', 'no'))).toMatchObject({ kind: 'fault', isDenied: false })
  })

  it.each([
    ['an entity bomb', say.entityBomb()],
    ['a web page', '<html><body>hello<br></body></html>'],
    ['nothing', ''],
    ['too deep', `${'<a>'.repeat(5_000)}`],
    ['an envelope without a body', '<s:Envelope xmlns:s="x"><s:Header/></s:Envelope>'],
    ['an empty body', '<s:Envelope xmlns:s="x"><s:Body/></s:Envelope>'],
  ])('that is none is refused: %s', (_what, text) => expect(readSoap(text).kind).toBe('bad'))

  it.each([
    ['<Hour>3<', '<Hour>25<'],
    ['<Year>2026<', '<Year>26a<'],
    ['UTCDateTime', 'LocalDateTime'],
  ])('with a time that is none tells none (%s)', (from, to) => {
    const text = DOCUMENTS[0]!.replaceAll(from.replace('<', '<tt:'), to.replace('<', '<tt:')).replaceAll(from, to)
    expect(readDateAndTime(bodyOf(text))).toBeNull()
  })

  it('never makes a reader throw, however it is damaged', () => {
    const damage = fc.record({
      document: fc.constantFrom(...DOCUMENTS),
      cuts: fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          take: fc.nat(30),
          put: fc.oneof(
            fc.string({ maxLength: 8, unit: 'binary' }),
            fc.constantFrom('<', '>', '</', '&#0;', '&e;', '"', '<tt:Date>', '9'.repeat(30)),
          ),
        }),
        { maxLength: 4 },
      ),
    })
    fc.assert(
      fc.property(damage, ({ document, cuts }) => {
        const text = cuts.reduce((whole, { at: share, take, put }) => {
          const from = Math.floor(share * whole.length)
          return whole.slice(0, from) + put + whole.slice(from + take)
        }, document)
        const soap = readSoap(text)
        if (soap.kind !== 'answer') return
        const { body } = soap
        const pulled = readPulled(body)
        for (const notice of pulled?.notices ?? []) meaningOf(notice)
        readSubscription(body)
        readDeviceInformation(body)
        readServices(body)
        readCapabilities(body)
        readProfiles(body)
        const time = readDateAndTime(body)
        expect(time === null || Number.isFinite(time)).toBe(true)
        const uri = readMediaUri(body)
        expect(uri === null || URL.canParse(uri)).toBe(true)
      }),
      { numRuns: fuzzRuns(2_000) },
    )
  })
})

describe('a picture', () => {
  it('is one with a size, a beginning and an end', () => {
    const whole = jpegOf(640, 360)
    expect(checkJpeg(whole)).toEqual({ kind: 'picture', width: 640, height: 360, bytes: whole.length })
    expect(checkJpeg(Uint8Array.of(...whole, 13, 10, 0))).toMatchObject({ bytes: whole.length })
  })

  it.each([
    ['cut off', jpegOf(640, 360).slice(0, -10)],
    ['a web page', new TextEncoder().encode('<html></html>')],
    ['without a size', jpegOf(0, 360)],
    ['made to exhaust a decoder', jpegOf(65_535, 65_535)],
    ['empty', new Uint8Array(0)],
  ])('that is %s is none', (_what, bytes) => expect(checkJpeg(bytes).kind).toBe('bad'))

  it('never makes the check throw, nor go on for long', () => {
    const begun = performance.now()
    checkJpeg(Uint8Array.of(0xff, 0xd8, ...new Array(100_000).fill(0xff)))
    expect(performance.now() - begun).toBeLessThan(500)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(60), (noise, keep) => {
        const bytes = Uint8Array.of(...jpegOf(640, 360, 10).slice(0, keep), ...noise)
        const check = checkJpeg(bytes)
        if (check.kind === 'picture') expect(check.bytes).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: fuzzRuns(2_000) },
    )
  })
})

describe('a configuration of cameras', () => {
  const one = { kind: 'onvif', user: 'u', passwordFile: '/p', cameras: [{ id: 'cam', url: 'http://192.0.2.1' }] }

  it('is taken with its defaults', () =>
    expect(OnvifOptions.parse(one)).toMatchObject({ statusS: 30, snapshotS: 60, timeoutS: 10 }))

  it.each([
    ['a password in the address', { cameras: [{ id: 'cam', url: 'http://a:b@192.0.2.1' }] }, 'not in the address'],
    ['neither address', { cameras: [{ id: 'cam' }] }, 'neither url nor rtsp'],
    ['another protocol', { cameras: [{ id: 'cam', url: 'ftp://192.0.2.1' }] }, 'such as http'],
    ['a user without a password', { passwordFile: undefined }, 'a user but no password'],
    ['a password without a user', { user: undefined }, 'a password but no user'],
    ['too many pictures', { snapshotS: 0.1 }, '0, or at least 1'],
  ])('with %s is refused, in words', (_what, more, words) =>
    expect(() => OnvifOptions.parse({ ...one, ...more })).toThrow(words),
  )
})
