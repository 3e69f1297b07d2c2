import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeviceState, Measurement, ProbeReading, Snapshot } from '@minewarden/hardware/contract.ts'
import { openOnvifDrivers } from '@minewarden/hardware/onvif/open-drivers.ts'
import { OnvifOptions } from '@minewarden/hardware/onvif/options.ts'
import type { OpenedDriver } from '@minewarden/hardware/opener.ts'
import { type OnvifCameraOptions, SimulatedOnvifCamera } from '@minewarden/hardware/sim/onvif/camera.ts'
import { OnvifCameraServer } from '@minewarden/hardware/sim/onvif/server.ts'
import { believe, type Clock, instant } from '@minewarden/protocol/time.ts'
import { eventually } from '../../support/eventually.ts'

export const ACCOUNT = { user: 'warden', password: 'mine&<12345>' } as const

export const clock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const abort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', abort, { once: true })
    }),
}

/** The frame of a JPEG of that size, with so many bytes of picture that no decoder would take. */
export function jpegOf(width: number, height: number, bytes = 400): Uint8Array {
  const size = [height >> 8, height & 255, width >> 8, width & 255]
  const frame = [0xff, 0xc0, 0, 11, 8, ...size, 1, 1, 0x11, 0]
  const scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]
  const picture = Array.from({ length: bytes }, (_, i) => i % 251)
  return Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 1, ...frame, ...scan, ...picture, 0xff, 0xd9])
}

/** Cameras on free ports, and a driver that watches them. */
export class Stage implements AsyncDisposable {
  readonly servers: OnvifCameraServer[] = []
  readonly told = new Map<string, Measurement[]>()
  readonly drivers = new Map<string, OpenedDriver>()
  readonly #stop = new AbortController()
  readonly #reading: Promise<void>[] = []
  #folder = ''

  async addCamera(more: Partial<OnvifCameraOptions> = {}): Promise<OnvifCameraServer> {
    const camera = new SimulatedOnvifCamera({ account: ACCOUNT, jpeg: jpegOf(640, 360), clock, ...more })
    const server = await new OnvifCameraServer(camera).powerOn()
    this.servers.push(server)
    return server
  }

  /** Opens one driver for all and reads every camera. */
  async watch(cameras: readonly object[], more: object = {}): Promise<void> {
    await this.open(cameras, more)
    for (const { driver } of this.drivers.values()) this.#reading.push(this.#read(driver))
  }

  async open(cameras: readonly object[], more: object = {}): Promise<void> {
    this.#folder ||= await mkdtemp(join(tmpdir(), 'onvif-'))
    const passwordFile = join(this.#folder, 'password')
    await writeFile(passwordFile, `${ACCOUNT.password}\n`)
    const config = OnvifOptions.parse({
      kind: 'onvif',
      user: ACCOUNT.user,
      passwordFile,
      statusS: 1,
      snapshotS: 1,
      timeoutS: 1,
      cameras,
      ...more,
    })
    for (const opened of await openOnvifDrivers(config, { clock: believe(clock, 'ntp', 5), random: () => 0 })) {
      this.drivers.set(opened.driver.sensor, opened)
      this.told.set(opened.driver.sensor, [])
    }
  }

  of(sensor: string): Measurement[] {
    return this.told.get(sensor) ?? []
  }

  probes(sensor: string): ProbeReading[] {
    return this.of(sensor).filter((one) => one.kind === 'probe')
  }

  pictures(sensor: string): Snapshot[] {
    return this.of(sensor).filter((one) => one.kind === 'snapshot')
  }

  states(sensor: string): DeviceState[] {
    return this.of(sensor).filter((one) => one.kind === 'device')
  }

  /** `online`, or `offline refused`: what was told last. */
  last(sensor: string): string {
    const probe = this.probes(sensor).at(-1)
    return probe ? [probe.status, probe.cause].filter(Boolean).join(' ') : ''
  }

  async sees(sensor: string, words: string, deadlineMs = 10_000): Promise<ProbeReading> {
    await eventually(`${sensor} is ${words}`, () => this.last(sensor) === words, deadlineMs).catch((error) => {
      throw new Error(
        `${error.message}; told: ${JSON.stringify(this.probes(sensor).map(({ status, cause }) => [status, cause]))}`,
      )
    })
    return this.probes(sensor).at(-1)!
  }

  async stopReading(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#reading)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopReading()
    for (const server of this.servers) await server[Symbol.asyncDispose]()
    if (this.#folder !== '') await rm(this.#folder, { recursive: true, force: true })
  }

  async #read(driver: OpenedDriver['driver']): Promise<void> {
    for await (const measurement of driver.read(this.#stop.signal)) this.of(driver.sensor).push(measurement)
  }
}
