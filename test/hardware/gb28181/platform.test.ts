import { describe, expect, it, vi } from 'vitest'
import { cameraId, Stage } from './stage.ts'

/** Until the assertion holds. */
const eventually = (holds: () => void, timeout = 8_000) => vi.waitFor(holds, { timeout, interval: 20 })

const ONE = [{ id: cameraId(1), probes: [{ id: 'cam-1' }] }]
const RECORDER = '34020000001180000001'
const CHANNELS = [cameraId(11), cameraId(12)]
const RECORDED = [{ id: RECORDER, probes: CHANNELS.map((channel, i) => ({ id: `ch-${i + 1}`, channel })) }]

describe.each(['UDP', 'TCP'] as const)('a camera over %s', (transport) => {
  it('registers, is online, is asked how it is, and is offline once it says goodbye', async () => {
    await using stage = await new Stage().open(ONE)
    const camera = await stage.camera(cameraId(1), { transport })
    camera.boot()
    await eventually(() => expect(stage.last('cam-1')).toMatchObject({ status: 'online', cause: null }))
    await eventually(() => expect(camera.asked).toContain('DeviceStatus'))
    await eventually(() => expect(stage.last('cam-1')?.clockOffsetS).toBeTypeOf('number'))
    expect(Math.abs(stage.last('cam-1')!.clockOffsetS!)).toBeLessThan(2)
    expect(camera.answers).toContain(401)
    camera.unregister()
    await eventually(() => expect(stage.last('cam-1')).toMatchObject({ status: 'offline', cause: 'unregistered' }))
  })

  it('that falls silent is offline after three keepalives, since its last word', async () => {
    await using stage = await new Stage().open(ONE)
    const camera = await stage.camera(cameraId(1), { transport })
    camera.boot()
    await eventually(() => expect(stage.last('cam-1')?.status).toBe('online'))
    const killedAt = Date.now()
    camera.kill()
    await eventually(() => expect(stage.last('cam-1')?.status).toBe('offline'))
    const { at, sinceMs, cause } = stage.last('cam-1')!
    expect(cause).toBe('keepalive-missed')
    expect(Math.abs(sinceMs! - killedAt)).toBeLessThan(1_000)
    expect(at - sinceMs!).toBeGreaterThanOrEqual(3_000)
    expect(at - sinceMs!).toBeLessThan(3_600)
  })
})

describe('an alarm', () => {
  it.each([
    [2, 1, 'offline', 'video-lost'],
    [2, 2, 'tampered', 'tamper-alarm'],
    [2, 3, 'online', 'disk-full'],
    [5, 13, 'occluded', 'occlusion-alarm'],
    [6, 1, 'online', 'disk-fault'],
  ] as const)(
    'of method %i and type %i is told as %s because of %s, and answered',
    async (method, type, status, cause) => {
      await using stage = await new Stage().open(ONE)
      const camera = await stage.camera(cameraId(1))
      camera.boot()
      await eventually(() => expect(stage.last('cam-1')?.status).toBe('online'))
      camera.alarm(method, type)
      await eventually(() => expect(stage.last('cam-1')).toMatchObject({ status, cause }))
      await eventually(() => expect(camera.asked).toContain('Alarm'))
    },
  )

  it('of motion says nothing of the probe', async () => {
    await using stage = await new Stage().open(ONE)
    const camera = await stage.camera(cameraId(1))
    camera.boot()
    await eventually(() => expect(stage.last('cam-1')?.status).toBe('online'))
    camera.alarm(5, 2)
    await eventually(() => expect(camera.asked).toContain('Alarm'))
    expect(stage.probes('cam-1').every(({ status }) => status === 'online')).toBe(true)
    expect(stage.platform.counts.otherAlarms).toBe(1)
  })
})

describe('a recorder', () => {
  it('tells of its channels one by one: by keepalive, by status and by catalogue', async () => {
    await using stage = await new Stage().open(RECORDED, { statusS: 5 })
    const recorder = await stage.camera(RECORDER, { channels: CHANNELS })
    recorder.boot()
    await eventually(() => expect(stage.last('ch-2')?.status).toBe('online'))
    recorder.faulty.add(CHANNELS[1]!)
    await eventually(() => expect(stage.last('ch-2')).toMatchObject({ status: 'offline', cause: 'info-faulty' }))
    expect(stage.last('ch-1')?.status).toBe('online')
    recorder.faulty.clear()
    await eventually(() => expect(stage.last('ch-2')?.status).toBe('online'))
    await eventually(() => expect(recorder.asked).toContain('Catalog'))
    recorder.off.add(CHANNELS[0]!)
    const offline = ['device-status-offline', 'catalog-off']
    await eventually(() => expect(offline).toContain(stage.last('ch-1')?.cause))
    expect(stage.last('ch-2')?.status).toBe('online')
  })
})

