/** Statements about one host application: its STATE on each server, its subscriptions, its patience with gaps. */
import { ProtocolError } from '@minewarden/protocol/errors.ts'
import { REBIRTH_METRIC } from '@minewarden/protocol/sparkplug/birth.ts'
import { type HostState, parseState } from '@minewarden/protocol/sparkplug/state.ts'
import { filterMatches, parseTopic, stateTopic } from '@minewarden/protocol/topics.ts'
import { judgeCommand } from './command-rules.ts'
import type { NodeMemory } from './node-memory.ts'
import { readState } from './primary-host-rules.ts'
import { ReorderRules } from './reorder-rules.ts'
import type { Report } from './report.ts'
import { readTopic } from './topic-rules.ts'
import type { Message, Packet, Settings } from './trace.ts'

interface Session {
  readonly since: number
  readonly version: 4 | 5
  /** Timestamp of the will; `null` when it could not be read. */
  readonly stamp: number | null
  readonly filters: string[]
  published: boolean
  born: boolean
  died: boolean
  /** When it was told that it is offline, and has not answered yet. */
  owesSince: number | null
}

export interface HostDeps {
  readonly report: Report
  readonly options: Settings
  memory(group: string, node: string): NodeMemory
  /** Whether another client is connected to this server with this host id. */
  taken(host: string, server: number, client: string): boolean
}

export class HostRules {
  readonly #deps: HostDeps
  readonly #sessions = new Map<number, Session>()
  readonly #reorder: ReorderRules | null
  #host: string | null = null

  constructor(deps: HostDeps) {
    this.#deps = deps
    const { reorderTimeoutMs = null, graceMs } = deps.options
    this.#reorder = reorderTimeoutMs === null ? null : new ReorderRules(deps.report, reorderTimeoutMs, graceMs)
  }

  isOn(server: number, host: string): boolean {
    return this.#host === host && this.#sessions.has(server)
  }

  connect(packet: Packet & { kind: 'connect' }): void {
    const { report, taken } = this.#deps
    const { server = 0, version, clean, will, at, client } = packet
    if (version === 4) report.demand(clean, 'host clean 311', 'Clean Session is false')
    else
      report.demand(
        clean && (packet.sessionExpiryS ?? 0) === 0,
        'host clean 50',
        'a session that outlives its connection',
      )
    const stamp = will ? this.#judgeWill(will, at) : null
    if (!will) report.violate('host will missing', 'CONNECT without a will')
    const session = {
      since: at,
      version,
      stamp,
      filters: [],
      published: false,
      born: false,
      died: false,
      owesSince: null,
    }
    this.#sessions.set(server, session)
    if (this.#host !== null && taken(this.#host, server, client)) report.violate('host unique', this.#host)
  }

  #judgeWill(will: Message, at: number): number | null {
    const { report, options } = this.#deps
    const parsed = hostOf(will.topic)
    if (parsed === null) report.violate('host will topic', will.topic)
    else this.#host = parsed
    report.demand(will.qos === 1, 'host will qos', `will with QoS ${will.qos}`)
    report.demand(will.retain, 'host will retain', 'a will that is not retained')
    const state = parse(will.payload)
    if (typeof state === 'string' || state.online) {
      report.violate('host will payload', typeof state === 'string' ? state : 'a will that says online')
      return typeof state === 'string' ? null : state.timestamp
    }
    const off = state.timestamp - at
    report.demand(Math.abs(off) <= options.utcWindowMs, 'host will timestamp', `stamped ${off} ms from its CONNECT`)
    return state.timestamp
  }

  subscribe({ server = 0, filters }: Packet & { kind: 'subscribe' }): void {
    this.#sessions.get(server)?.filters.push(...filters.map(({ topic }) => topic))
  }

  deliver(packet: Packet & { kind: 'deliver' }): void {
    const session = this.#sessions.get(packet.server ?? 0)
    if (!session) return
    this.#reorder?.delivered(packet)
    const state = readState(packet.topic, packet.payload)
    if (state?.host !== this.#host || !session.born || session.died) return
    session.owesSince = state.online ? session.owesSince : (session.owesSince ?? packet.at)
  }

  publish(packet: Packet & { kind: 'publish' }): void {
    const { report } = this.#deps
    const session = this.#sessions.get(packet.server ?? 0)
    const topic = readTopic(report, packet.topic)
    if (!topic || !session) return
    const first = !session.published
    session.published = true
    if (topic.kind === 'state') {
      this.#judgeState(session, topic.host, packet, first)
      return
    }
    if (first) report.violate('host first publish', `${topic.type} before STATE`)
    this.#judgeOwed(session, packet.at, packet.client)
    if (!topic.type.endsWith('CMD')) return
    const { memory, options } = this.#deps
    const node = memory(topic.group, topic.node)
    const payload = judgeCommand({ report, topic, packet, node, utcWindowMs: options.utcWindowMs })
    if (payload?.metrics.some(({ name }) => name === REBIRTH_METRIC))
      this.#reorder?.asked(`${topic.group}/${topic.node}`, packet.at)
  }

  #judgeState(session: Session, host: string, packet: Packet & { kind: 'publish' }, first: boolean): void {
    const { report } = this.#deps
    this.#host ??= host
    const state = parse(packet.payload)
    if (typeof state === 'string') report.violate('host birth payload', state)
    else if (state.online) this.#judgeBirth(session, host, packet, state)
    else if (first) report.violate('host first publish', 'a death before any birth')
    else this.#judgeDeath(session, host, packet, state)
  }

