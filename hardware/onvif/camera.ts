/** One camera: its client, what it said of itself, where its picture and its stream are. Shared by all who ask it. */
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import { type Credential, DigestSession } from '../digest/digest-session.ts'
import { HardwareError } from '../errors.ts'
import type { LineOpener } from '../line/contract.ts'
import { askStream } from '../rtsp/ask-stream.ts'
import type { SdpMedia } from '../rtsp/sdp.ts'
import { CameraClient, type CameraClientDeps } from './camera-client.ts'
import type { DenialRest } from './denial-rest.ts'
import type { Notice } from './event-answers.ts'
import { askTime, type Introduction, introduce } from './introduction.ts'

export interface CameraDeps extends CameraClientDeps {
  readonly clock: Timekeeper
  /** A connection to an RTSP server. */
  readonly openStream: (host: string, port: number) => LineOpener
}

export interface CameraConfig {
  readonly sensor: SensorId
  readonly device: URL | null
  /** Token or name of the media profile that it is; `null`: the device's first. */
  readonly profile: string | null
  readonly rtsp: string | null
  readonly snapshot: URL | null
  readonly credential: Credential | null
  readonly rest: DenialRest
  readonly limitMs: Millis
  readonly pictureLimitBytes: number
}

const RTSP_PORT = 554

export class Camera {
  readonly config: CameraConfig
  readonly client: CameraClient
  /** `null`: not introduced yet. */
  introduction: Introduction | null = null
  media: readonly SdpMedia[] | null = null
  /** Why its events cannot be followed; `null`: they are, or were not asked for yet. */
  eventsFault: HardwareError | null = null
  readonly #deps: CameraDeps
  readonly #streamSession: DigestSession | null

  constructor(deps: CameraDeps, config: CameraConfig) {
    this.#deps = deps
    this.config = config
    const { credential, rest, limitMs, pictureLimitBytes } = config
    const url = config.device ?? config.snapshot ?? new URL('http://camera.invalid')
    this.client = new CameraClient(deps, { url, credential, rest, limitMs, pictureLimitBytes })
    const cnonce = () => Buffer.from(deps.randomBytes(12)).toString('hex')
    this.#streamSession = credential && new DigestSession(credential, cnonce)
  }

  /** Where its picture is; `null`: it has none, as far as is known. */
  get snapshot(): URL | null {
    return this.config.snapshot ?? this.introduction?.snapshot ?? null
  }

  /** Where its stream is, on the host that is configured; `null`: not known. */
  get stream(): string | null {
    const { rtsp, device } = this.config
    const told = this.introduction?.stream ?? null
    if (rtsp !== null || told === null || device === null) return rtsp
    const url = new URL(told)
    return url.protocol === 'rtsp:'
      ? `rtsp://${device.hostname}:${url.port || RTSP_PORT}${url.pathname}${url.search}`
      : null
  }

  /** Whether an event may be of this camera: one of several of a device hears of all, and those that name no camera are of each. */
  isConcerned({ videoSource }: Notice): boolean {
    const profile = this.introduction?.profile ?? null
    if (this.config.profile === null || profile === null || videoSource === null) return true
    return videoSource === profile.token || profile.sources.includes(videoSource)
  }

  /** Asks the device service whether it is there. @throws HardwareError `camera-…`; the signal's reason */
  async lookByOnvif(url: URL, signal: AbortSignal): Promise<void> {
    await askTime({ client: this.client, url, now: () => this.#now() }, signal)
  }

  /**
   * To be called once it told the time: it is there then, whatever it makes of the further questions.
   * @throws HardwareError `camera-denied`, `camera-busy`, `camera-faulted`; the signal's reason
   */
  async introduce(url: URL, signal: AbortSignal): Promise<void> {
    try {
      this.introduction = await introduce(this.client, { url, wanted: this.config.profile }, signal)
    } catch (error) {
      if (!(error instanceof HardwareError) || error.code === 'camera-denied' || error.code === 'camera-busy')
        throw error
      throw new HardwareError('camera-faulted', `it tells the time, and then: ${error.message}`, error)
    }
  }

  /** @throws HardwareError `camera-…`; the signal's reason */
  async lookByRtsp(url: string, signal: AbortSignal): Promise<void> {
    const denial = this.client.denial
    if (denial) throw denial
    const { hostname, port } = new URL(url)
    const open = this.#deps.openStream(hostname.replace(/^\[|\]$/g, ''), port === '' ? RTSP_PORT : Number(port))
    const { limitMs } = this.config
    try {
      this.media = await askStream(
        { open, url, session: this.#streamSession, clock: this.#deps.clock, limitMs },
        signal,
      )
    } catch (error) {
      if (error instanceof HardwareError && error.code === 'camera-denied') this.client.noteDenial(error)
      throw error
    }
  }

  /** One picture of now. @throws HardwareError that says why there is none; the signal's reason */
  async takePicture(signal: AbortSignal): Promise<Uint8Array> {
    const { device, sensor } = this.config
    if (this.snapshot === null && device !== null) {
      await this.lookByOnvif(device, signal)
      await this.introduce(device, signal)
    }
    if (this.snapshot === null) throw new HardwareError('camera-no-picture', `${sensor} tells of no still picture`)
    return await this.client.picture(this.snapshot, signal)
  }

  /** What it said of itself, in words for a technician; empty: nothing yet. */
  describe(): string {
    const { information, events, snapshot } = this.introduction ?? { information: null, events: null, snapshot: null }
    const words = information
      ? [
          [information.manufacturer, information.model].filter((word) => word !== '').join(' ') ||
            'a camera without a name',
        ]
      : []
    if (information?.firmware) words.push(`firmware ${information.firmware}`)
    if (information?.serial) words.push(`serial ${information.serial}`)
    if (this.introduction) {
      const { eventsFault } = this
      words.push(eventsFault ? `refuses events (${eventsFault.message})` : events ? 'tells events' : 'tells no events')
      words.push(snapshot || this.config.snapshot ? 'gives pictures' : 'gives no pictures')
    }
    const video = this.media?.find(({ type }) => type === 'video')
    if (video) words.push(`streams ${video.codec ?? 'video'}`)
    return words.join(', ')
  }

  /** Elapsed time laid over our own UTC: a wall clock that is set in between does not make an offset. */
  #now(): number {
    const { clock } = this.#deps
    return clock.stamp(clock.monotonic()).at
  }
}
