/**
 * Which of a camera's events say something of the camera itself, and what: data, so that a make with names of its own is a
 * line here. All others (motion, lines crossed, inputs) say nothing of it.
 */
import type { ProbeStatus } from '@minewarden/protocol/ids.ts'
import type { Notice } from './event-answers.ts'

/** What an event says of the camera while it stands. */
export interface TopicMeaning {
  readonly status: ProbeStatus
  readonly cause: string
  /** How often such an event is right: a scene that changed may be a lorry, a tamper detector looks closer. */
  readonly confidence: number
}

interface TopicRow extends TopicMeaning {
  /** Of the topic without prefixes, in lower case. */
  readonly topic: RegExp
  /** Data items that may hold the state, in lower case. */
  readonly items: readonly string[]
}

const STATE = ['state'] as const
const TAMPER = ['istamper', 'state', 'tampering', 'tamper', 'active', 'value'] as const

/**
 * @see ONVIF Imaging Service Specification section 5.3 (scene change, dark, bright, blurry), ONVIF Video Analytics Service
 * Specification annex A (TamperDetector), ONVIF Device IO Specification (SignalLoss); Axis event topics (Tampering)
 */
const ROWS: readonly TopicRow[] = [
  {
    topic: /^videosource\/(?:.*\/)?signalloss(?:\/|$)/,
    items: STATE,
    status: 'offline',
    cause: 'onvif-signal-loss',
    confidence: 0.9,
  },
  {
    topic: /^device\/(?:.*\/)?(?:signalloss|videoloss)(?:\/|$)/,
    items: ['state', 'loss', 'active'],
    status: 'offline',
    cause: 'onvif-signal-loss',
    confidence: 0.9,
  },
  {
    topic: /^videosource\/videoloss(?:\/|$)/,
    items: ['state', 'loss', 'active'],
    status: 'offline',
    cause: 'onvif-signal-loss',
    confidence: 0.9,
  },
  {
    topic: /^ruleengine\/(?:tamperdetector|mytamperdetector)\/tamper(?:\/|$)/,
    items: TAMPER,
    status: 'tampered',
    cause: 'onvif-tamper',
    confidence: 0.9,
  },
  {
    topic: /^videosource\/tampering(?:detection)?(?:\/|$)/,
    items: TAMPER,
    status: 'tampered',
    cause: 'onvif-tamper',
    confidence: 0.9,
  },
  {
    topic: /^(?:device|videoanalytics)\/(?:.*\/)?(?:tampering|tamperingdetection)(?:\/|$)/,
    items: TAMPER,
    status: 'tampered',
    cause: 'onvif-tamper',
    confidence: 0.9,
  },
  {
    topic: /^device\/trigger\/tamper(?:\/|$)/,
    items: TAMPER,
    status: 'tampered',
    cause: 'onvif-case-open',
    confidence: 0.9,
  },
  {
    topic: /^videosource\/globalscenechange(?:\/|$)/,
    items: STATE,
    status: 'tampered',
    cause: 'onvif-scene-change',
    confidence: 0.7,
  },
  {
    topic: /^videosource\/imagetoodark(?:\/|$)/,
    items: STATE,
    status: 'dark',
    cause: 'onvif-too-dark',
    confidence: 0.7,
  },
  {
    topic: /^videosource\/imagetoobright(?:\/|$)/,
    items: STATE,
    status: 'occluded',
    cause: 'onvif-too-bright',
    confidence: 0.5,
  },
  {
    topic: /^videosource\/imagetooblurry(?:\/|$)/,
    items: STATE,
    status: 'occluded',
    cause: 'onvif-too-blurry',
    confidence: 0.6,
  },
  {
    topic: /^videoanalytics\/defocusdetection(?:\/|$)/,
    items: STATE,
    status: 'occluded',
    cause: 'onvif-too-blurry',
    confidence: 0.6,
  },
  {
    topic: /^device\/hardwarefailure\/storagefailure(?:\/|$)/,
    items: ['failed', 'state'],
    status: 'online',
    cause: 'onvif-storage-failure',
    confidence: 0.9,
  },
  {
    topic: /^device\/hardwarefailure\/fanfailure(?:\/|$)/,
    items: ['failed', 'state'],
    status: 'online',
    cause: 'onvif-fan-failure',
    confidence: 0.9,
  },
  {
    topic: /^device\/hardwarefailure\/temperaturecritical(?:\/|$)/,
    items: ['critical', 'state'],
    status: 'online',
    cause: 'onvif-too-hot',
    confidence: 0.9,
  },
]

/** What a notice says: `null` of nothing that concerns us; `isOn` `null`: its state is none that can be read. */
export function meaningOf({
  topic,
  data,
  operation,
}: Notice): { readonly meaning: TopicMeaning; readonly isOn: boolean | null } | null {
  const row = ROWS.find((one) => one.topic.test(topic.toLowerCase()))
  if (!row) return null
  const { status, cause, confidence } = row
  const item = row.items.find((name) => data.has(name))
  // A moment without any state is the thing itself.
  const isOn =
    item === undefined ? (operation === null && data.size === 0 ? true : null) : parseState(data.get(item) ?? '')
  return { meaning: { status, cause, confidence }, isOn }
}

/** The four spellings of xs:boolean, and no other. */
export function parseState(text: string): boolean | null {
  if (text === 'true' || text === '1') return true
  return text === 'false' || text === '0' ? false : null
}

/** Of two that stand, the one that is told. */
const RANKS: { readonly [S in ProbeStatus]?: number } = { tampered: 5, offline: 4, moved: 3, occluded: 2, dark: 1 }
export const rankOf = ({ status }: TopicMeaning): number => RANKS[status] ?? 0
