/** Statements about one edge node: its connection, its births, data and deaths, and how it follows its host. */
import { BDSEQ_METRIC, REBIRTH_METRIC } from '@minewarden/protocol/sparkplug/birth.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { DataType, type Payload } from '@minewarden/protocol/sparkplug/payload.ts'
import {
  type DeviceTopic,
  filterMatches,
  type NodeTopic,
  nodeTopic,
  parseTopic,
  stateTopic,
} from '@minewarden/protocol/topics.ts'
import type { NodeMemory } from './node-memory.ts'
import { judgeBirthMetrics, judgeDataMetrics, judgeTimestamp, readPayload, type Stamp } from './payload-rules.ts'
import { PrimaryHostRules } from './primary-host-rules.ts'
import type { Report } from './report.ts'
import { type CaseRules, readTopic } from './topic-rules.ts'
import type { Message, Packet, Settings } from './trace.ts'

interface Session {
  readonly version: 4 | 5
  readonly bdSeq: number | null
  readonly filters: { topic: string; qos: number }[]
  published: boolean
  born: boolean
  /** Sequence number that must come next. */
  next: number
  /** Devices that must be born again before data flows. */
  due: Set<string>
  died: boolean
  rebirthAskedAt: number | null
  /** The births asked for are late, and that has been told. */
  overdue: boolean
}

export interface EdgeDeps {
  readonly report: Report
  readonly options: Settings
  readonly cases: CaseRules
  /** The memory of a node, shared by all who speak for it. */
  memory(group: string, node: string): NodeMemory
  /** Whether another client is connected that speaks for this node. */
  taken(descriptor: string, client: string): boolean
}

export class EdgeRules {
  readonly #deps: EdgeDeps
  readonly #sessions = new Map<number, Session>()
  readonly #host: PrimaryHostRules
  #lastBdSeq: number | null = null
  #id: { group: string; node: string } | null = null

  constructor(deps: EdgeDeps) {
    this.#deps = deps
    this.#host = new PrimaryHostRules(deps.report, deps.options)
  }

  /** `group/node` while connected. */
  get speaksFor(): string | null {
    return this.#id && this.#sessions.size > 0 ? `${this.#id.group}/${this.#id.node}` : null
  }

  connect(packet: Packet & { kind: 'connect' }): void {
    const { report } = this.#deps
    const server = packet.server ?? 0
    if (packet.version === 4) report.demand(packet.clean, 'edge clean 311', 'Clean Session is false')
    else
      report.demand(
        packet.clean && (packet.sessionExpiryS ?? 0) === 0,
        'edge clean 50',
        'a session that outlives its connection',
      )
    report.demand(
      [...this.#sessions.keys()].every((other) => other === server),
      'one server',
      `server ${server} as well`,
    )
    this.#host.connected(server)
    const bdSeq = packet.will ? this.#judgeWill(packet.will) : null
    if (!packet.will) report.violate('edge will missing', 'CONNECT without a will')
    this.#sessions.set(server, {
      version: packet.version,
      bdSeq,
      filters: [],
      published: false,
      born: false,
      next: 0,
      due: new Set(),
      died: false,
      rebirthAskedAt: null,
      overdue: false,
    })
    if (this.speaksFor && this.#deps.taken(this.speaksFor, packet.client))
      report.violate('node not unique', this.speaksFor)
  }

