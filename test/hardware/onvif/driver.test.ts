import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { ACCOUNT, jpegOf, Stage } from './stage.ts'

const SCENE = 'tns1:VideoSource/GlobalSceneChange/ImagingService'
const LOSS = 'tns1:VideoSource/SignalLoss'
const TAMPER = 'tns1:RuleEngine/TamperDetector/Tamper'

describe.concurrent('a camera that is well', () => {
  it.each(['token', 'http'] as const)('is online, with its clock and its pictures (password by %s)', async (proof) => {
    await using stage = new Stage()
    const { camera, url } = await stage.addCamera({ proof })
    camera.faults = { clockOffsetMs: -7_200_000 }
    await stage.watch([{ id: 'cam', url }])
    const { confidence, clockOffsetS, clock } = await stage.sees('cam', 'online')
    expect(clock).toBe('ntp')
    expect(confidence).toBeGreaterThan(0.85)
    expect(clockOffsetS).toBeGreaterThan(-7_202)
    expect(clockOffsetS).toBeLessThan(-7_198)
    const picture = await eventually('a picture', () => stage.pictures('cam')[0])
    expect(picture.jpeg).toEqual(camera.jpeg)
    expect(stage.states('cam').map(({ state }) => state)).toEqual(['ok'])
    expect(camera.denied).toBe(0)
    expect(await stage.drivers.get('cam')!.survey!(new AbortController().signal)).toMatch(
      /^Simulated SIM-1 & co, firmware 1\.2\.3, serial 0001, tells events, gives pictures(?:, streams H265)?$/,
    )
  })

  it('is found by its capabilities where it knows no services, and behind a router that it calls by another name', async () => {
    await using stage = new Stage()
    const { camera, url } = await stage.addCamera({ hostName: '192.0.2.77:8000', proof: 'http' })
    camera.faults = { lacks: ['GetServices'] }
    camera.set(SCENE, false)
    await stage.watch([{ id: 'cam', url }])
    await eventually('a picture', () => stage.pictures('cam')[0])
    await eventually('a subscription', () => camera.count('PullMessages') > 0)
    expect(camera.count('GetCapabilities')).toBe(1)
  })

  it('is told once, however often it is asked, and leaves no connection open', async () => {
    await using stage = new Stage()
    const server = await stage.addCamera()
    await stage.watch([{ id: 'cam', url: server.url }], { snapshotS: 0 })
    await eventually('it was asked thrice', () => server.camera.count('GetSystemDateAndTime') >= 3)
    expect(stage.of('cam').map(({ kind }) => kind)).toEqual(expect.arrayContaining(['device', 'probe']))
    expect(stage.probes('cam').filter(({ status }) => status !== 'online')).toEqual([])
    expect(stage.probes('cam').length).toBeLessThanOrEqual(2)
    expect(server.openConnections).toBeLessThanOrEqual(2)
    await stage.stopReading()
    await eventually('it unsubscribed', () => server.camera.subscriptions === 0)
    await eventually('nothing is open', () => server.openConnections === 0)
  })

  it('gives a picture on demand though it is not read', async () => {
    await using stage = new Stage()
    const { camera, url } = await stage.addCamera({ proof: 'http' })
    await stage.open([{ id: 'cam', url }])
    const { takeSnapshot } = stage.drivers.get('cam')!.driver
    const { jpeg, kind } = await takeSnapshot!(new AbortController().signal)
    expect([kind, jpeg]).toEqual(['snapshot', camera.jpeg])
    camera.faults = { picture: 'html' }
    await expect(takeSnapshot!(new AbortController().signal)).rejects.toMatchObject({ code: 'camera-no-picture' })
  })
})

