import { HostPresence, type StateMessage } from '@minewarden/protocol/sparkplug/host-presence.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { NAMESPACE_FILTER } from '@minewarden/protocol/topics.ts'
import mqtt, { type MqttClient } from 'mqtt'
import type { HostTransport, HostTransportHandlers } from '../core/host-transport.ts'
import type { Logger } from '../core/ports.ts'

export interface MqttTransportOptions {
  /** `mqtt://host:port` or `mqtts://host:port` */
  readonly url: string
  readonly hostId: string
  readonly username: string | null
  readonly password: string | null
  /** PEM of the authority that signed the broker's certificate; `null`: those that Node trusts. */
  readonly ca: string | null
}

const KEEPALIVE_S = 15
const CONNECT_TIMEOUT_MS: Millis = 10_000
const FIRST_RETRY_MS: Millis = 500
const LONGEST_RETRY_MS: Millis = 15_000
/** Commands that wait for the socket; beyond it they are dropped, and come again with the next acknowledgement. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024

/**
 * The host as a client of any MQTT broker. Each connection is a client of its own with a will of its own: the will's
 * timestamp is the time of the CONNECT, which a client that reconnects by itself would repeat from its first one.
 */
export function createMqttTransport(
  options: MqttTransportOptions,
  deps: { readonly clock: Clock; readonly logger: Logger },
): HostTransport {
  return new MqttTransport(options, deps)
}

class MqttTransport implements HostTransport {
  readonly #options: MqttTransportOptions
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #presence: HostPresence
  readonly #stopping = new AbortController()
  #client: MqttClient | null = null
  #running: Promise<void> = Promise.resolve()

  constructor(options: MqttTransportOptions, deps: { readonly clock: Clock; readonly logger: Logger }) {
    this.#options = options
    this.#clock = deps.clock
    this.#logger = deps.logger.child({ part: 'host-transport', broker: withoutSecrets(options.url) })
    this.#presence = new HostPresence(options.hostId)
  }

  async start(handlers: HostTransportHandlers): Promise<void> {
    this.#running = this.#keepConnected(handlers)
  }

  publish(topic: string, payload: Uint8Array): void {
    const client = this.#client
    if (!client?.connected || client.stream.writableLength > MAX_WAITING_BYTES) return
    client.publish(topic, Buffer.from(payload), { qos: 0, retain: false })
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    const client = this.#client
    if (client?.connected) {
      await this.#say(client, this.#presence.death(this.#clock.now()))
      await client.endAsync()
    } else client?.end(true)
    await this.#running
  }

  async #keepConnected(handlers: HostTransportHandlers): Promise<void> {
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted; ) {
      const wasOnline = await this.#oneConnection(handlers)
      failures = wasOnline ? 0 : failures + 1
      const pauseMs = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS)
      await this.#clock.sleep(pauseMs, signal).catch(() => {})
    }
  }

  /** From CONNECT to the end of the connection; whether the host was online on it. */
  async #oneConnection(handlers: HostTransportHandlers): Promise<boolean> {
    const client = this.#connect()
    this.#client = client
    let born = false
    let online = false
    client.on('message', (topic, payload) => {
      if (topic !== this.#presence.topic) return handlers.onMessage(topic, payload)
      // From the moment that the birth is sent, confirmed or not: before it, the birth itself is the answer.
      const answer = this.#presence.delivered(payload)
      if (born && answer) void this.#say(client, answer)
    })
    client.on('error', (error) => this.#logger.warn({ err: error }, 'MQTT connection failed'))
    const closed = new Promise<void>((resolve) => client.once('close', resolve))
    client.once('connect', async () => {
      if (!(await this.#subscribe(client))) return void client.end(true)
      born = true
      await this.#say(client, this.#presence.birth())
      if (!client.connected) return
      online = true
      this.#logger.info({}, 'online')
      handlers.onOnline()
    })
    await closed
    client.end(true)
    if (online) handlers.onOffline()
    return online
  }

  #connect(): MqttClient {
    const { url, hostId, username, password, ca } = this.#options
    const { topic, payload, qos, retain } = this.#presence.connect(this.#clock.now())
    return mqtt.connect(url, {
      clientId: hostId,
      clean: true,
      protocolVersion: 4,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectPeriod: 0,
      queueQoSZero: false,
      will: { topic, payload: Buffer.from(payload), qos, retain },
      ...(username === null ? {} : { username }),
      ...(password === null ? {} : { password }),
      ...(ca === null ? {} : { ca }),
    })
  }

  /** The STATE topic is within the namespace, and asked for by name as the specification wants it. */
  async #subscribe(client: MqttClient): Promise<boolean> {
    try {
      const granted = await client.subscribeAsync([NAMESPACE_FILTER, this.#presence.topic], { qos: 1 })
      const refused = granted.filter(({ qos }) => qos === 128)
      if (refused.length > 0) this.#logger.error({ refused }, 'the broker refuses our subscriptions')
      return refused.length === 0
    } catch (error) {
      this.#logger.warn({ err: error }, 'could not subscribe')
      return false
    }
  }

  async #say(client: MqttClient, { topic, payload, qos, retain }: StateMessage): Promise<void> {
    try {
      await client.publishAsync(topic, Buffer.from(payload), { qos, retain })
    } catch (error) {
      this.#logger.warn({ err: error }, 'could not publish STATE')
    }
  }
}

const withoutSecrets = (url: string): string => url.replace(/\/\/[^@/]*@/, '//')