  #judgeWill({ topic, payload, qos, retain }: Message): number | null {
    const { report } = this.#deps
    try {
      const parsed = parseTopic(topic)
      if (parsed.kind !== 'node' || parsed.type !== 'NDEATH') report.violate('edge will topic', topic)
      else this.#id = { group: parsed.group, node: parsed.node }
    } catch {
      report.violate('edge will topic', topic)
    }
    report.demand(qos === 1, 'edge will qos', `will with QoS ${qos}`)
    report.demand(!retain, 'edge will retain', 'a retained will')
    const death = readPayload(report, { type: 'edge will', bytes: payload })
    return death && this.#judgeBdSeqs(death)
  }

  #judgeBdSeqs(death: Payload): number | null {
    const { report } = this.#deps
    const bdSeq = this.#judgeDeath(death)
    if (bdSeq === null) report.violate('edge will bdSeq', 'a will without bdSeq as Int64')
    else if (this.#lastBdSeq !== null && bdSeq !== (this.#lastBdSeq + 1) % 256)
      report.violate('bdSeq next', `${bdSeq} after ${this.#lastBdSeq}`)
    this.#lastBdSeq = bdSeq ?? this.#lastBdSeq
    return bdSeq
  }

  /** An NDEATH, as will or in its own right: bdSeq and nothing else. */
  #judgeDeath({ seq, metrics }: Payload): number | null {
    const { report } = this.#deps
    if (seq !== undefined) report.violate('NDEATH seq', `NDEATH with seq ${seq}`)
    const only = metrics.length === 1 && metrics[0]!.name === BDSEQ_METRIC
    report.demand(only, 'NDEATH payload', 'NDEATH holds other things than bdSeq')
    return bdSeqOf(metrics)
  }

  subscribe({ server = 0, filters }: Packet & { kind: 'subscribe' }): void {
    this.#sessions.get(server)?.filters.push(...filters)
  }

  /** What the host says, as the broker hands it on. */
  deliver(packet: Packet & { kind: 'deliver' }): void {
    const session = this.#sessions.get(packet.server ?? 0)
    if (!session) return
    this.#host.delivered(packet)
    if (this.#id === null || packet.topic !== nodeTopic('NCMD', this.#id.group, this.#id.node)) return
    if (session.born && asksRebirth(packet.payload)) session.rebirthAskedAt ??= packet.at
  }

  publish(packet: Packet & { kind: 'publish' }): void {
    const { report } = this.#deps
    const session = this.#sessions.get(packet.server ?? 0)
    const topic = readTopic(report, packet.topic)
    if (!topic || topic.kind === 'state' || topic.type.endsWith('CMD')) return
    this.#host.published(packet, topic.type)
    if (!session) {
      report.violate('edge session', `${topic.type} without a session`)
      return
    }
    this.#judgeOwner(topic)
    // Without a birth, a clean leave still has to say its death.
    if (!session.published && topic.type !== 'NBIRTH' && topic.type !== 'NDEATH')
      report.violate('first publish', `${topic.type} comes first`)
    session.published = true
    if (topic.type === 'NDEATH') this.#death(session, packet)
    else this.#sequenced(session, topic, packet)
  }

  #judgeOwner(topic: NodeTopic | DeviceTopic): void {
    this.#id ??= { group: topic.group, node: topic.node }
    if (topic.group === this.#id.group && topic.node === this.#id.node) return
    const who = `${topic.group}/${topic.node}`
    this.#deps.report.violate(topic.type === 'DBIRTH' ? 'DBIRTH node' : `${topic.type} topic`, `speaks for ${who}`)
  }

  #death(session: Session, packet: Message): void {
    const { report } = this.#deps
    session.died = true
    const payload = readPayload(report, { type: 'NDEATH', bytes: packet.payload })
    if (!payload) return
    report.demand(this.#judgeDeath(payload) === session.bdSeq, 'NDEATH bdSeq', 'not the bdSeq of the will')
  }

  #sequenced(session: Session, topic: NodeTopic | DeviceTopic, packet: Packet & { kind: 'publish' }): void {
    const { report, options } = this.#deps
    const { type } = topic
    report.demand(packet.qos === 0, `${type} qos`, `QoS ${packet.qos}`)
    report.demand(!packet.retain, `${type} retain`, 'retained')
    const node = this.#deps.memory(topic.group, topic.node)
    const owner = topic.kind === 'device' ? topic.device : ''
    const datatypeOf = (metric: { name?: string; alias?: number }) => node.find(owner, metric)?.datatype
    const payload = readPayload(report, { type, bytes: packet.payload, datatypeOf })
    if (!payload) {
      session.next = (session.next + 1) % 256
      return
    }
    const stamp: Stamp = { at: packet.at, utcWindowMs: options.utcWindowMs }
    judgeTimestamp(report, type, payload, stamp)
    if (type === 'NBIRTH') this.#nodeBirth(session, node, payload, stamp)
    else {
      this.#judgeSeq(session, type, payload.seq)
      if (topic.kind === 'device' && type === 'DBIRTH') this.#deviceBirth(session, node, topic, payload, stamp)
      else if (type === 'DDEATH') node.forget(owner)
      else this.#data(session, node, topic, payload, stamp)
    }
    if (type.endsWith('BIRTH')) this.#deps.cases.judge(report, topic)
  }

  #judgeSeq(session: Session, type: string, seq: number | undefined): void {
    const { report } = this.#deps
    if (seq === undefined) report.violate(`${type} seq`, 'no seq')
    else if (session.born && seq !== session.next) report.violate(`${type} seq-next`, `${seq}, not ${session.next}`)
    session.next = ((seq ?? session.next) + 1) % 256
  }

  #nodeBirth(session: Session, node: NodeMemory, payload: Payload, stamp: Stamp): void {
    const { report } = this.#deps
    const { seq } = payload
    if (seq === undefined || seq > 255) report.violate('NBIRTH seq', `seq ${seq}`)
    else report.demand(seq === 0, 'NBIRTH seq zero', `seq ${seq}`)
    this.#judgeSubscribed(session)
    this.#host.bears()
    const alive = session.born ? [...node.owners.keys()].filter((owner) => owner !== '') : []
    this.#judgeBirthBdSeq(session, payload)
    judgeRebirthMetric(report, payload)
    node.clear()
    node.born = true
    judgeBirthMetrics(report, node, '', payload, stamp)
    session.due = new Set(alive)
    session.born = true
    session.next = ((seq ?? 0) + 1) % 256
    session.rebirthAskedAt = null
    session.overdue = false
  }

  #judgeBirthBdSeq(session: Session, payload: Payload): void {
    const { report } = this.#deps
    const bdSeq = bdSeqOf(payload.metrics)
    if (bdSeq === null) report.violate('NBIRTH bdSeq', 'no bdSeq as Int64')
    else if (bdSeq !== session.bdSeq) {
      report.violate('NBIRTH bdSeq matches', `${bdSeq}, the will's is ${session.bdSeq}`)
      if (session.born) report.violate('rebirth bdSeq', `${bdSeq}, the will's is ${session.bdSeq}`)
    }
  }

  /** The official test kit does not look at the QoS of subscriptions. */
  #judgeSubscribed(session: Session): void {
    const { report, options } = this.#deps
    const has = (topic: string) => session.filters.some((each) => each.qos === 1 && filterMatches(each.topic, topic))
    const { group, node } = this.#id!
    report.demand(has(nodeTopic('NCMD', group, node)), 'ncmd subscribed', 'no NCMD subscription with QoS 1')
    if (!options.primaryHost) return
    const state = stateTopic(options.primaryHost)
    const heard = session.filters.some((each) => filterMatches(each.topic, state))
    report.demand(heard, 'state subscribed', `no subscription to ${state}`)
  }

  #deviceBirth(session: Session, node: NodeMemory, topic: DeviceTopic, payload: Payload, stamp: Stamp): void {
    const { report, options } = this.#deps
    if (!session.born) report.violate('DBIRTH after NBIRTH', `${topic.device} before its node`)
    session.due.delete(topic.device)
    judgeBirthMetrics(report, node, topic.device, payload, stamp)
    if (!options.writableDevices?.includes(`${topic.group}/${topic.node}/${topic.device}`)) return
    const command = `spBv1.0/${topic.group}/DCMD/${topic.node}/${topic.device}`
    const has = session.filters.some((each) => each.qos === 1 && filterMatches(each.topic, command))
    report.demand(has, 'dcmd subscribed', `no subscription to ${command} with QoS 1`)
  }

  #data(session: Session, node: NodeMemory, topic: NodeTopic | DeviceTopic, payload: Payload, stamp: Stamp): void {
    const { report, options } = this.#deps
    const owner = topic.kind === 'device' ? topic.device : ''
    const born = session.born && node.owners.has(owner)
    if (!born) report.violate(`${topic.type} order`, `data of ${owner || 'the node'} before its birth`)
    if (session.due.size > 0) {
      const late = [...session.due].join(', ')
      for (const check of [`${topic.type} order`, 'DBIRTH before data', 'rebirth births'])
        report.violate(check, `${late} not yet born again`)
      session.due.clear()
    }
    if (session.rebirthAskedAt !== null && stamp.at > session.rebirthAskedAt + options.graceMs) {
      report.violate('rebirth stops data', 'data goes on after a rebirth request')
    }
    if (born) judgeDataMetrics(report, node, owner, payload, stamp)
  }

  disconnect({ server = 0, reasonCode = 0 }: Packet & { kind: 'disconnect' }): void {
    const { report } = this.#deps
    const session = this.#sessions.get(server)
    if (!session) return
    if (session.version === 5) report.demand(reasonCode === 4, 'edge disconnect 50', `reason code ${reasonCode}`)
    else report.demand(session.died, 'edge disconnect 311', 'DISCONNECT without an NDEATH')
    this.#left(server)
  }

  close({ server = 0, intended = false }: Packet & { kind: 'close' }): void {
    const session = this.#sessions.get(server)
    if (!session) return
    if (intended && !session.died) this.#deps.report.violate('edge close', 'left without an NDEATH')
    this.#left(server)
  }

  #left(server: number): void {
    this.#sessions.delete(server)
    this.#host.left(server)
  }

  /** Judges what is overdue. */
  tick(at: number, client: string): void {
    const { report, options } = this.#deps
    this.#host.tick(at, client)
    for (const session of this.#sessions.values()) {
      const { rebirthAskedAt, overdue } = session
      if (overdue || rebirthAskedAt === null || at <= rebirthAskedAt + options.graceMs) continue
      report.violate('rebirth births', 'a rebirth request without a birth', client)
      session.overdue = true
    }
  }
}

function bdSeqOf(metrics: Payload['metrics']): number | null {
  const metric = metrics.find(({ name }) => name === BDSEQ_METRIC)
  return metric?.datatype === DataType.Int64 && typeof metric.value === 'number' ? metric.value : null
}

function judgeRebirthMetric(report: Report, { metrics }: Payload): void {
  const metric = metrics.find(({ name }) => name === REBIRTH_METRIC)
  if (!metric) {
    report.violate('NBIRTH rebirth', `no ${REBIRTH_METRIC}`)
    return
  }
  report.demand(metric.datatype === DataType.Boolean, 'NBIRTH rebirth datatype', `datatype ${metric.datatype}`)
  report.demand(metric.value === false, 'NBIRTH rebirth value', `value ${metric.value}`)
  if (metric.alias !== undefined) report.violate('NBIRTH rebirth alias', `alias ${metric.alias}`)
}

function asksRebirth(payload: Uint8Array): boolean {
  try {
    return decodePayload(payload).metrics.some(({ name, value }) => name === REBIRTH_METRIC && value === true)
  } catch {
    return false
  }
}