describe('what a technician may have set wrong', () => {
  it('the password is named, and the camera goes on when it is set right', async () => {
    await using stage = await new Stage().open(ONE)
    const camera = await stage.camera(cameraId(1))
    camera.faults = { password: 'other' }
    camera.boot()
    await eventually(() => expect(stage.states('cam-1').at(-1)).toMatch(/bad-data .*wrong password/))
    expect(stage.platform.counts.wrongPasswords).toBeGreaterThan(0)
    expect(stage.last('cam-1')?.status).not.toBe('online')
    camera.faults = {}
    camera.boot()
    await eventually(() => expect(stage.last('cam-1')?.status).toBe('online'))
    expect(stage.states('cam-1').at(-1)).toMatch(/^ok/)
  })

  it('a number that nobody configured is refused and named', async () => {
    await using stage = await new Stage().open(ONE)
    const stranger = await stage.camera(cameraId(9))
    stranger.boot()
    await eventually(() => expect(stranger.answers).toContain(404))
    expect(stage.platform.strangers.describe()).toContain(cameraId(9))
  })

  it('a clock that is wrong is told', async () => {
    await using stage = await new Stage().open(ONE)
    const camera = await stage.camera(cameraId(1))
    camera.faults = { clockOffsetS: -3_600 }
    camera.boot()
    await eventually(() => expect(stage.last('cam-1')?.clockOffsetS).toBeLessThan(-3_597))
  })

  it('text that says GB2312 and is UTF-8 is understood, garbage is named', async () => {
    await using stage = await new Stage().open(ONE)
    const camera = await stage.camera(cameraId(1), { keepaliveMs: 200 })
    camera.faults = { bodies: 'mislabelled' }
    camera.boot()
    await eventually(() => expect(stage.last('cam-1')?.status).toBe('online'))
    camera.alarm(2, 2)
    await eventually(() => expect(stage.last('cam-1')?.status).toBe('tampered'))
    camera.faults = { bodies: 'garbage' }
    await eventually(() => expect(stage.states('cam-1').at(-1)).toMatch(/bad-data .*nobody understands/))
    camera.faults = {}
    await eventually(() => expect(stage.states('cam-1').at(-1)).toMatch(/^ok/))
  })
})

describe('a platform', () => {
  it('that was never registered at says so after three keepalives, and is not sure', async () => {
    await using stage = await new Stage().open(ONE)
    await eventually(() => expect(stage.last('cam-1')?.cause).toBe('never-registered'))
    expect(stage.last('cam-1')?.confidence).toBeLessThan(0.6)
  })

  it('takes no keepalive of a camera that has not registered, which makes it register', async () => {
    await using stage = await new Stage().open(ONE)
    const camera = await stage.camera(cameraId(1))
    camera.boot(60_000)
    camera.keepalive()
    await eventually(() => expect(camera.answers).toContain(403))
    await eventually(() => expect(camera.isRegistered).toBe(true))
  })

  it('lives through a flood, and hears the others again', async () => {
    await using stage = await new Stage().open(ONE)
    const camera = await stage.camera(cameraId(1))
    camera.boot()
    await eventually(() => expect(camera.isRegistered).toBe(true))
    for (let i = 0; i < 5_000; i++) camera.raw(Buffer.from(`MESSAGE garbage ${i}\r\n\r\n`))
    await eventually(() => expect(stage.transport.counts.malformed).toBeGreaterThan(100))
    await eventually(() => expect(stage.last('cam-1')?.status).toBe('online'))
  })

  it('takes a registration that outlives its time for lost', async () => {
    await using stage = await new Stage().open(ONE)
    const camera = await stage.camera(cameraId(1), { expiresS: 2, keepaliveMs: 500 })
    camera.faults = { isForgetful: true }
    camera.boot()
    await eventually(() => expect(stage.last('cam-1')?.status).toBe('online'))
    await eventually(() => expect(stage.probes('cam-1').map(({ cause }) => cause)).toContain('registration-expired'))
  })
})

it('a hundred and forty-eight probes of which ten are killed are online to 93.2 % within three keepalives', async () => {
  const ids = Array.from({ length: 148 }, (_, i) => cameraId(i + 1))
  await using stage = await new Stage().open(
    ids.map((id, i) => ({ id, probes: [{ id: `cam-${i + 1}` }] })),
    { keepaliveS: 2 },
  )
  for (const id of ids) (await stage.camera(id, { keepaliveMs: 2_000 })).boot(Math.random() * 1_000)
  const rate = () => ids.filter((_, i) => stage.last(`cam-${i + 1}`)?.status === 'online').length / ids.length
  await eventually(() => expect(rate()).toBe(1))
  const killedAt = Date.now()
  for (const camera of stage.cameras.slice(30, 40)) camera.kill()
  await eventually(() => expect((100 * rate()).toFixed(1)).toBe('93.2'))
  expect(Date.now() - killedAt).toBeLessThan(3 * 2_000 + 500)
  expect(stage.probes('cam-35').map(({ status }) => status)).toContain('offline')
})
