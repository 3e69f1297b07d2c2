import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Measurement, ProbeReading } from '@minewarden/hardware/contract.ts'
import { openGb28181Drivers } from '@minewarden/hardware/gb28181/open-drivers.ts'
import { Gb28181Options } from '@minewarden/hardware/gb28181/options.ts'
import type { Platform } from '@minewarden/hardware/gb28181/platform.ts'
import type { SipTransport } from '@minewarden/hardware/gb28181/transport.ts'
import { SimulatedCamera } from '@minewarden/hardware/sim/gb28181/camera.ts'
import { type CameraWire, tcpWire, udpWire } from '@minewarden/hardware/sim/gb28181/wire.ts'
import { believe, type Clock, instant } from '@minewarden/protocol/time.ts'

export const PLATFORM = '34020000002000000001'
export const REALM = '3402000000'
export const PASSWORD = 'mine-12345'
export const cameraId = (i: number) => `3402000000132${String(i).padStart(7, '0')}`

const clock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const timer = setTimeout(resolve, ms)
      const abort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', abort, { once: true })
    }),
}

type Devices = readonly {
  readonly id: string
  readonly probes: readonly { readonly id: string; readonly channel?: string }[]
}[]

/** A platform on a free port whose probes are all read, and cameras that are ticked. */
export class Stage implements AsyncDisposable {
  readonly told = new Map<string, Measurement[]>()
  readonly cameras: SimulatedCamera[] = []
  readonly #wires: CameraWire[] = []
  readonly #stop = new AbortController()
  readonly #timer = setInterval(() => this.#tick(), 40)
  #folder = ''
  #reading: Promise<void>[] = []
  port = 0
  platform!: Platform
  transport!: SipTransport

  #tick(): void {
    for (const camera of this.cameras) camera.tick()
  }

  async open(devices: Devices, more: { [key: string]: unknown } = {}): Promise<this> {
    this.#folder = await mkdtemp(join(tmpdir(), 'gb28181-'))
    const passwordFile = join(this.#folder, 'password')
    await writeFile(passwordFile, `${PASSWORD}\n`)
    const raw = {
      kind: 'gb28181',
      bind: '127.0.0.1',
      port: 0,
      platform: PLATFORM,
      passwordFile,
      keepaliveS: 1,
      devices,
    }
    const config = Gb28181Options.parse({ ...raw, settleS: 0, ...more })
    const bound = Promise.withResolvers<void>()
    const deps = {
      clock: believe(clock, 'ntp', 5),
      random: Math.random,
      dataDir: this.#folder,
      startAt: clock.now(),
      supply: null,
    }
    const drivers = await openGb28181Drivers(config, deps, {
      onBound: (port, platform, transport) => {
        Object.assign(this, { port, platform, transport })
        bound.resolve()
      },
    })
    this.#reading = drivers.map(async ({ driver }) => {
      const told: Measurement[] = []
      this.told.set(driver.sensor, told)
      for await (const measurement of driver.read(this.#stop.signal)) told.push(measurement)
    })
    await bound.promise
    return this
  }

  async camera(
    id: string,
    {
      channels,
      transport = 'UDP',
      keepaliveMs = 1_000,
      password = PASSWORD,
      expiresS,
    }: {
      readonly channels?: readonly string[]
      readonly transport?: 'UDP' | 'TCP'
      readonly keepaliveMs?: number
      readonly password?: string
      readonly expiresS?: number
    } = {},
  ): Promise<SimulatedCamera> {
    const wire = await (transport === 'UDP' ? udpWire(this.port) : tcpWire(this.port))
    this.#wires.push(wire)
    const options = {
      id,
      platform: PLATFORM,
      realm: REALM,
      password,
      keepaliveMs,
      ...(channels && { channels }),
      ...(expiresS && { expiresS }),
    }
    const camera = new SimulatedCamera({ wire, now: () => Date.now() }, options)
    this.cameras.push(camera)
    return camera
  }

  probes(sensor: string): ProbeReading[] {
    return (this.told.get(sensor) ?? []).filter((each) => each.kind === 'probe')
  }

  /** What was told last. */
  last(sensor: string): ProbeReading | undefined {
    return this.probes(sensor).at(-1)
  }

  states(sensor: string): string[] {
    return (this.told.get(sensor) ?? []).flatMap((each) =>
      each.kind === 'device' ? [`${each.state} ${each.reason}`] : [],
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    for (const wire of this.#wires) wire.close()
    this.#stop.abort()
    await Promise.all(this.#reading)
    await rm(this.#folder, { recursive: true, force: true })
  }
}