  #judgeBirth(session: Session, host: string, packet: Packet & { kind: 'publish' }, { timestamp }: HostState): void {
    const { report } = this.#deps
    if (host !== this.#host) report.violate('host birth topic', packet.topic)
    report.demand(packet.qos === 1, 'host birth qos', `QoS ${packet.qos}`)
    report.demand(packet.retain, 'host birth retain', 'a birth that is not retained')
    if (timestamp !== session.stamp) {
      report.violate('host birth timestamp', `${timestamp}, the will's is ${session.stamp}`)
      const elsewhere = [...this.#sessions.values()].some((other) => other !== session && other.stamp === timestamp)
      if (elsewhere) report.violate('host stamps by server', `${timestamp} is another server's`)
    }
    const own = stateTopic(this.#host ?? host)
    const hears = (topic: string) => session.filters.some((filter) => filterMatches(filter, topic))
    report.demand(hears(own), 'host subscribed state', `no subscription to ${own}`)
    const messages = session.filters.some((filter) => /^spBv1\.0\/(#|(?!STATE\/))/.test(filter))
    report.demand(messages, 'host subscribed', 'no subscription to messages of edge nodes')
    session.born = true
    session.died = false
    session.owesSince = null
  }

  #judgeDeath(session: Session, host: string, packet: Packet & { kind: 'publish' }, { timestamp }: HostState): void {
    const { report, options } = this.#deps
    if (host !== this.#host) report.violate('host death topic', packet.topic)
    report.demand(packet.qos === 1, 'host death qos', `QoS ${packet.qos}`)
    report.demand(packet.retain, 'host death retain', 'a death that is not retained')
    const off = timestamp - packet.at
    report.demand(Math.abs(off) <= options.utcWindowMs, 'host death timestamp', `stamped ${off} ms from now`)
    session.died = true
  }

  disconnect({ server = 0, at, client }: Packet & { kind: 'disconnect' }): void {
    const session = this.#sessions.get(server)
    if (session?.born && !session.died) this.#deps.report.violate('host death', 'DISCONNECT without a death')
    this.#left(server, at, client)
  }

  close({ server = 0, intended = false, at, client }: Packet & { kind: 'close' }): void {
    const session = this.#sessions.get(server)
    if (intended && session?.born && !session.died)
      this.#deps.report.violate('host death on close', 'left without a death')
    this.#left(server, at, client)
  }

  #left(server: number, at: number, client: string): void {
    const session = this.#sessions.get(server)
    if (!session) return
    this.#judgeOwed(session, at, client)
    if (!session.born && at > session.since + this.#deps.options.graceMs) this.#unborn(client)
    this.#sessions.delete(server)
  }

  #judgeOwed(session: Session, at: number, client: string): void {
    if (session.owesSince === null || at <= session.owesSince + this.#deps.options.graceMs) return
    this.#deps.report.violate('host republishes', 'told that it is offline, it does not contradict', client)
    session.owesSince = null
  }

  #unborn(client: string): void {
    this.#deps.report.violate('host birth', 'connected without saying that it is online', client)
  }

  /** Judges what is overdue. */
  tick(at: number, client: string): void {
    this.#reorder?.tick(at, client)
    for (const session of this.#sessions.values()) this.#judgeOwed(session, at, client)
  }

  /** Judges who never did what was due. */
  end(at: number, client: string): void {
    this.tick(at, client)
    for (const session of this.#sessions.values())
      if (!session.born && at > session.since + this.#deps.options.graceMs) this.#unborn(client)
  }
}

function hostOf(topic: string): string | null {
  try {
    const parsed = parseTopic(topic)
    return parsed.kind === 'state' ? parsed.host : null
  } catch {
    return null
  }
}

function parse(payload: Uint8Array): HostState | string {
  try {
    return parseState(payload)
  } catch (error) {
    if (error instanceof ProtocolError) return error.message
    throw error
  }
}
