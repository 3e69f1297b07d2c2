/**
 * Topics of the Sparkplug namespace, and how MQTT filters match topics.
 * @see Eclipse Sparkplug 3.0, chapter 4; MQTT 3.1.1, section 4.7
 */
import { ProtocolError } from './errors.ts'

export const NAMESPACE = 'spBv1.0'
/** Everything of Sparkplug: what a host subscribes to. */
export const NAMESPACE_FILTER = `${NAMESPACE}/#`

export const NODE_MESSAGES = ['NBIRTH', 'NDATA', 'NDEATH', 'NCMD'] as const
export const DEVICE_MESSAGES = ['DBIRTH', 'DDATA', 'DDEATH', 'DCMD'] as const
export type NodeMessage = (typeof NODE_MESSAGES)[number]
export type DeviceMessage = (typeof DEVICE_MESSAGES)[number]

export interface NodeTopic {
  readonly kind: 'node'
  readonly type: NodeMessage
  readonly group: string
  readonly node: string
}
export interface DeviceTopic {
  readonly kind: 'device'
  readonly type: DeviceMessage
  readonly group: string
  readonly node: string
  readonly device: string
}
export interface StateTopic {
  readonly kind: 'state'
  readonly host: string
}
export type SparkplugTopic = NodeTopic | DeviceTopic | StateTopic

/** The characters that MQTT and Sparkplug keep for themselves: an id holds none of them. */
const RESERVED = /[/+#\0]/

function id(what: string, text: string): string {
  if (text === '' || RESERVED.test(text)) throw new ProtocolError('topic-malformed', `${what} "${text}"`)
  return text
}

/** `spBv1.0/450324/NDATA/gw-1`. @throws ProtocolError `topic-malformed` for an id that no topic level may hold */
export const nodeTopic = (type: NodeMessage, group: string, node: string): string =>
  `${NAMESPACE}/${id('group', group)}/${type}/${id('node', node)}`

/** `spBv1.0/450324/DDATA/gw-1/meter-1`. @throws ProtocolError `topic-malformed` */
export const deviceTopic = (type: DeviceMessage, group: string, node: string, device: string): string =>
  `${NAMESPACE}/${id('group', group)}/${type}/${id('node', node)}/${id('device', device)}`

/** `spBv1.0/STATE/county`. @throws ProtocolError `topic-malformed` */
export const stateTopic = (host: string): string => `${NAMESPACE}/STATE/${id('host', host)}`

/** Every DCMD of one gateway: what it subscribes to, so that a sensor added later needs no new subscription. */
export const deviceCommandFilter = (group: string, node: string): string =>
  `${NAMESPACE}/${id('group', group)}/DCMD/${id('node', node)}/+`

/** The inverse of the builders. */
export const formatTopic = (topic: SparkplugTopic): string =>
  topic.kind === 'state'
    ? stateTopic(topic.host)
    : topic.kind === 'node'
      ? nodeTopic(topic.type, topic.group, topic.node)
      : deviceTopic(topic.type, topic.group, topic.node, topic.device)

const isNodeMessage = (word: string): word is NodeMessage => (NODE_MESSAGES as readonly string[]).includes(word)
const isDeviceMessage = (word: string): word is DeviceMessage => (DEVICE_MESSAGES as readonly string[]).includes(word)

/** Reads a topic that a message came on. @throws ProtocolError `topic-malformed`, quoting the topic */
export function parseTopic(topic: string): SparkplugTopic {
  const levels = topic.split('/')
  const [namespace, first = '', type = '', node = '', device = ''] = levels
  const sound = namespace === NAMESPACE && levels.slice(1).every((level) => level !== '' && !RESERVED.test(level))
  if (sound && levels.length === 3 && first === 'STATE') return { kind: 'state', host: type }
  if (sound && levels.length === 4 && isNodeMessage(type)) return { kind: 'node', type, group: first, node }
  if (sound && levels.length === 5 && isDeviceMessage(type)) return { kind: 'device', type, group: first, node, device }
  throw new ProtocolError('topic-malformed', `not a Sparkplug topic: "${topic.slice(0, 200)}"`)
}

/** Whether a filter is one at all: `+` fills a level, `#` fills the last one. */
export function isFilter(filter: string): boolean {
  if (filter === '' || filter.includes('\0')) return false
  const levels = filter.split('/')
  return levels.every((level, i) => !/[+#]/.test(level) || level === '+' || (level === '#' && i === levels.length - 1))
}

/** Whether an MQTT subscription to `filter` is given a message on `topic`. Wildcards at the front spare `$` topics. */
export function filterMatches(filter: string, topic: string): boolean {
  if (!isFilter(filter)) return false
  const wanted = filter.split('/')
  const levels = topic.split('/')
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false
  for (const [i, want] of wanted.entries()) {
    if (want === '#') return true
    if (i >= levels.length || (want !== '+' && want !== levels[i])) return false
  }
  return wanted.length === levels.length
}

/** Whether every topic that `filter` is given, `allowed` is given too: wildcards must not widen. */
export function filterCovers(allowed: string, filter: string): boolean {
  if (!isFilter(allowed) || !isFilter(filter)) return false
  if (filter.startsWith('$') && /^[+#]/.test(allowed)) return false
  const outer = allowed.split('/')
  const inner = filter.split('/')
  for (const [i, may] of outer.entries()) {
    // `a/#` is also given `a` itself, so it covers a filter that ends one level above.
    if (may === '#') return true
    const want = inner[i]
    if (want === undefined || want === '#' || (may !== '+' && may !== want)) return false
  }
  return inner.length === outer.length
}
