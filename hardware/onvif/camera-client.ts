/**
 * Questions to one camera, with what proves its password. Credentials go to the configured host alone, whatever address the
 * camera names, and rest for a while once they were refused: cameras lock who tries too often.
 */
import type { Instant, Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { DENIAL_WORDS } from '../digest/denial-words.ts'
import { type Credential, DigestSession } from '../digest/digest-session.ts'
import { HardwareError } from '../errors.ts'
import type { XmlElement } from '../xml/xml.ts'
import { DenialRest } from './denial-rest.ts'
import type { HttpAnswer, HttpExchange } from './http-exchange.ts'
import { checkJpeg } from './jpeg-check.ts'
import { escapeXml, MAX_SOAP_BYTES, readSoap, writeEnvelope } from './soap.ts'
import { writeUsernameToken } from './username-token.ts'

export interface CameraClientDeps {
  readonly clock: Timekeeper
  readonly exchange: HttpExchange
  /** Unpredictable. */
  readonly randomBytes: (length: number) => Uint8Array
}

export interface CameraClientOptions {
  /** Its device service, or where its pictures are: the one host that is spoken to. */
  readonly url: URL
  readonly credential: Credential | null
  readonly limitMs: Millis
  readonly pictureLimitBytes: number
  /** Shared by the cameras of one device; by default its own. */
  readonly rest?: DenialRest
}

export interface Call {
  readonly url: URL
  readonly body: string
  /** What answers without credentials, such as the time. */
  readonly isOpen?: boolean
  /** For services that want WS-Addressing: the action, and elements of the subscription's reference. */
  readonly action?: string
  readonly reference?: string
  /** The camera's default by default. */
  readonly limitMs?: Millis
}

/** One answer 401 with a challenge, one whose nonce ran out, one more of the other kind of proof. */
const MOST_TRIES = 4

/** How a camera wants the password proved: in the SOAP header, by HTTP, or both. */
type Proof = 'token' | 'http' | 'both'

export class CameraClient {
  readonly #deps: CameraClientDeps
  readonly #options: CameraClientOptions
  readonly #session: DigestSession | null
  /** Pictures come from another server of the camera, with challenges of its own. */
  readonly #pictureSession: DigestSession | null
  #proof: Proof = 'token'
  readonly #rest: DenialRest
  /** The camera's clock minus ours; `null`: not known. */
  clockOffsetMs: Millis | null = null

  constructor(deps: CameraClientDeps, options: CameraClientOptions) {
    this.#deps = deps
    this.#options = options
    this.#rest = options.rest ?? new DenialRest()
    const cnonce = () => Buffer.from(deps.randomBytes(12)).toString('hex')
    this.#session = options.credential && new DigestSession(options.credential, cnonce)
    this.#pictureSession = options.credential && new DigestSession(options.credential, cnonce)
  }

  /** The refusal that still stands, and for which nothing is asked with credentials. */
  get denial(): HardwareError | null {
    return this.#rest.standing(this.#deps.clock.monotonic())
  }

  /** Keeps a refusal that another part of the camera gave. */
  noteDenial(error: HardwareError): void {
    this.#rest.note(error, this.#deps.clock.monotonic())
  }

  /** The camera's time now, by its own clock. */
  cameraTime(): Instant {
    const { clock } = this.#deps
    return instant(clock.stamp(clock.monotonic()).at + (this.clockOffsetMs ?? 0))
  }

  /** What a camera names, on the host that is configured: behind a router it names one that nobody reaches. */
  resolve(told: string): URL {
    const { url: own } = this.#options
    const url = new URL(told)
    const resolved = new URL(own)
    // Set part by part, not read as a relative address: a path that begins with `//` would be another host.
    resolved.pathname = url.pathname
    resolved.search = url.search
    resolved.hash = ''
    if (url.hostname === own.hostname && url.protocol === own.protocol) resolved.port = url.port
    return resolved
  }

  /** @throws HardwareError `camera-…`; the signal's reason */
  async call(call: Call, signal: AbortSignal): Promise<XmlElement> {
    for (let tries = 1; ; tries++) {
      const { answer, authorisation } = await this.#post(call, signal)
      const isLast = tries >= MOST_TRIES || call.isOpen === true
      if (answer.status === 401) {
        const verdict = challenged(this.#session, answer, authorisation)
        if (isLast || verdict !== 'retry') throw this.#refused(call, DENIAL_WORDS[verdict])
        if (this.#proof === 'token') this.#proof = 'http'
        continue
      }
      const soap = this.#read(call.url, answer)
      if (soap.kind === 'answer') return this.#welcomed(call, soap.body)
      if (!soap.isDenied) throw new HardwareError('camera-faulted', `${call.url.pathname}: ${soap.reason}`)
      if (isLast || this.#proof !== 'http') throw this.#refused(call, soap.reason)
      this.#proof = 'both'
    }
  }

  /** One whole JPEG picture. @throws HardwareError `camera-…`; the signal's reason */
  async picture(url: URL, signal: AbortSignal): Promise<Uint8Array> {
    const { pictureLimitBytes: limitBytes, limitMs } = this.#options
    for (let tries = 1; ; tries++) {
      const denial = this.denial
      if (denial) throw denial
      const authorisation = this.#pictureSession?.authorisation('GET', `${url.pathname}${url.search}`) ?? null
      const headers = authorisation === null ? {} : { authorization: authorisation }
      const answer = await this.#deps.exchange({ method: 'GET', url, headers, limitMs, limitBytes }, signal)
      if (answer.status !== 401) return pictureOf(url, answer)
      const verdict = challenged(this.#pictureSession, answer, authorisation)
      if (tries >= MOST_TRIES || verdict !== 'retry') throw this.#refused({ url }, DENIAL_WORDS[verdict])
    }
  }

  async #post(call: Call, signal: AbortSignal): Promise<{ answer: HttpAnswer; authorisation: string | null }> {
    const { url, body, isOpen = false } = call
    const denial = isOpen ? null : this.denial
    if (denial) throw denial
    const { credential, limitMs } = this.#options
    const isProved = credential !== null && !isOpen
    const token =
      isProved && this.#proof !== 'http'
        ? writeUsernameToken(credential, this.cameraTime(), this.#deps.randomBytes(16))
        : ''
    const authorisation =
      isProved && this.#proof !== 'token'
        ? (this.#session?.authorisation('POST', `${url.pathname}${url.search}`) ?? null)
        : null
    const action = call.action === undefined ? '' : `; action="${call.action}"`
    const answer = await this.#deps.exchange(
      {
        method: 'POST',
        url,
        headers: {
          'content-type': `application/soap+xml; charset=utf-8${action}`,
          ...(authorisation !== null && { authorization: authorisation }),
        },
        body: writeEnvelope(token + this.#addressing(call), body),
        limitMs: call.limitMs ?? limitMs,
        limitBytes: MAX_SOAP_BYTES,
      },
      signal,
    )
    return { answer, authorisation }
  }

  #addressing({ url, action, reference = '' }: Call): string {
    if (action === undefined) return ''
    const id = Buffer.from(this.#deps.randomBytes(16)).toString('hex')
    const uuid = id.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5')
    return (
      `<a:Action>${action}</a:Action><a:MessageID>urn:uuid:${uuid}</a:MessageID>` +
      `<a:To>${escapeXml(url.href)}</a:To>${reference}`
    )
  }

  #read(url: URL, { status, body }: HttpAnswer) {
    const soap = readSoap(new TextDecoder().decode(body))
    if (soap.kind !== 'bad' && (soap.kind === 'fault' || status < 300)) return soap
    if (status === 503 || status === 429) throw new HardwareError('camera-busy', `${url.host}: HTTP ${status}`)
    if (status === 403) throw this.#refused({ url }, 'HTTP 403')
    const why = status === 200 && soap.kind === 'bad' ? soap.reason : `HTTP ${status}`
    throw new HardwareError('camera-garbled', `${url.host}${url.pathname} does not answer by ONVIF: ${why}`)
  }

  #welcomed(call: Call, body: XmlElement): XmlElement {
    if (!call.isOpen) this.#rest.end()
    return body
  }

  #refused({ url, isOpen = false }: Pick<Call, 'url' | 'isOpen'>, why: string): HardwareError {
    const error = new HardwareError('camera-denied', `${url.host}: ${why}`)
    if (!isOpen) this.noteDenial(error)
    return error
  }
}

const challenged = (session: DigestSession | null, { challenges }: HttpAnswer, authorisation: string | null) =>
  session?.challenged(challenges, authorisation) ?? 'no-credential'

function pictureOf(url: URL, { status, body }: HttpAnswer): Uint8Array {
  const name = `${url.host}${url.pathname}`
  if (status === 503 || status === 429) throw new HardwareError('camera-busy', `${name}: HTTP ${status}`)
  if (status !== 200) throw new HardwareError('camera-no-picture', `${name}: HTTP ${status}`)
  const check = checkJpeg(body)
  if (check.kind === 'bad') throw new HardwareError('camera-no-picture', `${name}: ${check.reason}`)
  return body.length === check.bytes ? body : body.slice(0, check.bytes)
}
