/** Statements about how an edge node waits for its primary host and leaves when that goes offline. */
import { parseState } from '@minewarden/protocol/sparkplug/state.ts'
import { parseTopic } from '@minewarden/protocol/topics.ts'
import type { Report } from './report.ts'
import type { Packet, Settings } from './trace.ts'

/** What the node has been told of the host on one server. */
interface Heard {
  stamp: number | null
  online: boolean | null
  /** The last thing heard was too old to count. */
  stale: 'online' | 'offline' | null
  /** Another host said that it is online. */
  other: boolean
}

export class PrimaryHostRules {
  readonly #report: Report
  readonly #options: Settings
  /** Stamps outlive connections: each server has its own. */
  readonly #stamps = new Map<number, number>()
  #heard: Heard = { stamp: null, online: null, stale: null, other: false }
  #born = false
  /** The host went offline on this server, and the node has to go. */
  #leaving: { at: number; server: number; died: boolean } | null = null
  /** The server that must not be the next one. */
  #from: number | null = null

  constructor(report: Report, options: Settings) {
    this.#report = report
    this.#options = options
  }

  connected(server: number): void {
    this.#heard = { stamp: this.#stamps.get(server) ?? null, online: null, stale: null, other: false }
    this.#born = false
    if (this.#from === server && (this.#options.servers ?? 1) > 1)
      this.#report.violate('host offline walk', `back to server ${server} at once`)
    this.#from = null
  }

  delivered({ at, server = 0, topic, payload }: Packet & { kind: 'deliver' }): void {
    const { primaryHost } = this.#options
    const state = primaryHost ? readState(topic, payload) : null
    if (!state) return
    const heard = this.#heard
    if (state.host !== primaryHost) {
      heard.other ||= state.online
      return
    }
    heard.stale = null
    if (heard.stamp !== null && state.timestamp < heard.stamp) {
      heard.stale = state.online ? 'online' : 'offline'
      return
    }
    heard.stamp = state.timestamp
    heard.online = state.online
    this.#stamps.set(server, state.timestamp)
    if (this.#born && !state.online) this.#leaving ??= { at, server, died: false }
  }

  /** An NBIRTH is on its way. */
  bears(): void {
    const { primaryHost } = this.#options
    const heard = this.#heard
    if (primaryHost && heard.online !== true) {
      this.#report.violate('host awaited', `${primaryHost} is not known to be online`)
      if (heard.other) this.#report.violate('host awaited id', 'another host is')
      if (heard.online === false && heard.stale === null)
        this.#report.violate('host awaited online', 'it said that it is offline')
      if (heard.stale === 'online') this.#report.violate('host awaited timestamp', 'it said so with an old timestamp')
    }
    this.#born = true
  }

  published({ at }: Packet, type: string): void {
    if (type === 'NDEATH') this.#judgeStale()
    // It goes on as before: the old message was rightly disregarded.
    else if (this.#heard.stale === 'offline') this.#heard.stale = null
    if (this.#leaving && type === 'NDEATH') this.#leaving.died = true
    else if (this.#leaving && !this.#leaving.died && at > this.#leaving.at + this.#options.graceMs)
      this.#stayed(`${type} goes on`)
  }

  /** Leaving because of an old message. */
  #judgeStale(): void {
    if (this.#heard.stale === 'offline' && !this.#leaving)
      this.#report.violate('host offline stale', 'left although the message was older than the online one')
    this.#heard.stale = null
  }

  left(server: number): void {
    if (this.#leaving?.died === false) this.#report.violate('host offline', 'left without an NDEATH')
    this.#from = this.#leaving ? server : null
    this.#leaving = null
    this.#born = false
  }

  tick(at: number, client: string): void {
    if (this.#leaving && at > this.#leaving.at + this.#options.graceMs) this.#stayed('stays', client)
  }

  #stayed(what: string, client?: string): void {
    this.#report.violate('host offline', `the primary host is offline, and the node ${what}`, client)
    this.#report.violate('host offline walk', `the primary host is offline, and the node ${what}`, client)
    this.#leaving = null
  }
}

/** A STATE message; `null` for anything else. */
export function readState(
  topic: string,
  payload: Uint8Array,
): { host: string; online: boolean; timestamp: number } | null {
  try {
    const parsed = parseTopic(topic)
    return parsed.kind === 'state' ? { host: parsed.host, ...parseState(payload) } : null
  } catch {
    return null
  }
}
