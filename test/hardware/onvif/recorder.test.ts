import { OnvifOptions } from '@minewarden/hardware/onvif/options.ts'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { Stage } from './stage.ts'

const SCENE = 'tns1:VideoSource/GlobalSceneChange/ImagingService'

describe('a recorder with several cameras', () => {
  it('is followed by its profiles: each camera has its own picture and its own alarms', async () => {
    await using stage = new Stage()
    const { camera, url } = await stage.addCamera({ channels: 3 })
    await stage.watch(
      [
        { id: 'road', url, profile: 'Profile_1' },
        { id: 'shed', url, profile: 'camera 3' },
      ],
      { snapshotS: 0 },
    )
    await eventually('both listen', () => camera.subscriptions === 2)
    for (const [id, path] of [['shed', '/snapshot.jpg?ch=3'] as const, ['road', '/snapshot.jpg?ch=1'] as const]) {
      await stage.drivers.get(id)?.driver.takeSnapshot?.(new AbortController().signal)
      expect(camera.pictureAt).toBe(path)
    }
    const alarm = { topic: SCENE, operation: 'Changed', items: { State: 'true' } } as const
    camera.tell({ ...alarm, videoSource: 'VideoSource_3', atMs: Date.now() })
    await eventually('the shed is tampered with', () => stage.probes('shed').at(-1)?.status === 'tampered')
    expect(stage.probes('road').map(({ status }) => status)).not.toContain('tampered')
    camera.tell({ ...alarm, videoSource: 'VideoSourceToken', atMs: Date.now() })
    await eventually('the road, too', () => stage.probes('road').at(-1)?.status === 'tampered')
  })

  it('without the profile that is wanted names those that it has', async () => {
    await using stage = new Stage()
    const { url } = await stage.addCamera({ channels: 2 })
    await stage.watch([{ id: 'shed', url, profile: 'Channel_9' }], { snapshotS: 0 })
    await eventually('it says so', () =>
      stage
        .states('shed')
        .some(({ reason }) =>
          reason.includes('no profile Channel_9; it has Profile_1 (mainStream), Channel_2 (camera 2), Profile_2'),
        ),
    )
    expect(stage.probes('shed').at(-1)).toMatchObject({ status: 'online', cause: 'onvif-question-refused' })
  })

  it('with a wrong password is asked once for all of them: it locks the account, not the channel', async () => {
    await using stage = new Stage()
    const { camera, url } = await stage.addCamera({ channels: 8, account: { user: 'warden', password: 'another' } })
    const cameras = Array.from({ length: 8 }, (_, i) => ({ id: `cam-${i + 1}`, url }))
    await stage.open(cameras)
    const refusals: unknown[] = []
    for (const { driver } of stage.drivers.values())
      await driver.takeSnapshot?.(new AbortController().signal).catch((error) => refusals.push(error.code))
    expect(refusals).toEqual(Array(8).fill('camera-denied'))
    expect(camera.denied).toBeLessThanOrEqual(4)
  })

  it('needs its address', () =>
    expect(
      OnvifOptions.safeParse({ kind: 'onvif', cameras: [{ id: 'a', rtsp: 'rtsp://192.0.2.1/s', profile: 'x' }] }).error
        ?.issues,
    ).toMatchObject([{ path: ['cameras', 0, 'profile'], message: 'a profile needs a url' }]))
})
