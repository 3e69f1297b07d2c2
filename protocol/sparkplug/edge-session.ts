/**
 * The session rules of a Sparkplug edge node as a pure machine: inputs are what the connection, the host and the devices
 * did, effects are what the caller has to do next, in order. It owns no timer and no socket; a delay is an effect
 * (`rest`) answered by an input (`rested`). Publishes are QoS 0 and not retained, the will and an explicit NDEATH are
 * QoS 1 and not retained.
 * @see Eclipse Sparkplug 3.0, chapters 4 (topics), 5 (operational behaviour) and 6 (payloads)
 */
import { deviceCommandFilter, nodeTopic, stateTopic } from '../topics.ts'

/** What never changes while the node runs. */
export interface EdgeSessionOptions {
  readonly group: string
  readonly node: string
  /** Host whose STATE must say online before the node gives birth; `null`: wait for nobody. */
  readonly primaryHost: string | null
  /** How many MQTT servers the list has; they are tried in turn, one at a time. */
  readonly servers: number
  /** Whether a device takes commands, so that DCMD must be subscribed. */
  readonly deviceCommands: boolean
}

export type EdgePhase =
  /** Not started, or stopped for good. */
  | 'stopped'
  /** A connection is being made. */
  | 'connecting'
  /** CONNACK came; subscriptions are on their way. */
  | 'subscribing'
  /** Subscribed; the primary host has not said that it is online. */
  | 'waiting'
  /** Births are out: data may flow. */
  | 'online'
  /** Between two connections. */
  | 'resting'

export interface EdgeSessionState {
  readonly phase: EdgePhase
  /** Index of the server in use or to be tried next. */
  readonly server: number
  /** bdSeq of the last CONNECT that was really sent, 0..255; `null`: none ever. */
  readonly bdSeq: number | null
  /** Sequence number of the next message, 0..255. */
  readonly seq: number
  /** Devices that are well, in the order in which they first were. */
  readonly up: ReadonlySet<string>
  /** Devices whose DBIRTH stands in this session. */
  readonly born: ReadonlySet<string>
  /** Newest STATE timestamp seen on each server: a host keeps one timestamp for each server. */
  readonly hostStamps: readonly (number | null)[]
  /** What the primary host last said of itself on this connection; `null`: nothing yet. */
  readonly hostOnline: boolean | null
}

export type EdgeSessionInput =
  | { readonly kind: 'start' }
  /** The CONNECT packet has left: only now is its bdSeq used up. */
  | { readonly kind: 'connect-sent'; readonly bdSeq: number }
  /** CONNACK accepted. */
  | { readonly kind: 'connected' }
  | { readonly kind: 'subscribed' }
  /** The connection failed or was lost, or the pause of a `rest` is to be cut short by a loss. */
  | { readonly kind: 'lost' }
  /** The pause asked for by `rest` is over. */
  | { readonly kind: 'rested' }
  /** A STATE message; `host` is the last level of its topic, `timestamp` UTC milliseconds. */
  | { readonly kind: 'state'; readonly host: string; readonly online: boolean; readonly timestamp: number }
  /** The host has not appeared within the caller's patience. */
  | { readonly kind: 'host-absent' }
  /** NCMD `Node Control/Rebirth` = true, or the node's own wish to be born again. */
  | { readonly kind: 'rebirth' }
  | { readonly kind: 'device-up'; readonly device: string }
  | { readonly kind: 'device-down'; readonly device: string }
  /** One message of data is ready; `device` null: of the node itself. */
  | { readonly kind: 'data'; readonly device: string | null }
  | { readonly kind: 'stop' }

export type EdgeSessionEffect =
  /** Connect with clean session and a will: NDEATH, QoS 1, not retained, holding exactly `bdSeq`. */
  | { readonly kind: 'connect'; readonly server: number; readonly bdSeq: number }
  /** Keep this bdSeq across restarts. */
  | { readonly kind: 'remember'; readonly bdSeq: number }
  | { readonly kind: 'subscribe'; readonly filters: readonly { readonly topic: string; readonly qos: 1 }[] }
  | { readonly kind: 'node-birth'; readonly seq: 0; readonly bdSeq: number }
  | { readonly kind: 'device-birth'; readonly device: string; readonly seq: number }
  | { readonly kind: 'device-death'; readonly device: string; readonly seq: number }
  | { readonly kind: 'data'; readonly device: string | null; readonly seq: number }
  | { readonly kind: 'node-death'; readonly bdSeq: number }
  | { readonly kind: 'disconnect' }
  /** Pause as the retry schedule says, then answer `rested`. */
  | { readonly kind: 'rest'; readonly server: number }

