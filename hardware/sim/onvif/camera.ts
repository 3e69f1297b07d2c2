/**
 * A camera as ONVIF describes it, and as real ones misbehave: what it answers, without a wire. Written from the standards
 * without the driver's codec: a mistake in that is not made twice.
 * @see ONVIF Core Specification sections 5, 8, 9; Media Service Specification section 5
 */
import { randomBytes } from 'node:crypto'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { SimulatedNotice } from './documents.ts'
import * as say from './documents.ts'
import { type Account, challengeOf, provesByDigest, provesByToken } from './proof.ts'

export interface OnvifCameraFaults {
  /** Takes connections and never answers (`hang`), sends a byte a second (`drip`), without end (`endless`), half (`cut-off`). */
  readonly wire?: 'hang' | 'drip' | 'endless' | 'cut-off'
  /** What it answers instead of SOAP. */
  readonly soap?: 'garbage' | 'entity-bomb' | 'html' | 'not-found' | 'unavailable'
  readonly picture?: 'garbage' | 'html' | 'huge' | 'cut-off' | 'not-found' | 'hang'
  /** Its clock minus the true one. */
  readonly clockOffsetMs?: Millis
  /** Wants the password in clear. */
  readonly wantsBasic?: boolean
  /** Subscriptions are forgotten: questions to them fail (`fails`), or find nothing for ever (`deaf`). */
  readonly subscriptions?: 'fails' | 'deaf'
  /** Answers a pull at once, though there is nothing. */
  readonly isHasty?: boolean
  /** Advertises alarms and never sends one. */
  readonly neverFires?: boolean
  /** Tells the time and hangs up at all else. */
  readonly onlyTime?: boolean
  readonly lacks?: readonly ('GetServices' | 'Renew' | 'GetSnapshotUri' | 'CreatePullPointSubscription')[]
}

export interface OnvifCameraOptions {
  readonly account: Account | null
  readonly jpeg: Uint8Array
  /** How the password is to be proved. */
  readonly proof?: 'token' | 'http'
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  /** What it calls its own host, which nobody may reach: one behind a router. Default: the host that it is asked at. */
  readonly hostName?: string
  /** Of a recorder: how many cameras it has; one by default. */
  readonly channels?: number
}

export interface SimulatedRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly host: string
  readonly authorisation: string
  readonly body: string
}

export interface SimulatedResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

interface HeldSubscription {
  readonly id: number
  endsAt: number
  readonly waiting: SimulatedNotice[]
}

const MOST_SUBSCRIPTIONS = 8
const MOST_WAITING = 256
const HUGE_BYTES = 16 * 1_048_576

export class SimulatedOnvifCamera {
  readonly options: OnvifCameraOptions
  faults: OnvifCameraFaults = {}
  account: Account | null
  jpeg: Uint8Array
  /** Where it says that its stream is. */
  streamUri = ''
  /** Names of the questions that came: `GetSystemDateAndTime`, `picture`; the last thousand. */
  readonly asked: string[] = []
  /** Questions whose proof was wrong. */
  denied = 0
  /** Path and query at which a picture was fetched last. */
  pictureAt = ''
  readonly #states = new Map<string, { readonly topic: string; isOn: boolean }>()
  readonly #subscriptions = new Map<number, HeldSubscription>()
  #nonce = randomBytes(8).toString('hex')
  #made = 0
  #woken = new AbortController()

  constructor(options: OnvifCameraOptions) {
    this.options = options
    this.account = options.account
    this.jpeg = options.jpeg
  }

  get subscriptions(): number {
    return this.#subscriptions.size
  }

  /** Times that a question came. */
  count(question: string): number {
    return this.asked.filter((one) => one === question).length
  }

