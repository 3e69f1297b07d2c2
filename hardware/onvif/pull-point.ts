/**
 * One subscription to a camera's events by pull point: made, pulled, renewed, given back. It ends after a while even when all
 * is well: a camera tells its states anew to a new one, so what was lost without a word is made good.
 * @see ONVIF Core Specification section 9.1; WS-BaseNotification 1.3 sections 6 and 7
 */
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../errors.ts'
import type { CameraClient } from './camera-client.ts'
import { type Pulled, readLasting, readPulled, readSubscription, type Subscription } from './event-answers.ts'

export interface PullPointOptions {
  readonly client: CameraClient
  readonly clock: Clock
  /** The event service. */
  readonly url: URL
  readonly limitMs: Millis
  /** @param subscribedAt on the monotonic clock */
  readonly pulled: (pulled: Pulled, subscribedAt: Millis) => void
}

/** A camera holds an answer back so long when nothing happens. */
export const PULL_MS: Millis = 30_000
export const SUBSCRIPTION_MS: Millis = 120_000
export const REFRESH_MS: Millis = 900_000
const MESSAGE_LIMIT = 32
/** Between two pulls, however much a camera has to tell; and when it answers at once that there is nothing. */
const LEAST_PAUSE_MS: Millis = 250
const EMPTY_PAUSE_MS: Millis = 2_000
const UNSUBSCRIBE_LIMIT_MS: Millis = 2_000

const EVENTS = 'http://www.onvif.org/ver10/events/wsdl'
const NOTIFICATION = 'http://docs.oasis-open.org/wsn'
const seconds = (ms: Millis) => `PT${Math.round(ms / 1_000)}S`

/**
 * Ends when it is time for a new one.
 * @throws HardwareError `camera-…` when it is lost; the signal's reason
 */
export async function followPullPoint(options: PullPointOptions, signal: AbortSignal): Promise<void> {
  const { clock } = options
  const subscribedAt = clock.monotonic()
  const pullPoint = new PullPoint(options, await subscribe(options, signal), subscribedAt)
  try {
    while (clock.monotonic() < subscribedAt + REFRESH_MS && !pullPoint.hasRunOut) {
      const askedAt = clock.monotonic()
      const pulled = await pullPoint.pull(signal)
      options.pulled(pulled, subscribedAt)
      await pullPoint.renew(signal)
      const isHasty = pulled.notices.length === 0 && clock.monotonic() - askedAt < EMPTY_PAUSE_MS
      await clock.sleep(isHasty ? EMPTY_PAUSE_MS : LEAST_PAUSE_MS, signal)
    }
  } finally {
    // Nobody waits for it: a camera that does not answer forgets the subscription by itself.
    void pullPoint.unsubscribe()
  }
}

async function subscribe({ client, url }: PullPointOptions, signal: AbortSignal): Promise<Subscription> {
  const body = await client.call(
    {
      url,
      action: `${EVENTS}/EventPortType/CreatePullPointSubscriptionRequest`,
      body: `<CreatePullPointSubscription xmlns="${EVENTS}"><InitialTerminationTime>${seconds(SUBSCRIPTION_MS)}</InitialTerminationTime></CreatePullPointSubscription>`,
    },
    signal,
  )
  const subscription = readSubscription(body)
  if (!subscription) throw new HardwareError('camera-garbled', `${url.host}: a subscription without an address`)
  return subscription
}

class PullPoint {
  readonly #options: PullPointOptions
  readonly #subscription: Subscription
  readonly #url: URL
  #endsAt: Millis
  #canRenew = true

  constructor(options: PullPointOptions, subscription: Subscription, now: Millis) {
    this.#options = options
    this.#subscription = subscription
    this.#url = options.client.resolve(subscription.address)
    this.#endsAt = now + lasting(subscription.lastsMs)
  }

  /** Its time is over, and the camera does not renew it. */
  get hasRunOut(): boolean {
    return !this.#canRenew && this.#options.clock.monotonic() >= this.#endsAt
  }

  async pull(signal: AbortSignal): Promise<Pulled> {
    const { client, clock, limitMs } = this.#options
    const body = await client.call(
      {
        url: this.#url,
        reference: this.#subscription.reference,
        action: `${EVENTS}/PullPointSubscription/PullMessagesRequest`,
        body: `<PullMessages xmlns="${EVENTS}"><Timeout>${seconds(PULL_MS)}</Timeout><MessageLimit>${MESSAGE_LIMIT}</MessageLimit></PullMessages>`,
        limitMs: PULL_MS + limitMs,
      },
      signal,
    )
    const pulled = readPulled(body)
    if (!pulled) throw new HardwareError('camera-garbled', `${this.#url.host}: an answer without messages`)
    // Some say that it is over with each answer, and it is not: then it is renewed, which shows it.
    if (pulled.lastsMs !== null)
      this.#endsAt = clock.monotonic() + Math.max(0, Math.min(pulled.lastsMs, SUBSCRIPTION_MS))
    return pulled
  }

  /** When less is left than the next pull may take. */
  async renew(signal: AbortSignal): Promise<void> {
    const { client, clock, limitMs } = this.#options
    if (!this.#canRenew || clock.monotonic() + 2 * PULL_MS + limitMs < this.#endsAt) return
    try {
      const body = await client.call(
        {
          url: this.#url,
          reference: this.#subscription.reference,
          action: `${NOTIFICATION}/bw-2/SubscriptionManager/RenewRequest`,
          body: `<Renew xmlns="${NOTIFICATION}/b-2"><TerminationTime>${seconds(SUBSCRIPTION_MS)}</TerminationTime></Renew>`,
        },
        signal,
      )
      this.#endsAt = clock.monotonic() + lasting(readLasting(body))
    } catch (error) {
      if (!(error instanceof HardwareError) || error.code !== 'camera-faulted') throw error
      this.#canRenew = false
    }
  }

  async unsubscribe(): Promise<void> {
    await this.#options.client
      .call(
        {
          url: this.#url,
          reference: this.#subscription.reference,
          action: `${NOTIFICATION}/bw-2/SubscriptionManager/UnsubscribeRequest`,
          body: `<Unsubscribe xmlns="${NOTIFICATION}/b-2"/>`,
          limitMs: UNSUBSCRIBE_LIMIT_MS,
        },
        new AbortController().signal,
      )
      .catch(() => undefined)
  }
}

/** A camera that says nothing, or something absurd, is taken to do what it was asked. */
const lasting = (ms: Millis | null): Millis => (ms !== null && ms > 0 ? Math.min(ms, SUBSCRIPTION_MS) : SUBSCRIPTION_MS)