describe.concurrent("a camera's own alarms", () => {
  it('are told as they begin and end', async () => {
    await using stage = new Stage()
    const { camera, url } = await stage.addCamera()
    for (const topic of [SCENE, LOSS, TAMPER]) camera.set(topic, false)
    await stage.watch([{ id: 'cam', url }], { snapshotS: 0 })
    await stage.sees('cam', 'online')
    await eventually('a pull', () => camera.count('PullMessages') > 1)
    camera.set(LOSS, true)
    const { confidence, sinceMs } = await stage.sees('cam', 'offline onvif-signal-loss')
    expect(confidence).toBe(0.9)
    expect(Math.abs(Date.now() - sinceMs!)).toBeLessThan(5_000)
    camera.set(TAMPER, true)
    await stage.sees('cam', 'tampered onvif-tamper')
    camera.set(TAMPER, false)
    await stage.sees('cam', 'offline onvif-signal-loss')
    camera.set(LOSS, false)
    await stage.sees('cam', 'online')
    camera.set(SCENE, true)
    await stage.sees('cam', 'tampered onvif-scene-change')
  })

  it('that stand from the beginning are told beside online, and raised only once they begin anew', async () => {
    await using stage = new Stage()
    const { camera, url } = await stage.addCamera()
    camera.set(SCENE, true)
    await stage.watch([{ id: 'cam', url }], { snapshotS: 0 })
    await stage.sees('cam', 'online onvif-scene-change')
    camera.set(SCENE, false)
    await stage.sees('cam', 'online')
    camera.set(SCENE, true)
    await stage.sees('cam', 'tampered onvif-scene-change')
  })

  it.each(['fails', 'reboot'] as const)('begin anew after a subscription is lost (%s)', async (loss) => {
    await using stage = new Stage()
    const { camera, url } = await stage.addCamera()
    camera.set(SCENE, false)
    await stage.watch([{ id: 'cam', url }], { snapshotS: 0 })
    await eventually('a pull', () => camera.count('PullMessages') > 1)
    if (loss === 'fails') camera.faults = { subscriptions: 'fails' }
    camera.reboot()
    camera.set(SCENE, true)
    camera.faults = {}
    await stage.sees('cam', 'tampered onvif-scene-change')
    expect(camera.count('CreatePullPointSubscription')).toBeGreaterThan(1)
  })

  it('that are advertised and never fired leave it as it is', async () => {
    await using stage = new Stage()
    const { camera, url } = await stage.addCamera()
    camera.set(SCENE, false)
    camera.faults = { neverFires: true }
    await stage.watch([{ id: 'cam', url }])
    await eventually('a pull', () => camera.count('PullMessages') > 0)
    camera.set(SCENE, true)
    await eventually('a second picture', () => stage.pictures('cam')[1])
    expect(stage.last('cam')).toBe('online')
  })
})

describe.concurrent('a camera that fails', () => {
  it.each([
    ['hangs', { wire: 'hang' }, 'offline hung'],
    ['drips', { wire: 'drip' }, 'offline hung'],
    ['breaks off', { wire: 'cut-off' }, 'offline connection-lost'],
    ['never ends', { wire: 'endless' }, 'offline not-understood'],
    ['sends noise', { soap: 'garbage' }, 'offline not-understood'],
    ['sends an entity bomb', { soap: 'entity-bomb' }, 'offline not-understood'],
    ['is a web page', { soap: 'html' }, 'offline not-understood'],
    ['does not know ONVIF', { soap: 'not-found' }, 'offline not-understood'],
    ['is busy', { soap: 'unavailable' }, 'online busy'],
    ['tells nothing but the time', { onlyTime: true }, 'online onvif-question-refused'],
  ] as const)('and %s is told by its cause, and is found again by itself', async (_what, faults, words) => {
    await using stage = new Stage()
    const server = await stage.addCamera()
    await server.powerOff('rtsp')
    server.camera.streamUri = 'http://no.stream/'
    server.camera.faults = faults
    await stage.watch([{ id: 'cam', url: server.url }], { timeoutS: 0.4, statusS: 1 })
    const first = await stage.sees('cam', words)
    expect(stage.states('cam').at(-1)?.state).toBe(
      words === 'offline not-understood' || words.startsWith('online') ? 'bad-data' : 'disconnected',
    )
    if (first.status === 'offline')
      await eventually('it grows surer', () => stage.probes('cam').at(-1)!.confidence! > first.confidence!)
    server.camera.faults = {}
    await stage.sees('cam', 'online')
    await eventually('its state is ok', () => stage.states('cam').at(-1)?.state === 'ok')
  })

  it('by losing its power is offline since its last sign of life, and is online again by itself', async () => {
    await using stage = new Stage()
    const server = await stage.addCamera()
    await stage.watch([{ id: 'cam', url: server.url }])
    await stage.sees('cam', 'online')
    await eventually('a picture', () => stage.pictures('cam')[0])
    const cutAt = Date.now()
    await server.powerOff()
    const { sinceMs } = await stage.sees('cam', 'offline refused')
    expect(Math.abs(sinceMs! - cutAt)).toBeLessThan(3_000)
    await server.powerOn()
    await stage.sees('cam', 'online')
  })

  it('by its stream alone is online, with a cause; by ONVIF alone too', async () => {
    await using stage = new Stage()
    const server = await stage.addCamera()
    await stage.watch([{ id: 'cam', url: server.url, rtsp: server.rtspUrl }], { snapshotS: 0 })
    await stage.sees('cam', 'online')
    server.camera.faults = { wire: 'hang' }
    expect((await stage.sees('cam', 'online onvif-hung')).confidence).toBeLessThan(0.8)
    server.camera.faults = {}
    await stage.sees('cam', 'online')
  })

  it.each(['cut-off', 'huge', 'garbage', 'hang'] as const)(
    'to give pictures says so after the third (%s)',
    async (picture) => {
      await using stage = new Stage()
      const { camera, url } = await stage.addCamera()
      camera.faults = { picture }
      await stage.watch([{ id: 'cam', url }])
      await stage.sees('cam', 'online no-picture', 15_000)
      expect(stage.pictures('cam')).toEqual([])
      camera.faults = {}
      await stage.sees('cam', 'online')
    },
  )

  it.each(['token', 'http'] as const)(
    'to know the password is asked with it twice at most (%s), and the password stands nowhere',
    async (proof) => {
      await using stage = new Stage()
      const { camera, url, ...server } = await stage.addCamera({ proof })
      camera.account = { ...ACCOUNT, password: 'another' }
      await stage.watch([{ id: 'cam', url }])
      await stage.sees('cam', 'online authentication-failed')
      await eventually('it was asked thrice', () => camera.count('GetSystemDateAndTime') >= 3)
      expect(camera.denied).toBeLessThanOrEqual(2)
      expect(stage.states('cam').at(-1)).toMatchObject({
        state: 'bad-data',
        reason: expect.stringMatching(/^camera-denied: /),
      })
      expect(inspect([stage.of('cam'), server], { depth: 9 })).not.toContain(ACCOUNT.password)
    },
  )

  it('to ask for a proof that does not show the password is not shown it', async () => {
    await using stage = new Stage()
    const { camera, url } = await stage.addCamera({ proof: 'http' })
    camera.faults = { wantsBasic: true }
    await stage.watch([{ id: 'cam', url }])
    await stage.sees('cam', 'online authentication-failed')
    expect(stage.states('cam').at(-1)?.reason).toContain('Basic')
  })

  it('harms no other one, and half of at least three make the line suspect', async () => {
    await using stage = new Stage()
    const servers = await Promise.all([0, 1, 2, 3].map(() => stage.addCamera()))
    await stage.watch(servers.map(({ url }, i) => ({ id: `cam-${i}`, url })))
    for (let i = 0; i < 4; i++) await stage.sees(`cam-${i}`, 'online')
    servers[0]!.camera.faults = { wire: 'endless' }
    await servers[1]!.powerOff()
    const alone = await stage.sees('cam-1', 'offline refused')
    await eventually('surer', () => stage.probes('cam-1').at(-1)!.confidence! > alone.confidence!)
    const sure = stage.probes('cam-1').at(-1)!.confidence!
    await servers[2]!.powerOff()
    await servers[0]!.powerOff()
    await stage.sees('cam-0', 'offline refused')
    await eventually('less sure', () => stage.probes('cam-1').at(-1)!.confidence! < sure)
    expect(stage.last('cam-3')).toBe('online')
    expect(stage.pictures('cam-3').length).toBeGreaterThan(1)
  })
})

