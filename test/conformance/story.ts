/** A faultless trace of one host and one edge node with one device, and the means to spoil it in one place. */

import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { DataType, type Metric, type Payload, type Template } from '@minewarden/protocol/sparkplug/payload.ts'
import { encodeState } from '@minewarden/protocol/sparkplug/state.ts'
import type { Message, Packet } from './trace.ts'

export const T = 1_764_000_000_000
export const HOST = 'county'
export const OWN_STATE = `spBv1.0/STATE/${HOST}`
export const BASE = 'spBv1.0/450324'

type Kinds = { [P in Packet as P['kind']]: P }
/** A packet under a name by which it can be spoilt; `lost` ones reach nobody. */
export type Step = Packet & { readonly label: string; readonly lost?: boolean }

const state = (online: boolean, timestamp: number, topic = OWN_STATE): Message => ({
  topic,
  payload: encodeState({ online, timestamp }),
  qos: 1,
  retain: true,
})
const message = (topic: string, payload: Payload): Message => ({
  topic,
  payload: encodePayload(payload),
  qos: 0,
  retain: false,
})

const pump: Template = {
  version: '1',
  templateRef: null,
  isDefinition: true,
  metrics: [{ name: 'Speed', datatype: DataType.Double, timestamp: T, value: null }],
  parameters: [{ name: 'RatedW', type: DataType.Double, value: 1.5 }],
}
const table = { columns: ['a'], types: [DataType.Double], rows: [[1.5]] }
const properties = {
  engUnit: { type: DataType.String, value: 'm' },
  Quality: { type: DataType.Int32, value: 192 },
}

export const bdSeq = (value: number): Metric => ({ name: 'bdSeq', timestamp: T, datatype: DataType.Int64, value })
const death = (value: number): Payload => ({ timestamp: T, metrics: [bdSeq(value)] })
const nodeBirth = (value: number): Payload => ({
  timestamp: T,
  seq: 0,
  metrics: [
    { ...bdSeq(value), alias: 0 },
    { name: 'Node Control/Rebirth', timestamp: T, datatype: DataType.Boolean, value: false },
    { name: 'Level', alias: 1, timestamp: T, datatype: DataType.Double, properties, value: 1.5 },
    { name: 'Text', alias: 2, timestamp: T, datatype: DataType.String, value: null },
    { name: 'Pump', alias: 3, timestamp: T, datatype: DataType.Template, value: pump },
    { name: 'Table', alias: 4, timestamp: T, datatype: DataType.DataSet, value: table },
  ],
})
const deviceBirth = (seq: number): Payload => ({
  timestamp: T,
  seq,
  metrics: [
    { name: 'Temperature', alias: 10, timestamp: T, datatype: DataType.Double, value: 20.5 },
    { name: 'Setpoint', alias: 11, timestamp: T, datatype: DataType.Double, value: null },
    {
      name: 'Pump1',
      alias: 12,
      timestamp: T,
      datatype: DataType.Template,
      value: { ...pump, templateRef: 'Pump', isDefinition: false },
    },
  ],
})
const data = (seq: number, alias: number, value: number | null): Payload => ({
  timestamp: T,
  seq,
  metrics: [
    { alias, timestamp: T, value },
    { alias, timestamp: T + 1, value },
  ],
})
const command = (alias: number): Payload => ({ timestamp: T, metrics: [{ alias, timestamp: T, value: 2.5 }] })
const rebirth: Payload = { timestamp: T, metrics: [{ name: 'Node Control/Rebirth', timestamp: T, value: true }] }

