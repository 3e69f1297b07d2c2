/** The platform without sockets, on a clock that the test turns. */
import type { ProbeReading } from '@minewarden/hardware/contract.ts'
import type { Peer } from '@minewarden/hardware/gb28181/peer.ts'
import { Platform } from '@minewarden/hardware/gb28181/platform.ts'
import { hashedPassword } from '@minewarden/hardware/gb28181/sip/digest.ts'
import { parseDatagram } from '@minewarden/hardware/gb28181/sip/message.ts'
import { SimulatedCamera } from '@minewarden/hardware/sim/gb28181/camera.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { expect, it } from 'vitest'
import { cameraId, PASSWORD, PLATFORM, REALM } from './stage.ts'

const PEER: Peer = {
  transport: 'UDP',
  host: '10.0.0.9',
  port: 5060,
  localHost: '10.0.0.1',
  localPort: 5060,
  connection: null,
}

/** One camera and a platform, in one process and in virtual time. */
function pair() {
  let now = 0
  const told: ProbeReading[] = []
  const sent: Uint8Array[] = []
  const answered: Uint8Array[] = []
  let listen: (text: string) => void = () => undefined
  const id = cameraId(1)
  const probes = [{ sensor: SensorId.parse('cam-1'), channel: id }]
  const hashed = hashedPassword(id, REALM, PASSWORD)
  const platform = new Platform(
    {
      clock: { stamp: (at) => ({ at: instant(1e12 + at), quality: 'ntp', errorMs: 5 }) },
      random: () => 0.5,
      secret: new Uint8Array(32),
      send: (_peer, bytes) => {
        answered.push(bytes)
        listen(Buffer.from(bytes).toString('latin1'))
        return true
      },
      emit: ({ measurement }) => measurement.kind === 'probe' && told.push(measurement),
    },
    {
      platform: PLATFORM,
      realm: REALM,
      devices: [{ id, hashed, probes }],
      keepaliveMs: 60_000,
      statusMs: 300_000,
      alarmHoldMs: 600_000,
    },
    now,
  )
  const receive = (bytes: Uint8Array, peer = PEER) => {
    const parsed = parseDatagram(bytes)
    if (parsed.kind === 'message') platform.receive(parsed.message, peer, now)
  }
  const camera = new SimulatedCamera(
    {
      wire: {
        transport: 'UDP',
        local: '10.0.0.9:5060',
        send: (bytes) => {
          sent.push(bytes)
          receive(bytes)
        },
        onMessage: (listener) => {
          listen = listener
        },
        close: () => undefined,
      },
      now: () => 1e12 + now,
    },
    { id, platform: PLATFORM, realm: REALM, password: PASSWORD, keepaliveMs: 60_000 },
  )
  const run = (ms: number, each: (at: number) => void = () => undefined) => {
    for (const until = now + ms; now < until; now += 1_000) {
      each(now)
      camera.tick()
      platform.tick(now)
    }
  }
  return { platform, camera, told, sent, answered, receive, run }
}

it('a quiet day of one camera is two readings: that it is there, and how its clock stands', () => {
  const { camera, told, run } = pair()
  camera.boot()
  run(24 * 3_600_000)
  expect(told.map(({ status, cause }) => [status, cause])).toEqual([
    ['online', null],
    ['online', null],
  ])
  expect(told[1]?.clockOffsetS).toBeCloseTo(0, 0)
  expect(camera.answers).not.toContain(403)
})

it('a camera that reboots within three keepalives was never away', () => {
  const { camera, told, run } = pair()
  camera.boot()
  run(300_000)
  camera.kill()
  run(90_000)
  camera.boot()
  run(300_000)
  expect(told.every(({ status }) => status === 'online')).toBe(true)
})

it('a camera that only answers nothing is online by its keepalives', () => {
  const { camera, told, run } = pair()
  camera.faults = { isMute: true }
  camera.boot()
  run(3_600_000)
  expect(told.map(({ status, clockOffsetS }) => [status, clockOffsetS])).toEqual([['online', null]])
  expect(camera.asked.length).toBeGreaterThan(5)
})

it('a plug that is pulled for four minutes, again and again, is told off and on once each time it stands', () => {
  const { camera, told, run } = pair()
  camera.boot()
  run(300_000)
  for (let i = 0; i < 3; i++) {
    camera.kill()
    run(240_000)
    camera.boot()
    run(300_000)
  }
  const changes = told.map(({ status }) => status).filter((status, i, all) => status !== all[i - 1])
  expect(changes).toEqual(['online', 'offline', 'online', 'offline', 'online', 'offline', 'online'])
})

it('a request that comes twice gets the same answer, and counts once', () => {
  const { platform, camera, sent, answered, receive, run } = pair()
  camera.boot()
  run(2_000)
  camera.alarm(5, 2)
  const alarm = sent.findLast((bytes) => Buffer.from(bytes).includes('<CmdType>Alarm'))!
  const answer = answered.find((bytes) => Buffer.from(bytes).includes('SIP/2.0 200') && sameCall(bytes, alarm))!
  const before = answered.length
  receive(alarm)
  expect(answered.slice(before)).toEqual([answer])
  expect(platform.counts.otherAlarms).toBe(1)
})

it('a registration that was overheard cannot be used again, nor a keepalive from elsewhere', () => {
  const { platform, camera, sent, told, receive, run } = pair()
  camera.boot()
  run(2_000)
  const register = Buffer.from(sent.find((bytes) => Buffer.from(bytes).includes('Authorization'))!).toString('latin1')
  camera.unregister()
  const stranger = { ...PEER, host: '10.0.0.66' }
  const again = register.replace(/branch=z9hG4bK\w+/, 'branch=z9hG4bKother')
  for (const peer of [PEER, stranger]) receive(Buffer.from(again, 'latin1'), peer)
  expect(platform.counts.replays).toBe(1)
  camera.keepalive()
  receive(sent.at(-1)!, stranger)
  run(120_000)
  expect(told.at(-1)).toMatchObject({ status: 'offline', cause: 'unregistered' })
  expect(platform.counts.notRegistered).toBe(2)
})

const callId = (bytes: Uint8Array) => /call-id: *(\S+)/i.exec(Buffer.from(bytes).toString('latin1'))?.[1]
const sameCall = (one: Uint8Array, other: Uint8Array) => callId(one) === callId(other)
