import { DeviceRecord } from '@minewarden/hardware/gb28181/device.ts'
import { FloodGate, MESSAGES_BURST } from '@minewarden/hardware/gb28181/flood-gate.ts'
import { KeepaliveRhythm } from '@minewarden/hardware/gb28181/keepalive-rhythm.ts'
import { Questions } from '@minewarden/hardware/gb28181/questions.ts'
import { DigestGuard, digestResponse, hashedPassword, NONCE_MS } from '@minewarden/hardware/gb28181/sip/digest.ts'
import { parseDigest } from '@minewarden/hardware/gb28181/sip/fields.ts'
import {
  ANSWERS_CEILING,
  GIVE_UP_MS,
  GivenAnswers,
  OwnRequests,
} from '@minewarden/hardware/gb28181/sip/transactions.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { describe, expect, it } from 'vitest'

const MINUTE = 60_000
const ID = '34020000001320000001'

describe('the rhythm of keepalives', () => {
  it('is found out, and a lost keepalive does not change it', () => {
    const rhythm = new KeepaliveRhythm(MINUTE)
    for (const at of [0, 40, 80, 160, 200, 240]) rhythm.beat(at * 1_000)
    expect(rhythm.intervalMs).toBe(40_000)
  })

  it('is never taken for less than half of what was configured: a device that flooded is not away once it stops', () => {
    const rhythm = new KeepaliveRhythm(MINUTE)
    for (let at = 0; at < 60; at++) rhythm.beat(at * 1_000)
    expect(rhythm.intervalMs).toBe(30_000)
  })
})

describe('a device', () => {
  const record = () =>
    new DeviceRecord(
      { id: ID, probes: [{ sensor: SensorId.parse('a'), channel: ID }], keepaliveMs: MINUTE, alarmHoldMs: 10 * MINUTE },
      0,
    )
  const beat = { kind: 'keepalive', sn: '1', device: ID, isOk: true, faulty: [] } as const

  it('is offline exactly when three keepalives are missed', () => {
    const device = record()
    device.registered(3_600, 0)
    device.keepalive(beat, MINUTE)
    const [probe] = device.probes
    expect(device.verdict(probe!, false, 4 * MINUTE - 1)?.status).toBe('online')
    expect(device.verdict(probe!, false, 4 * MINUTE)).toMatchObject({ cause: 'keepalive-missed', since: MINUTE })
    expect(device.verdict(probe!, true, 4 * MINUTE)!.confidence).toBeLessThan(0.5)
  })

  it('whose alarm is not repeated is well again after its time', () => {
    const device = record()
    device.registered(36_000, 0)
    const alarm = { kind: 'alarm', sn: '1', device: ID, method: 2, type: 2 } as const
    device.alarm(alarm, { status: 'tampered', cause: 'tamper-alarm', confidence: 0.9 }, 0)
    const [probe] = device.probes
    for (let at = 0; at < 10 * MINUTE; at += MINUTE) {
      device.keepalive(beat, at)
      expect(device.verdict(probe!, false, at)?.status).toBe('tampered')
    }
    expect(device.verdict(probe!, false, 10 * MINUTE)?.status).toBe('online')
  })
})

describe('digest access authentication', () => {
  it('computes what RFC 2617 computes in its example', () => {
    const parameters = parseDigest(
      'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", ' +
        'uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b"',
    )!
    const hashed = hashedPassword('Mufasa', 'testrealm@host.com', 'Circle Of Life')
    expect(digestResponse(hashed, 'GET', parameters)).toBe('6629fae49393a05397450978507c4ef1')
  })

  const hashed = hashedPassword(ID, 'r', 'secret')
  const guard = () => new DigestGuard('r', new Uint8Array(32))
  const answer = (challenge: string, more: Record<string, string> = {}) => {
    const nonce = /nonce="([^"]*)"/.exec(challenge)![1]!
    const said = new Map(Object.entries({ username: ID, realm: 'r', nonce, uri: 'sip:p@r', ...more }))
    said.set('response', digestResponse(hashed, 'REGISTER', said))
    return { device: ID, hashed, host: '10.0.0.1', method: 'REGISTER', parameters: said }
  }

  it('takes each challenge once, in order, from where it was given, for a minute', () => {
    const doorman = guard()
    const [first, second] = [0, 0].map((now) => doorman.challenge(ID, '10.0.0.1', false, now)) as [string, string]
    expect(doorman.check(answer(second), 1)).toBe('accepted')
    expect(doorman.check(answer(second), 2)).toBe('replayed')
    expect(doorman.check(answer(first), 2)).toBe('replayed')
    const third = answer(doorman.challenge(ID, '10.0.0.1', false, 0))
    expect(doorman.check({ ...third, host: '10.0.0.2' }, 1)).toBe('stale')
    expect(doorman.check(third, NONCE_MS + 1)).toBe('stale')
    expect(doorman.check(third, 1)).toBe('accepted')
  })

  it('refuses a wrong password, another user and a nonce of its own making', () => {
    const doorman = guard()
    const right = answer(doorman.challenge(ID, '10.0.0.1', false, 0))
    expect(doorman.check({ ...right, hashed: hashedPassword(ID, 'r', 'other') }, 1)).toBe('wrong')
    expect(doorman.check({ ...right, device: '34020000001320000002' }, 1)).toBe('wrong')
    expect(doorman.check(answer('nonce="000000000009-000000000000-00000000000000000000000000000000"'), 1)).toBe('stale')
  })
})