export interface EdgeSessionStep {
  readonly state: EdgeSessionState
  readonly effects: readonly EdgeSessionEffect[]
}

const SEQUENCE_NUMBERS = 256
const wrap = (n: number): number => n % SEQUENCE_NUMBERS

/** The state before `start`. `bdSeq` is what was last remembered, `null` on a new machine. */
export function initialEdgeSession(options: EdgeSessionOptions, bdSeq: number | null): EdgeSessionState {
  return {
    phase: 'stopped',
    server: 0,
    bdSeq,
    seq: 0,
    up: new Set(),
    born: new Set(),
    hostStamps: Array.from({ length: options.servers }, () => null),
    hostOnline: null,
  }
}

/** One step of the machine. Inputs that make no sense in a phase change nothing. */
export function stepEdgeSession(
  options: EdgeSessionOptions,
  state: EdgeSessionState,
  input: EdgeSessionInput,
): EdgeSessionStep {
  switch (input.kind) {
    case 'start':
      return state.phase === 'stopped' ? connect(state) : stay(state)
    case 'rested':
      return state.phase === 'resting' ? connect(state) : stay(state)
    case 'connect-sent':
      return { state: { ...state, bdSeq: input.bdSeq }, effects: [{ kind: 'remember', bdSeq: input.bdSeq }] }
    case 'connected':
      return state.phase === 'connecting' ? subscribe(options, state) : stay(state)
    case 'subscribed':
      return subscribed(options, state)
    case 'lost':
      return isConnected(state) || state.phase === 'connecting' ? rest(options, state, []) : stay(state)
    case 'state':
      return hostState(options, state, input)
    case 'host-absent':
      return state.phase === 'waiting' && options.servers > 1 ? leave(options, state) : stay(state)
    case 'rebirth':
      return state.phase === 'online' ? births(state) : stay(state)
    case 'device-up':
      return deviceUp(state, input.device)
    case 'device-down':
      return deviceDown(state, input.device)
    case 'data':
      return data(state, input.device)
    case 'stop':
      return stop(state)
  }
}

const stay = (state: EdgeSessionState): EdgeSessionStep => ({ state, effects: [] })

const isConnected = ({ phase }: EdgeSessionState): boolean =>
  phase === 'subscribing' || phase === 'waiting' || phase === 'online'

/** [topics-nbirth-bdseq-increment]: a CONNECT that never left does not use up a number. */
const nextBdSeq = (state: EdgeSessionState): number => (state.bdSeq === null ? 0 : wrap(state.bdSeq + 1))

function connect(state: EdgeSessionState): EdgeSessionStep {
  return {
    state: { ...state, phase: 'connecting', hostOnline: null },
    effects: [{ kind: 'connect', server: state.server, bdSeq: nextBdSeq(state) }],
  }
}

function subscribe(options: EdgeSessionOptions, state: EdgeSessionState): EdgeSessionStep {
  const topics = [nodeTopic('NCMD', options.group, options.node)]
  if (options.deviceCommands) topics.push(deviceCommandFilter(options.group, options.node))
  if (options.primaryHost !== null) topics.push(stateTopic(options.primaryHost))
  return {
    state: { ...state, phase: 'subscribing' },
    effects: [{ kind: 'subscribe', filters: topics.map((topic) => ({ topic, qos: 1 })) }],
  }
}

function subscribed(options: EdgeSessionOptions, state: EdgeSessionState): EdgeSessionStep {
  if (state.phase !== 'subscribing') return stay(state)
  if (options.primaryHost === null) return births(state)
  return settleHost(options, { ...state, phase: 'waiting' })
}

/** What to do, once subscribed and unborn, about what the host said of itself. */
function settleHost(options: EdgeSessionOptions, state: EdgeSessionState): EdgeSessionStep {
  if (state.hostOnline === true) return births(state)
  // With one server there is nowhere to walk to: an unborn node waits where it is.
  return state.hostOnline === false && options.servers > 1 ? leave(options, state) : stay(state)
}

