/** What a camera's event service answers, read out of its elements. Pure and bounded. */
import { type Instant, type Millis, parseIsoTime } from '@minewarden/protocol/time.ts'
import type { XmlElement } from '../xml/xml.ts'
import { addressIn } from './device-answers.ts'
import { child, children, descend, escapeXml, localName } from './soap.ts'

export interface Subscription {
  readonly address: string
  /** Elements that each question to it must carry in its header, ready. */
  readonly reference: string
  /** How long it lasts by the camera's own clock; `null`: not said. */
  readonly lastsMs: Millis | null
}

export type PropertyOperation = 'Initialized' | 'Changed' | 'Deleted'

/** One thing that a camera tells. */
export interface Notice {
  /** Without prefixes: `VideoSource/GlobalSceneChange/ImagingService`. */
  readonly topic: string
  /** `null`: not a state but a moment. */
  readonly operation: PropertyOperation | null
  /** By the camera's clock; `null`: it does not say, or no time. */
  readonly at: Instant | null
  /** What makes two notices of one topic different ones: its source items. */
  readonly source: string
  /** Token of the camera that it is of, where a device has several; `null`: not said. */
  readonly videoSource: string | null
  /** Names in lower case. */
  readonly data: ReadonlyMap<string, string>
}

export interface Pulled {
  readonly notices: readonly Notice[]
  /** Messages that nobody could understand, and those beyond the ceiling. */
  readonly dropped: number
  /** The camera's clock. */
  readonly currentTime: Instant | null
  readonly lastsMs: Millis | null
}

const MAX_NOTICES = 256
const MAX_TOPIC = 256
const MAX_ITEMS = 16
const MAX_VALUE = 128
const MAX_PARAMETERS = 8
/** @see ONVIF Imaging Service Specification section 5.3, ONVIF Analytics Service Specification annex A */
const VIDEO_SOURCES = ['source', 'videosource', 'videosourcetoken', 'videosourceconfigurationtoken']
const PREFIX = /^[A-Za-z_][\w.-]*$/
const TOPIC = /^[\w.:-]+(?:\/[\w.:-]+)*$/
const OPERATIONS: readonly string[] = ['Initialized', 'Changed', 'Deleted'] satisfies PropertyOperation[]
const isOperation = (word: string): word is PropertyOperation => OPERATIONS.includes(word)

/** Answer of `CreatePullPointSubscription`; `null`: it is none. */
export function readSubscription(body: XmlElement): Subscription | null {
  const reference = child(body, 'SubscriptionReference')
  const address = addressIn(child(reference, 'Address'))
  if (address === null) return null
  const spaces = new Map<string, string>()
  for (const element of [body, reference, child(reference, 'ReferenceParameters')]) noteSpaces(element, spaces)
  const parameters = child(reference, 'ReferenceParameters')?.children.slice(0, MAX_PARAMETERS) ?? []
  return { address, reference: parameters.map((one) => echo(one, spaces)).join(''), lastsMs: readLasting(body) }
}

/** Answer of `PullMessages`; `null`: it is none. */
export function readPulled(body: XmlElement): Pulled | null {
  if (localName(body) !== 'PullMessagesResponse') return null
  const messages = children(body, 'NotificationMessage')
  const notices = messages.slice(0, MAX_NOTICES).flatMap((message) => readNotice(message) ?? [])
  return {
    notices,
    dropped: messages.length - notices.length,
    currentTime: timeIn(body, 'CurrentTime'),
    lastsMs: readLasting(body),
  }
}

/** How long a subscription lasts from the answer on. */
export function readLasting(body: XmlElement): Millis | null {
  const [now, end] = [timeIn(body, 'CurrentTime'), timeIn(body, 'TerminationTime')]
  return now === null || end === null ? null : end - now
}

function readNotice(notification: XmlElement): Notice | null {
  const topic = child(notification, 'Topic')?.text ?? ''
  const message = descend(notification, 'Message', 'Message')
  if (!message || topic.length > MAX_TOPIC || !TOPIC.test(topic)) return null
  const operation = message.attributes.get('PropertyOperation') ?? null
  if (operation !== null && !isOperation(operation)) return null
  const source = [...itemsOf(child(message, 'Source')), ...itemsOf(child(message, 'Key'))]
  return {
    topic: topic
      .split('/')
      .map((step) => step.slice(step.lastIndexOf(':') + 1))
      .join('/'),
    operation,
    at: parseIsoTime(message.attributes.get('UtcTime') ?? ''),
    source: source
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join(' '),
    videoSource: source.find(([name]) => VIDEO_SOURCES.includes(name))?.[1] ?? null,
    data: new Map(itemsOf(child(message, 'Data'))),
  }
}

function itemsOf(element: XmlElement | null): [string, string][] {
  return children(element, 'SimpleItem')
    .slice(0, MAX_ITEMS)
    .flatMap((item): [string, string][] => {
      const [name = '', value = ''] = [item.attributes.get('Name'), item.attributes.get('Value')]
      return name === '' || name.length > MAX_VALUE || value.length > MAX_VALUE
        ? []
        : [[name.toLowerCase(), value.trim()]]
    })
}

const timeIn = (body: XmlElement, name: string): Instant | null => parseIsoTime(child(body, name)?.text ?? '')

function noteSpaces(element: XmlElement | null, spaces: Map<string, string>): void {
  for (const [name, value] of element?.attributes ?? []) {
    if (name === 'xmlns') spaces.set('', value)
    else if (name.startsWith('xmlns:')) spaces.set(name.slice(6), value)
  }
}

/** A reference parameter as it must come back. @see WS-Addressing 1.0 SOAP Binding section 3.4 */
function echo(element: XmlElement, outer: ReadonlyMap<string, string>): string {
  const spaces = new Map(outer)
  noteSpaces(element, spaces)
  const colon = element.name.indexOf(':')
  const space = spaces.get(colon < 0 ? '' : element.name.slice(0, colon))
  const name = localName(element)
  if (!PREFIX.test(name) || element.text.length > MAX_ADDRESS_VALUE) return ''
  const declared = space === undefined ? '' : ` xmlns:p="${escapeXml(space)}"`
  const tag = space === undefined ? name : `p:${name}`
  return `<${tag}${declared} a:IsReferenceParameter="true">${escapeXml(element.text)}</${tag}>`
}
const MAX_ADDRESS_VALUE = 512