describe('transactions', () => {
  it('repeat a request over UDP at growing pauses until it is given up', () => {
    const requests = new OwnRequests<string>()
    requests.begin('b', 'peer', new Uint8Array(1), false, 0)
    const sentAt: number[] = []
    let givenUp: readonly string[] = []
    for (let now = 0; now <= GIVE_UP_MS; now += 100) {
      const due = requests.due(now)
      if (due.again.length > 0) sentAt.push(now)
      givenUp = [...givenUp, ...due.givenUp]
    }
    expect(sentAt.slice(0, 5)).toEqual([500, 1_500, 3_500, 7_500, 11_500])
    expect(givenUp).toEqual(['b'])
  })

  it('end with an answer, and are not repeated over TCP', () => {
    const requests = new OwnRequests<string>()
    requests.begin('b', 'peer', new Uint8Array(1), true, 0)
    expect(requests.due(1_000).again).toEqual([])
    expect(requests.answered('b', 100, 1)).toBe(false)
    expect(requests.answered('b', 200, 1)).toBe(true)
    expect(requests.answered('b', 200, 1)).toBe(false)
  })

  it('keep no more answers than their ceiling', () => {
    const answers = new GivenAnswers()
    for (let i = 0; i < ANSWERS_CEILING * 2; i++) answers.keep(String(i), new Uint8Array(1), 0)
    expect(answers.size).toBe(ANSWERS_CEILING)
    expect(answers.find(String(ANSWERS_CEILING * 2 - 1), 1)).not.toBeNull()
    expect(answers.find(String(ANSWERS_CEILING * 2 - 1), GIVE_UP_MS + 1)).toBeNull()
  })
})

it('questions are five in a second, one to a device at once, and an answer must fit its question', () => {
  const devices = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => ({ id, channels: [id] }))
  const questions = new Questions({ periodMs: 300_000, devices }, () => 0.5)
  for (const { id } of devices) questions.registered(id, 0)
  const asked: { device: string; sn: number }[] = []
  for (let now = 0; now < 1_499; now += 10) {
    const next = questions.next(() => true, now)
    if (next) asked.push({ device: next.question.device, sn: next.sn })
  }
  expect(asked).toHaveLength(5)
  expect(new Set(asked.map(({ device }) => device)).size).toBe(5)
  const [{ device, sn }] = asked as [{ device: string; sn: number }]
  const status = { command: 'DeviceStatus', device, about: device } as const
  expect(questions.answered(status, String(sn + 1), true, 1_500)).toBeNull()
  expect(questions.answered({ ...status, about: 'other' }, String(sn), true, 1_500)).toBeNull()
  expect(questions.answered(status, String(sn), true, 1_500)).toBe(1_000)
  expect(questions.answered(status, String(sn), true, 1_500)).toBeNull()
})

it('a flood of one address does not close the gate to others', () => {
  const gate = new FloodGate()
  let passed = 0
  for (let i = 0; i < 10_000; i++) if (gate.passes('10.0.0.1', 0)) passed += 1
  expect(passed).toBe(MESSAGES_BURST)
  expect(gate.passes('10.0.0.2', 0)).toBe(true)
  expect(gate.passes('10.0.0.1', 1_000)).toBe(true)
})