/** NBIRTH with number 0, then a DBIRTH for each device that is well. */
function births(state: EdgeSessionState): EdgeSessionStep {
  const effects: EdgeSessionEffect[] = [{ kind: 'node-birth', seq: 0, bdSeq: state.bdSeq ?? 0 }]
  let seq = 1
  for (const device of state.up) {
    effects.push({ kind: 'device-birth', device, seq })
    seq = wrap(seq + 1)
  }
  return { state: { ...state, phase: 'online', seq, born: new Set(state.up) }, effects }
}

/** Drops the session and pauses before the next server of the list. */
function rest(
  options: EdgeSessionOptions,
  state: EdgeSessionState,
  before: readonly EdgeSessionEffect[],
): EdgeSessionStep {
  const server = (state.server + 1) % options.servers
  return {
    state: { ...state, phase: 'resting', server, born: new Set() },
    effects: [...before, { kind: 'rest', server }],
  }
}

/** Leaves a server on purpose: under MQTT 3.1.1 a DISCONNECT discards the will, so NDEATH is published first. */
const leave = (options: EdgeSessionOptions, state: EdgeSessionState): EdgeSessionStep =>
  rest(options, state, [{ kind: 'node-death', bdSeq: state.bdSeq ?? 0 }, { kind: 'disconnect' }])

function hostState(
  options: EdgeSessionOptions,
  state: EdgeSessionState,
  input: EdgeSessionInput & { kind: 'state' },
): EdgeSessionStep {
  if (input.host !== options.primaryHost || !isConnected(state)) return stay(state)
  const newest = state.hostStamps[state.server] ?? null
  if (newest !== null && input.timestamp < newest) return stay(state)
  const hostStamps = state.hostStamps.map((stamp, server) => (server === state.server ? input.timestamp : stamp))
  const seen: EdgeSessionState = { ...state, hostStamps, hostOnline: input.online }
  // A retained STATE may overtake the SUBACK: births wait until every subscription stands.
  if (seen.phase === 'waiting') return settleHost(options, seen)
  return seen.phase === 'online' && !input.online ? leave(options, seen) : stay(seen)
}

function deviceUp(state: EdgeSessionState, device: string): EdgeSessionStep {
  const up = state.up.has(device) ? state.up : new Set([...state.up, device])
  if (state.phase !== 'online' || state.born.has(device)) return stay({ ...state, up })
  return {
    state: { ...state, up, born: new Set([...state.born, device]), seq: wrap(state.seq + 1) },
    effects: [{ kind: 'device-birth', device, seq: state.seq }],
  }
}

function deviceDown(state: EdgeSessionState, device: string): EdgeSessionStep {
  const up = without(state.up, device)
  if (state.phase !== 'online' || !state.born.has(device)) return stay({ ...state, up })
  return {
    state: { ...state, up, born: without(state.born, device), seq: wrap(state.seq + 1) },
    effects: [{ kind: 'device-death', device, seq: state.seq }],
  }
}

const without = (set: ReadonlySet<string>, item: string): ReadonlySet<string> => {
  if (!set.has(item)) return set
  const rest = new Set(set)
  rest.delete(item)
  return rest
}

/** Data of a device without a standing DBIRTH (the backlog of one that is down) is preceded by one. */
function data(state: EdgeSessionState, device: string | null): EdgeSessionStep {
  if (state.phase !== 'online') return stay(state)
  if (device === null || state.born.has(device)) {
    return {
      state: { ...state, seq: wrap(state.seq + 1) },
      effects: [{ kind: 'data', device, seq: state.seq }],
    }
  }
  return {
    state: { ...state, born: new Set([...state.born, device]), seq: wrap(state.seq + 2) },
    effects: [
      { kind: 'device-birth', device, seq: state.seq },
      { kind: 'data', device, seq: wrap(state.seq + 1) },
    ],
  }
}

function stop(state: EdgeSessionState): EdgeSessionStep {
  const stopped: EdgeSessionState = { ...state, phase: 'stopped', born: new Set() }
  if (isConnected(state)) {
    return { state: stopped, effects: [{ kind: 'node-death', bdSeq: state.bdSeq ?? 0 }, { kind: 'disconnect' }] }
  }
  return { state: stopped, effects: state.phase === 'connecting' ? [{ kind: 'disconnect' }] : [] }
}