type Without<P> = P extends Packet ? Omit<P, 'at' | 'client'> : never
const steps: readonly [label: string, client: string, Without<Packet>][] = [
  ['h.connect', 'host', { kind: 'connect', version: 4, clean: true, will: state(false, T) }],
  [
    'h.subscribe',
    'host',
    {
      kind: 'subscribe',
      filters: [
        { topic: 'spBv1.0/+/#', qos: 1 },
        { topic: OWN_STATE, qos: 1 },
      ],
    },
  ],
  ['h.birth', 'host', { kind: 'publish', ...state(true, T) }],
  [
    'e.connect',
    'edge',
    { kind: 'connect', version: 4, clean: true, will: { ...message(`${BASE}/NDEATH/n`, death(0)), qos: 1 } },
  ],
  [
    'e.subscribe',
    'edge',
    {
      kind: 'subscribe',
      filters: [
        { topic: `${BASE}/NCMD/n`, qos: 1 },
        { topic: `${BASE}/DCMD/n/+`, qos: 1 },
        { topic: OWN_STATE, qos: 1 },
      ],
    },
  ],
  ['e.state', 'edge', { kind: 'deliver', ...state(true, T) }],
  ['e.nbirth', 'edge', { kind: 'publish', ...message(`${BASE}/NBIRTH/n`, nodeBirth(0)) }],
  ['e.dbirth', 'edge', { kind: 'publish', ...message(`${BASE}/DBIRTH/n/d`, deviceBirth(1)) }],
  ['e.ndata', 'edge', { kind: 'publish', ...message(`${BASE}/NDATA/n`, data(2, 1, 1.5)) }],
  ['e.ddata', 'edge', { kind: 'publish', ...message(`${BASE}/DDATA/n/d`, data(3, 10, null)) }],
  ['h.ncmd', 'host', { kind: 'publish', ...message(`${BASE}/NCMD/n`, command(1)) }],
  ['h.dcmd', 'host', { kind: 'publish', ...message(`${BASE}/DCMD/n/d`, command(11)) }],
  ['e.ddata2', 'edge', { kind: 'publish', ...message(`${BASE}/DDATA/n/d`, data(4, 11, 2.5)) }],
  ['h.rebirth', 'host', { kind: 'publish', ...message(`${BASE}/NCMD/n`, rebirth) }],
  ['e.nbirth2', 'edge', { kind: 'publish', ...message(`${BASE}/NBIRTH/n`, nodeBirth(0)) }],
  ['e.dbirth2', 'edge', { kind: 'publish', ...message(`${BASE}/DBIRTH/n/d`, deviceBirth(1)) }],
  ['e.ddata3', 'edge', { kind: 'publish', ...message(`${BASE}/DDATA/n/d`, data(2, 10, 21.5)) }],
  ['e.ddeath', 'edge', { kind: 'publish', ...message(`${BASE}/DDEATH/n/d`, { timestamp: T, seq: 3, metrics: [] }) }],
  ['e.dbirth3', 'edge', { kind: 'publish', ...message(`${BASE}/DBIRTH/n/d`, deviceBirth(4)) }],
  ['e.ndata2', 'edge', { kind: 'publish', ...message(`${BASE}/NDATA/n`, data(5, 1, 1.25)) }],
  ['e.ndeath', 'edge', { kind: 'publish', ...message(`${BASE}/NDEATH/n`, death(0)) }],
  ['e.disconnect', 'edge', { kind: 'disconnect' }],
  [
    'e.connect2',
    'edge',
    { kind: 'connect', version: 4, clean: true, will: { ...message(`${BASE}/NDEATH/n`, death(1)), qos: 1 } },
  ],
  [
    'e.subscribe2',
    'edge',
    {
      kind: 'subscribe',
      filters: [
        { topic: `${BASE}/+/n/#`, qos: 1 },
        { topic: OWN_STATE, qos: 0 },
      ],
    },
  ],
  ['e.state2', 'edge', { kind: 'deliver', ...state(true, T) }],
  ['e.nbirth3', 'edge', { kind: 'publish', ...message(`${BASE}/NBIRTH/n`, nodeBirth(1)) }],
  ['e.close', 'edge', { kind: 'close' }],
  ['h.death', 'host', { kind: 'publish', ...state(false, T + 10) }],
  ['h.disconnect', 'host', { kind: 'disconnect' }],
  ['end', 'watcher', { kind: 'subscribe', filters: [] }],
]

/** How far apart steps are; the last one comes long after everything is due. */
const STEP_MS = 10

