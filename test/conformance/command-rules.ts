/** Statements about NCMD and DCMD, whoever sends them. */
import { REBIRTH_METRIC } from '@minewarden/protocol/sparkplug/birth.ts'
import type { Metric, Payload } from '@minewarden/protocol/sparkplug/payload.ts'
import type { DeviceTopic, NodeTopic } from '@minewarden/protocol/topics.ts'
import type { NodeMemory } from './node-memory.ts'
import { judgeReference, judgeTimestamp, readPayload } from './payload-rules.ts'
import type { Report } from './report.ts'
import type { Packet } from './trace.ts'

interface Command {
  readonly report: Report
  readonly topic: NodeTopic | DeviceTopic
  readonly packet: Packet & { kind: 'publish' }
  readonly node: NodeMemory
  readonly utcWindowMs: number
}

/** Judges a command; answers its payload when it can be read. */
export function judgeCommand({ report, topic, packet, node, utcWindowMs }: Command): Payload | null {
  const { type } = topic
  const owner = topic.kind === 'device' ? topic.device : ''
  report.demand(packet.qos === 0, `${type} qos`, `QoS ${packet.qos}`)
  report.demand(!packet.retain, `${type} retain`, 'retained')
  const datatypeOf = (metric: { name?: string; alias?: number }) => node.find(owner, metric)?.datatype
  const payload = readPayload(report, { type, bytes: packet.payload, misfit: `${type} metric value`, datatypeOf })
  if (!payload) return null
  judgeTimestamp(report, type, payload, { at: packet.at, utcWindowMs })
  if (payload.seq !== undefined) report.violate(`${type} seq`, `a command with seq ${payload.seq}`)
  if (payload.metrics.length === 0) report.violate(`${type} metrics`, 'a command without metrics')
  for (const metric of payload.metrics) judgeMetric(report, { type, node, owner }, metric)
  return payload
}

function judgeMetric(
  report: Report,
  { type, node, owner }: { type: string; node: NodeMemory; owner: string },
  metric: Metric,
): void {
  const { name = '', alias, datatype, value } = metric
  if (name === REBIRTH_METRIC) {
    if (datatype !== undefined) report.violate('datatype in data', `${name} with datatype`)
    if (type === 'DCMD') report.violate('rebirth verb', 'a rebirth asked of a device')
    else report.demand(value === true, 'rebirth value', `${REBIRTH_METRIC} = ${value}`)
    return
  }
  judgeReference(report, node, owner, metric)
  const declared = node.find(owner, metric)
  if (declared) {
    if (datatype !== undefined && declared.datatype !== undefined && datatype !== declared.datatype)
      report.violate(`${type} metric value`, `${name || alias} as ${datatype}, born as ${declared.datatype}`)
    return
  }
  if (!node.born) return
  report.violate(`${type} metric known`, `${name || alias} is of no birth`)
  if (type === 'NCMD' && /(^|\/)rebirth$/i.test(name)) report.violate('rebirth name', name)
  const others = [...node.owners.keys()].filter((other) => other !== owner && node.find(other, metric))
  if (type === 'DCMD' && others.includes('')) report.violate('command of a node', `${name || alias} is the node's`)
  if (type === 'NCMD' && others.length > 0) report.violate('command of a device', `${name || alias} is a device's`)
}
