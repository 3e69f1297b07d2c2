/**
 * Judges a trace of MQTT packets by the statements of Eclipse Sparkplug 3.0, edge nodes and hosts alike, stricter than
 * the official test kit (which does not look at the QoS of subscriptions, for one). `assertions.ts` says which statements
 * a trace can break at all. A packet counts from when the server saw it; what is under way is given `graceMs`.
 */
import { EdgeRules } from './edge-rules.ts'
import { HostRules } from './host-rules.ts'
import { NodeMemory } from './node-memory.ts'
import { Report, type Violation } from './report.ts'
import { CaseRules } from './topic-rules.ts'
import type { CheckOptions, Packet, Settings } from './trace.ts'

const DEFAULTS = { utcWindowMs: 60_000, graceMs: 500 } as const

/** What the trace breaks, in order; empty for a trace without fault. */
export function checkTrace(packets: readonly Packet[], options: CheckOptions = {}): Violation[] {
  const report = new Report()
  const roles = createRoles(packets, { ...DEFAULTS, ...options }, report)
  for (const packet of packets) {
    report.judging(packet)
    for (const [client, rules] of roles) rules.tick(packet.at, client)
    judge(roles.get(packet.client), packet)
  }
  const end = packets.at(-1)?.at ?? 0
  for (const [client, rules] of roles) if (rules instanceof HostRules) rules.end(end, client)
  return report.violations
}

type Roles = Map<string, EdgeRules | HostRules>

function createRoles(packets: readonly Packet[], options: Settings, report: Report): Roles {
  const roles: Roles = new Map()
  const cases = new CaseRules()
  const memories = new Map<string, NodeMemory>()
  const memory = (group: string, node: string) => {
    const known = memories.get(`${group}/${node}`) ?? new NodeMemory(group, node)
    memories.set(known.descriptor, known)
    return known
  }
  const others = (client: string) => [...roles].flatMap(([name, rules]) => (name === client ? [] : [rules]))
  const speaks = (descriptor: string, client: string) =>
    others(client).some((rules) => rules instanceof EdgeRules && rules.speaksFor === descriptor)
  const isHost = (host: string, server: number, client: string) =>
    others(client).some((rules) => rules instanceof HostRules && rules.isOn(server, host))
  for (const client of new Set(packets.map((packet) => packet.client))) {
    const role = roleOf(packets.filter((packet) => packet.client === client))
    if (role === 'edge') roles.set(client, new EdgeRules({ report, options, cases, memory, taken: speaks }))
    else if (role === 'host') roles.set(client, new HostRules({ report, options, memory, taken: isHost }))
  }
  return roles
}

/** What a client is, by what it says; who says nothing is judged by nothing. */
function roleOf(packets: readonly Packet[]): 'edge' | 'host' | null {
  const topics = packets.flatMap((packet) =>
    packet.kind === 'publish' ? [packet.topic] : packet.kind === 'connect' && packet.will ? [packet.will.topic] : [],
  )
  if (topics.some((topic) => /\/[ND](BIRTH|DATA|DEATH)(\/|$)/.test(topic))) return 'edge'
  return topics.some((topic) => /(^|\/)STATE\/|\/[ND]CMD\//.test(topic)) ? 'host' : null
}

function judge(rules: EdgeRules | HostRules | undefined, packet: Packet): void {
  if (packet.kind === 'connect') rules?.connect(packet)
  else if (packet.kind === 'subscribe') rules?.subscribe(packet)
  else if (packet.kind === 'publish') rules?.publish(packet)
  else if (packet.kind === 'deliver') rules?.deliver(packet)
  else if (packet.kind === 'disconnect') rules?.disconnect(packet)
  else rules?.close(packet)
}