  /** Sets a state that it tells of: everyone subscribed hears of a change, and a new subscription of all. */
  set(topic: string, isOn: boolean): void {
    const state = this.#states.get(topic)
    this.#states.set(topic, { topic, isOn })
    if (state && state.isOn !== isOn && !this.faults.neverFires)
      this.tell({ topic, operation: 'Changed', items: { State: String(isOn) }, atMs: this.#nowMs() })
  }

  /** Tells all who are subscribed. */
  tell(notice: Omit<SimulatedNotice, 'atMs'> & { readonly atMs?: number }): void {
    for (const { waiting } of this.#subscriptions.values()) {
      waiting.push({ atMs: this.#nowMs(), ...notice })
      if (waiting.length > MOST_WAITING) waiting.shift()
    }
    this.#wake()
  }

  /** What is in memory alone is gone: subscriptions, nonces. */
  reboot(): void {
    this.#subscriptions.clear()
    this.#nonce = randomBytes(8).toString('hex')
    this.#wake()
  }

  /** The answer to a request; waits where the camera waits. @throws the signal's reason */
  async respond(request: SimulatedRequest, signal: AbortSignal): Promise<SimulatedResponse> {
    if (request.method === 'GET') {
      this.pictureAt = request.path
      return this.#picture(request)
    }
    const question = /<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)/.exec(request.body)?.[1] ?? 'nothing'
    this.#note(question)
    const { soap } = this.faults
    if (soap) return BROKEN[soap]()
    if (question !== 'GetSystemDateAndTime') {
      if (this.faults.onlyTime) throw new Error('hung up')
      const denial = this.#check(request)
      if (denial) return denial
    }
    if (this.faults.lacks?.some((one) => one === question))
      return soapAnswer(400, say.fault('ter:ActionNotSupported', 'Action not supported'))
    return await this.#answer(question, request, signal)
  }

  async #answer(question: string, request: SimulatedRequest, signal: AbortSignal): Promise<SimulatedResponse> {
    const base = `http://${this.options.hostName ?? request.host}`
    switch (question) {
      case 'GetSystemDateAndTime':
        return soapAnswer(200, say.dateAndTime(this.#nowMs()))
      case 'GetDeviceInformation':
        return soapAnswer(200, say.deviceInformation())
      case 'GetServices':
        return soapAnswer(200, say.services(base))
      case 'GetCapabilities':
        return soapAnswer(200, say.capabilities(base))
      case 'GetProfiles':
        return soapAnswer(200, say.profiles(this.options.channels))
      case 'GetSnapshotUri':
        return soapAnswer(200, say.mediaUri(question, `${base}/snapshot.jpg?ch=${channelOf(request)}`))
      case 'GetStreamUri':
        return soapAnswer(200, say.mediaUri(question, this.streamUri))
      case 'CreatePullPointSubscription':
        return this.#subscribe(base)
      default:
        return await this.#ofSubscription(question, request, signal)
    }
  }

  #subscribe(base: string): SimulatedResponse {
    if (this.#subscriptions.size >= MOST_SUBSCRIPTIONS)
      return soapAnswer(400, say.fault('wsntw:SubscribeCreationFailedFault', 'Too many subscriptions'))
    const [now, id] = [this.#nowMs(), ++this.#made]
    const initial = [...this.#states.values()].map(
      ({ topic, isOn }): SimulatedNotice => ({
        topic,
        operation: 'Initialized',
        items: { State: String(isOn) },
        atMs: now,
      }),
    )
    this.#subscriptions.set(id, { id, endsAt: now + 60_000, waiting: initial })
    return soapAnswer(200, say.subscriptionMade(base, id, now, now + 60_000))
  }

  async #ofSubscription(question: string, request: SimulatedRequest, signal: AbortSignal): Promise<SimulatedResponse> {
    const now = this.#nowMs()
    const id = Number(/SubscriptionId[^>]*>(\d+)</.exec(request.body)?.[1])
    for (const [key, { endsAt }] of this.#subscriptions) if (endsAt < now) this.#subscriptions.delete(key)
    const held = this.#subscriptions.get(id)
    if (!held || this.faults.subscriptions === 'fails')
      return soapAnswer(400, say.fault('wsrf-rw:ResourceUnknownFault', 'No such subscription'))
    switch (question) {
      case 'PullMessages':
        return await this.#pull(held, request, signal)
      case 'Renew':
        held.endsAt = now + 60_000
        return soapAnswer(200, say.renewed(now, held.endsAt))
      case 'Unsubscribe':
        this.#subscriptions.delete(id)
        return soapAnswer(200, say.unsubscribed())
      default:
        return soapAnswer(400, say.fault('ter:ActionNotSupported', 'Action not supported'))
    }
  }

  async #pull(held: HeldSubscription, { body }: SimulatedRequest, signal: AbortSignal): Promise<SimulatedResponse> {
    const seconds = Number(/Timeout>PT([\d.]+)S</.exec(body)?.[1] ?? 1)
    const limit = Number(/MessageLimit>(\d+)</.exec(body)?.[1] ?? 1)
    const isDeaf = this.faults.subscriptions === 'deaf'
    if ((held.waiting.length === 0 || isDeaf) && !this.faults.isHasty) await this.#nap(seconds * 1_000, signal)
    if (!this.#subscriptions.has(held.id))
      return soapAnswer(400, say.fault('wsrf-rw:ResourceUnknownFault', 'No such subscription'))
    const messages = isDeaf ? [] : held.waiting.splice(0, limit)
    return soapAnswer(200, say.pulled(this.#nowMs(), held.endsAt, messages.map(say.notification)))
  }

  #picture(request: SimulatedRequest): SimulatedResponse {
    this.#note('picture')
    const denial = this.#check(request)
    if (denial) return denial
    const { picture } = this.faults
    if (picture === 'not-found') return { status: 404, headers: {}, body: new Uint8Array(0) }
    if (picture === 'html') return htmlAnswer(200)
    const headers = { 'content-type': 'image/jpeg' }
    if (picture === 'garbage') return { status: 200, headers, body: randomBytes(2_000) }
    if (picture === 'huge') return { status: 200, headers, body: new Uint8Array(HUGE_BYTES) }
    if (picture === 'cut-off') return { status: 200, headers, body: this.jpeg.subarray(0, this.jpeg.length - 40) }
    return { status: 200, headers, body: this.jpeg }
  }

  /** `null`: the password was proved. */
  #check({ method, authorisation, body }: SimulatedRequest): SimulatedResponse | null {
    const { account } = this
    if (!account) return null
    if (this.faults.wantsBasic)
      return { status: 401, headers: { 'www-authenticate': 'Basic realm="sim"' }, body: new Uint8Array(0) }
    const isByToken = method === 'POST' && this.options.proof !== 'http'
    if (isByToken) {
      if (provesByToken(body, this.#nowMs(), account)) return null
      this.denied += 1
      return soapAnswer(400, say.fault('ter:NotAuthorized', 'Sender not Authorized'))
    }
    if (provesByDigest(authorisation, method, this.#nonce, account)) return null
    if (authorisation !== '') this.denied += 1
    return { status: 401, headers: { 'www-authenticate': challengeOf('sim', this.#nonce) }, body: new Uint8Array(0) }
  }

  #nowMs(): number {
    return this.options.clock.now() + (this.faults.clockOffsetMs ?? 0)
  }

  #note(question: string): void {
    this.asked.push(question)
    if (this.asked.length > 1_000) this.asked.shift()
  }

  #wake(): void {
    this.#woken.abort()
    this.#woken = new AbortController()
  }

  async #nap(ms: Millis, signal: AbortSignal): Promise<void> {
    await this.options.clock.sleep(ms, AbortSignal.any([signal, this.#woken.signal])).catch(() => undefined)
    signal.throwIfAborted()
  }
}

const soapAnswer = (status: number, text: string): SimulatedResponse => ({
  status,
  headers: { 'content-type': 'application/soap+xml; charset=utf-8' },
  body: new TextEncoder().encode(text),
})

const htmlAnswer = (status: number): SimulatedResponse => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: new TextEncoder().encode('<html><body>Log in<br></body></html>'),
})

const BROKEN: { readonly [F in NonNullable<OnvifCameraFaults['soap']>]: () => SimulatedResponse } = {
  garbage: () => ({ status: 200, headers: {}, body: randomBytes(500) }),
  'entity-bomb': () => soapAnswer(200, say.entityBomb()),
  html: () => htmlAnswer(200),
  'not-found': () => htmlAnswer(404),
  unavailable: () => htmlAnswer(503),
}

/** The number at the end of the profile's token, as of `Channel_2`. */
const channelOf = ({ body }: SimulatedRequest): string => /_(\d+)<\/ProfileToken>/.exec(body)?.[1] ?? '1'