describe.concurrent('a camera that is asked by its stream alone', () => {
  it.each([
    ['is there', {}, 'online'],
    ['has no such stream', { stream: 'not-found' }, 'online rtsp-question-refused'],
    ['is busy', { stream: 'busy' }, 'online busy'],
    ['has a stream without video', { stream: 'no-video' }, 'online rtsp-question-refused'],
    ['answers by another protocol', { stream: 'garbage' }, 'offline not-understood'],
    ['sends a head without end', { stream: 'huge-head' }, 'offline not-understood'],
    ['describes nothing', { stream: 'bad-sdp' }, 'offline not-understood'],
    ['hangs', { stream: 'hang' }, 'offline hung'],
    ['hangs up', { stream: 'hang-up' }, 'offline connection-lost'],
  ] as const)('and %s', async (_what, faults, words) => {
    await using stage = new Stage()
    const server = await stage.addCamera()
    server.rtspFaults = faults
    await stage.watch([{ id: 'cam', rtsp: server.rtspUrl }], { timeoutS: 0.5 })
    await stage.sees('cam', words)
    server.rtspFaults = {}
    await stage.sees('cam', 'online')
    expect(stage.drivers.get('cam')!.driver.takeSnapshot).toBeUndefined()
  })

  it('gives pictures where their address is configured', async () => {
    await using stage = new Stage()
    const server = await stage.addCamera()
    server.camera.jpeg = jpegOf(1_920, 1_080)
    await stage.watch([{ id: 'cam', rtsp: server.rtspUrl, snapshotUrl: `${server.url}/snapshot.jpg?ch=1` }])
    expect((await eventually('a picture', () => stage.pictures('cam')[0])).jpeg).toEqual(server.camera.jpeg)
  })

  it('with a wrong password is there all the same', async () => {
    await using stage = new Stage()
    const server = await stage.addCamera()
    server.camera.account = { ...ACCOUNT, user: 'other' }
    await stage.watch([{ id: 'cam', rtsp: server.rtspUrl }])
    await stage.sees('cam', 'online authentication-failed')
  })
})