/** A trace that can be spoilt, one step at a time; `packets` is what the server saw. */
export class Story {
  #steps: Step[] = steps.map(([label, client, packet], i) => {
    const at = label === 'end' ? T + 3_600_000 : T + i * STEP_MS
    return { ...packet, label, client, at } as Step
  })

  #index(label: string): number {
    const index = this.#steps.findIndex((step) => step.label === label)
    if (index < 0) throw new Error(`no step ${label}`)
    return index
  }

  step<K extends Packet['kind']>(label: string): Step & Kinds[K] {
    return this.#steps[this.#index(label)] as Step & Kinds[K]
  }

  /** Changes fields of a step. */
  edit(label: string, change: object): this {
    const index = this.#index(label)
    this.#steps[index] = { ...this.#steps[index]!, ...change } as Step
    return this
  }

  drop(...labels: string[]): this {
    this.#steps = this.#steps.filter((step) => !labels.includes(step.label))
    return this
  }

  /** The story as far as this step, and the end. */
  until(label: string): this {
    const end = this.#steps.at(-1)!
    this.#steps = [...this.#steps.slice(0, this.#index(label) + 1), end]
    return this
  }

  /** Puts steps behind one; their time is the one's, and a bit. */
  after(
    label: string,
    ...more: (Without<Packet> & { client: string; label?: string; at?: number; lost?: boolean })[]
  ): this {
    const index = this.#index(label)
    const { at } = this.#steps[index]!
    const made = more.map((packet, i) => ({ label: `${label}+${i}`, at: at + i + 1, ...packet }) as Step)
    this.#steps.splice(index + 1, 0, ...made)
    return this
  }

  move(label: string, behind: string): this {
    const [step] = this.#steps.splice(this.#index(label), 1)
    const index = this.#index(behind)
    this.#steps.splice(index + 1, 0, { ...step!, at: this.#steps[index]!.at + 1 })
    return this
  }

  /** Moves everything from this step on, but the end, later by so much. */
  delay(label: string, ms: number): this {
    const index = this.#index(label)
    this.#steps = this.#steps.map((step, i) =>
      i < index || step.label === 'end' ? step : { ...step, at: step.at + ms },
    )
    return this
  }

  payload(label: string, change: (payload: Payload) => Payload): this {
    const step = this.step<'publish'>(label)
    return this.edit(label, { payload: encodePayload(change(decodePayload(step.payload))) })
  }

  /** Changes the metric of this name or alias. */
  metric(label: string, which: string | number, change: object): this {
    return this.payload(label, ({ metrics, ...rest }) => ({
      ...rest,
      metrics: metrics.map((metric) =>
        metric.name === which || metric.alias === which ? { ...metric, ...change } : metric,
      ),
    }))
  }

  /** Adds a metric, given as one or as bytes. */
  add(label: string, metric: Metric | Uint8Array): this {
    if (metric instanceof Uint8Array) {
      const { payload } = this.step<'publish'>(label)
      return this.edit(label, { payload: Buffer.concat([payload, Buffer.from([0x12, metric.length]), metric]) })
    }
    return this.payload(label, ({ metrics, ...rest }) => ({ ...rest, metrics: [...metrics, metric] }))
  }

  will(label: string, change: object): this {
    return this.edit(label, { will: { ...this.step<'connect'>(label).will!, ...change } })
  }

  /** What the server saw: every step, and what it handed on. */
  get packets(): Packet[] {
    return this.#steps.flatMap((step) => {
      const { label: _, lost, ...packet } = step
      const to = lost || packet.kind !== 'publish' ? null : receiver(packet.client, packet.topic)
      return to === null ? [packet] : [packet, { ...packet, kind: 'deliver', client: to } as Packet]
    })
  }
}

function receiver(client: string, topic: string): string | null {
  if (client === 'edge') return 'host'
  return client === 'host' && /\/[ND]CMD\//.test(topic) ? 'edge' : null
}

export const stateMessage = state
export const sparkplugMessage = message
export const payloads = { death, nodeBirth, deviceBirth, data, command, rebirth }
