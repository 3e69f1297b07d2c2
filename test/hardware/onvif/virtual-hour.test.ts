import type { Measurement } from '@minewarden/hardware/contract.ts'
import { openOnvifDrivers } from '@minewarden/hardware/onvif/open-drivers.ts'
import { OnvifOptions } from '@minewarden/hardware/onvif/options.ts'
import { SimulatedOnvifCamera } from '@minewarden/hardware/sim/onvif/camera.ts'
import { OnvifWire } from '@minewarden/hardware/sim/onvif/wire.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../edge/support/manual-clock.ts'
import { jpegOf } from './stage.ts'

const MINUTE = 60_000
const SCENE = 'tns1:VideoSource/GlobalSceneChange/ImagingService'

describe('two cameras over an hour', () => {
  it('are asked no more than need be, lose nothing of what one tells, and are told at each change alone', async () => {
    const clock = new ManualClock(instant(Date.UTC(2026, 10, 22)))
    const wire = new OnvifWire(clock)
    const plug = (host: string) =>
      wire.plug(host, new SimulatedOnvifCamera({ account: null, jpeg: jpegOf(640, 360), clock }))
    const [one, other] = [plug('10.0.0.1'), plug('10.0.0.2')]
    one.camera.set(SCENE, false)
    const cameras = ['10.0.0.1', '10.0.0.2'].map((host, i) => ({ id: `cam-${i}`, url: `http://${host}` }))
    const config = OnvifOptions.parse({ kind: 'onvif', cameras })
    const told: Measurement[][] = [[], []]
    const stop = new AbortController()
    const drivers = await openOnvifDrivers(config, { clock, random: () => 0.5 }, wire)
    const reading = drivers.map(async ({ driver }, i) => {
      for await (const measurement of driver.read(stop.signal)) told[i]!.push(measurement)
    })
    const words = (i: number) =>
      told[i]!.flatMap((one) => (one.kind === 'probe' ? [[one.status, one.cause].filter(Boolean).join(' ')] : []))

    await clock.advance(20 * MINUTE)
    expect(words(0)).toEqual(['online'])
    // Two looks, two pulls and one picture a minute, and some renewals.
    expect(one.camera.asked.length).toBeLessThan(20 * 8)
    expect(one.camera.count('CreatePullPointSubscription')).toBe(2)
    expect(one.camera.subscriptions).toBe(1)
    expect(told[0]!.filter(({ kind }) => kind === 'snapshot').length).toBeGreaterThanOrEqual(19)

    one.camera.set(SCENE, true)
    other.power = 'off'
    await clock.advance(MINUTE)
    expect(words(0)).toEqual(['online', 'tampered onvif-scene-change'])
    expect(words(1)[1]).toMatch(/^offline /)
    one.camera.set(SCENE, false)
    await clock.advance(2 * MINUTE)
    expect(words(0).at(-1)).toBe('online')
    expect(words(1).at(-1)).toBe('offline unreachable')
    expect(told[1]!.findLast(({ kind }) => kind === 'probe')).toMatchObject({ confidence: 0.85 })

    const before = words(1).length
    await clock.advance(10 * MINUTE)
    expect(words(1).length).toBe(before)
    other.power = 'on'
    await clock.advance(MINUTE)
    expect(words(1).at(-1)).toBe('online')
    expect(words(0).length).toBe(3)
    stop.abort()
    await clock.advance(MINUTE)
    await Promise.all(reading)
  })
})
