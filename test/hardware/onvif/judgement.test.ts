import { CameraRecord } from '@minewarden/hardware/onvif/camera-record.ts'
import type { Notice, PropertyOperation } from '@minewarden/hardware/onvif/event-answers.ts'
import { StandingEvents } from '@minewarden/hardware/onvif/standing-events.ts'
import { meaningOf, parseState } from '@minewarden/hardware/onvif/topics.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'

const SCENE = 'VideoSource/GlobalSceneChange/ImagingService'
const TAMPER = 'RuleEngine/TamperDetector/Tamper'

function notice(topic: string, operation: PropertyOperation | null, state: string, at: number | null = null): Notice {
  return {
    topic,
    operation,
    at: at as Instant | null,
    source: 'source=1',
    videoSource: '1',
    data: new Map([['state', state]]),
  }
}

/** A camera whose clock shows a million more than ours, subscribed at 1 000. */
const context = (now: number) => ({ now, subscribedAt: 1_000, cameraTime: instant(now + 1_000_000) })

describe('a topic', () => {
  it.each([
    ['VideoSource/GlobalSceneChange/AnalyticsService', 'tampered onvif-scene-change'],
    ['VideoSource/ImageTooDark/RecordingService', 'dark onvif-too-dark'],
    ['VideoSource/ImageTooBright/ImagingService', 'occluded onvif-too-bright'],
    ['VideoSource/ImageTooBlurry/ImagingService', 'occluded onvif-too-blurry'],
    ['VideoSource/SignalLoss', 'offline onvif-signal-loss'],
    ['Device/Status/SignalLoss', 'offline onvif-signal-loss'],
    ['RuleEngine/TamperDetector/Tamper', 'tampered onvif-tamper'],
    ['VideoSource/Tampering', 'tampered onvif-tamper'],
    ['Device/HardwareFailure/StorageFailure', 'online onvif-storage-failure'],
  ])('%s says %s', (topic, words) => {
    const told = meaningOf(notice(topic, 'Changed', 'true'))
    const item = topic.includes('StorageFailure') ? 'failed' : 'state'
    expect(`${told?.meaning.status} ${told?.meaning.cause}`).toBe(words)
    expect(meaningOf({ ...notice(topic, 'Changed', ''), data: new Map([[item, '1']]) })?.isOn).toBe(true)
  })

  it.each([
    'VideoSource/MotionAlarm',
    'RuleEngine/CellMotionDetector/Motion',
    'Device/Trigger/DigitalInput',
    'Device/Operation',
  ])('%s says nothing of the camera', (topic) => expect(meaningOf(notice(topic, 'Changed', 'true'))).toBeNull())

  it('has a state of four spellings', () => {
    expect(['true', '1', 'false', '0'].map(parseState)).toEqual([true, true, false, false])
    for (const text of ['True', 'yes', '', '01', ' true']) expect(parseState(text)).toBeNull()
  })
})

