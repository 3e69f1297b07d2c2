/** Simulated cameras without ports: what the driver asks reaches them in the process, in whatever time its clock keeps. */
import type { Clock } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../../errors.ts'
import { ChunkQueue } from '../../line/chunk-queue.ts'
import type { ByteLine, LineOpener } from '../../line/contract.ts'
import type { HttpAnswer, HttpExchange, HttpQuestion } from '../../onvif/http-exchange.ts'
import type { SimulatedOnvifCamera } from './camera.ts'
import { type RtspFaults, RtspPeer } from './rtsp-peer.ts'

/** A camera at an address. */
export interface WiredCamera {
  readonly camera: SimulatedOnvifCamera
  /** `off`: its address is silent; `refusing`: it is on, and nothing listens. */
  power: 'on' | 'off' | 'refusing'
  rtspFaults: RtspFaults
}

export class OnvifWire {
  readonly #clock: Clock
  readonly #cameras = new Map<string, WiredCamera>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param host without a port: ONVIF and RTSP are both there */
  plug(host: string, camera: SimulatedOnvifCamera): WiredCamera {
    const wired: WiredCamera = { camera, power: 'on', rtspFaults: {} }
    camera.streamUri ||= `rtsp://${host}/stream1`
    this.#cameras.set(host, wired)
    return wired
  }

  readonly exchange: HttpExchange = async (question, signal) => {
    signal.throwIfAborted()
    const wired = this.#cameras.get(question.url.hostname)
    const name = question.url.host
    if (wired?.power === 'refusing') throw new HardwareError('camera-refused', `${name}: refused`)
    const isThere = wired?.power === 'on'
    const fault = wired?.camera.faults.wire
    if (fault === 'cut-off') throw new HardwareError('camera-lost', `${name}: the answer broke off`)
    if (fault === 'endless') throw new HardwareError('camera-garbled', `${name}: an answer without end`)
    if (!isThere || fault !== undefined || (wired.camera.faults.picture === 'hang' && question.method === 'GET')) {
      await this.#clock.sleep(question.limitMs, signal)
      throw new HardwareError(isThere ? 'camera-hung' : 'camera-unreachable', `${name}: no answer`)
    }
    return await this.#answer(wired, question, signal)
  }

  readonly openStream = (host: string): LineOpener => {
    return async (signal) => {
      const wired = this.#cameras.get(host)
      if (wired?.power === 'on') return lineTo(host, wired, this.#clock)
      if (wired?.power === 'refusing') throw new HardwareError('line-refused', `${host}: refused`)
      await this.#clock.sleep(3_600_000, signal)
      throw new HardwareError('line-unopened', `${host}: no connection`)
    }
  }

  async #answer(wired: WiredCamera, question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
    const { method, url, headers, limitMs, limitBytes } = question
    const limit = new AbortController()
    const done = new AbortController()
    const tooLate = new HardwareError('camera-hung', `${url.host}: no answer within ${limitMs} ms`)
    this.#clock.sleep(limitMs, done.signal).then(
      () => limit.abort(tooLate),
      () => undefined,
    )
    try {
      const request = {
        method,
        path: `${url.pathname}${url.search}`,
        host: url.host,
        authorisation: headers.authorization ?? '',
        body: question.body ?? '',
      }
      const answer = await wired.camera.respond(request, AbortSignal.any([signal, limit.signal]))
      // Who lost its power meanwhile has sent nothing.
      if (wired.power !== 'on') throw new HardwareError('camera-lost', `${url.host}: the connection broke`)
      if (answer.body.length > limitBytes) throw new HardwareError('camera-garbled', `${url.host}: too long`)
      const challenge = answer.headers['www-authenticate']
      return {
        status: answer.status,
        challenges: challenge === undefined ? [] : [challenge],
        contentType: answer.headers['content-type'] ?? '',
        body: answer.body,
      }
    } finally {
      done.abort()
    }
  }
}

function lineTo(host: string, wired: WiredCamera, clock: Clock): ByteLine {
  const queue = new ChunkQueue(Number.POSITIVE_INFINITY)
  const peer = new RtspPeer(() => ({ account: wired.camera.account, faults: wired.rtspFaults }))
  return {
    name: host,
    read: () => queue.read(),
    write: async (bytes) => {
      const answer = peer.receive(new TextDecoder('latin1').decode(bytes))
      if (answer === null) queue.end()
      else if (answer !== '') queue.push({ bytes: new TextEncoder().encode(answer), at: clock.monotonic() })
    },
    close: async () => queue.end(),
  }
}
