import { InvariantError, ProtocolError } from '../errors.ts'
import type { Instant } from '../time.ts'
import { stateTopic } from '../topics.ts'
import { encodeState, parseState } from './state.ts'

/** A STATE message as it is published (Sparkplug 3.0, chapters 4.4 and 6.4.2). */
export interface StateMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 1
  readonly retain: true
}

/**
 * The host's own presence at ONE server (the timestamp is kept per server): `connect` before each CONNECT gives the
 * will, `birth` the first publish, `delivered` the answer to a STATE of one's own, `death` the last publish.
 */
export class HostPresence {
  readonly topic: string
  #connectedAt: number | null = null
  /** Nodes disregard a STATE that is older than one they have seen: a clock that is set back must not silence us. */
  #latest = 0

  constructor(hostId: string) {
    this.topic = stateTopic(hostId)
  }

  /** The will of the CONNECT that is about to be sent. */
  connect(at: Instant): StateMessage {
    this.#connectedAt = this.#stamp(at)
    return this.#state(false, this.#connectedAt)
  }

  /** To be published once the subscriptions stand, before anything else. */
  birth(): StateMessage {
    if (this.#connectedAt === null) throw new InvariantError('a host is born by connecting')
    return this.#state(true, this.#connectedAt)
  }

  /** Somebody (an old will, usually) said that this host is offline: said otherwise at once, with the same timestamp. */
  delivered(payload: Uint8Array): StateMessage | null {
    if (this.#connectedAt === null) return null
    try {
      return parseState(payload).online ? null : this.birth()
    } catch (error) {
      if (error instanceof ProtocolError) return this.birth()
      throw error
    }
  }

  /** The last publish of a clean stop. */
  death(at: Instant): StateMessage {
    this.#connectedAt = null
    return this.#state(false, this.#stamp(at))
  }

  #stamp(at: Instant): number {
    this.#latest = Math.max(this.#latest, Math.floor(at))
    return this.#latest
  }

  #state(online: boolean, timestamp: number): StateMessage {
    return { topic: this.topic, payload: encodeState({ online, timestamp }), qos: 1, retain: true }
  }
}