describe("a camera's alarms", () => {
  it('begin by a change, with the time at which they began by its own clock', () => {
    const events = new StandingEvents(60_000)
    events.take(notice(SCENE, 'Changed', 'true', 1_000_000 + 8_000), context(10_000))
    expect(events.standing(10_000)).toMatchObject({ status: 'tampered', since: 8_000 })
    events.take(notice(SCENE, 'Changed', 'false'), context(11_000))
    expect(events.standing(11_000)).toBeNull()
  })

  it('of before it was asked raise nothing, as states or as moments', () => {
    const events = new StandingEvents(60_000)
    events.take(notice(SCENE, 'Initialized', 'true', 1_010_000), context(10_000))
    expect(events.standing(10_000)).toMatchObject({ status: 'online', cause: 'onvif-scene-change' })
    events.take(notice(TAMPER, 'Changed', 'true', 900_000), context(10_000))
    expect(events.standing(10_000)?.status).toBe('online')
    events.take(notice('VideoSource/Tampering', null, 'true', 900_000), context(10_000))
    expect(events.standing(10_000)?.status).toBe('online')
  })

  it('that were seen off and are on begin anew, though it calls that the beginning', () => {
    const events = new StandingEvents(60_000)
    events.take(notice(SCENE, 'Initialized', 'false'), context(2_000))
    events.take(notice(SCENE, 'Initialized', 'true'), { ...context(9_000), subscribedAt: 8_900 })
    expect(events.standing(9_000)?.status).toBe('tampered')
    events.take(notice(SCENE, 'Deleted', 'true'), context(9_500))
    expect(events.standing(9_500)).toBeNull()
  })

  it('without an end of their own end after a while', () => {
    const events = new StandingEvents(60_000)
    events.take(notice('VideoSource/Tampering', null, 'true'), context(10_000))
    expect(events.standing(69_999)).toMatchObject({ status: 'tampered', since: 10_000 })
    expect(events.standing(70_000)).toBeNull()
  })

  it('are told by their weight: tampered before a lost signal before a dark picture', () => {
    const events = new StandingEvents(60_000)
    for (const topic of ['VideoSource/ImageTooDark', 'VideoSource/SignalLoss', TAMPER])
      events.take(notice(topic, 'Changed', 'true'), context(5_000))
    expect(events.standing(5_000)?.cause).toBe('onvif-tamper')
    events.take(notice(TAMPER, 'Changed', 'false'), context(6_000))
    expect(events.standing(6_000)?.cause).toBe('onvif-signal-loss')
  })

  it('with a state that cannot be read change nothing, and are counted', () => {
    const events = new StandingEvents(60_000)
    events.take(notice(SCENE, 'Changed', 'maybe'), context(5_000))
    expect([events.standing(5_000), events.misread]).toEqual([null, 1])
  })

  it('never throw and never grow without end, whatever it tells', () => {
    const told = fc.record({
      topic: fc.oneof(fc.constantFrom(SCENE, TAMPER, 'VideoSource/Tampering'), fc.string({ maxLength: 20 })),
      operation: fc.constantFrom('Initialized', 'Changed', 'Deleted', null) as fc.Arbitrary<PropertyOperation | null>,
      at: fc.option(fc.double({ noNaN: true })) as fc.Arbitrary<Instant | null>,
      source: fc.string({ maxLength: 5 }),
      videoSource: fc.constant(null),
      data: fc.constantFrom(new Map([['state', 'true']]), new Map([['state', '0']]), new Map<string, string>()),
    })
    fc.assert(
      fc.property(fc.array(told, { maxLength: 50 }), (notices) => {
        const events = new StandingEvents(1_000)
        notices.forEach((one, i) => void events.take(one, context(i * 100)))
        const standing = events.standing(notices.length * 100)
        expect(standing === null || Number.isFinite(standing.since)).toBe(true)
      }),
      { numRuns: fuzzRuns(1_000) },
    )
  })
})

describe('what follows for a camera', () => {
  it('is nothing before anything is known', () => expect(new CameraRecord(0).verdict(null, false)).toBeNull())

  it('grows surer with each failure, and surer by a second way', () => {
    const record = new CameraRecord(0)
    record.answered('onvif', 1_000)
    const sure = [2_000, 3_000, 4_000, 5_000].map((at) => {
      record.failed('onvif', 'camera-refused', at)
      return record.verdict(null, false)!
    })
    expect(sure.map(({ confidence }) => confidence)).toEqual([0.51, 0.68, 0.85, 0.85])
    expect(sure[3]).toMatchObject({ status: 'offline', cause: 'refused', since: 1_000 })
    record.failed('rtsp', 'camera-unreachable', 6_000)
    expect(record.verdict(null, false)?.confidence).toBe(0.95)
    expect(record.verdict(null, true)?.confidence).toBe(0.48)
  })

  it('is online with a cause while one of two ways answers', () => {
    const record = new CameraRecord(0)
    record.answered('onvif', 1_000)
    record.failed('rtsp', 'camera-refused', 2_000)
    expect(record.verdict(null, false)).toMatchObject({ status: 'online', cause: 'rtsp-refused', since: 2_000 })
    record.failed('onvif', 'camera-hung', 3_000)
    record.answered('rtsp', 3_000)
    expect(record.verdict(null, false)).toMatchObject({ status: 'online', cause: 'onvif-hung', since: 3_000 })
    record.answered('onvif', 4_000)
    expect(record.verdict(null, false)).toMatchObject({ status: 'online', cause: null, since: 1_000 })
  })

  it('is its own alarm before all other; one that nobody can ask about any more is half as sure', () => {
    const record = new CameraRecord(0)
    const event = { status: 'tampered', cause: 'onvif-tamper', confidence: 0.9, since: 500 } as const
    record.answered('onvif', 1_000)
    record.failed('rtsp', 'camera-refused', 2_000)
    expect(record.verdict(event, false)).toMatchObject(event)
    record.answered('rtsp', 3_000)
    record.failed('onvif', 'camera-hung', 3_000)
    expect(record.verdict(event, false)).toMatchObject({ ...event, confidence: 0.45 })
    record.failed('rtsp', 'camera-refused', 4_000)
    expect(record.verdict(event, false)).toMatchObject({ status: 'offline' })
  })
})
