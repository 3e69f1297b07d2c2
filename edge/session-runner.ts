/**
 * Carries out what the session machine decides: connections, births, deaths, subscriptions, pauses. It knows nothing of
 * the spool; who has data hands it a function that encodes the row once its sequence number is known.
 */
import { InvariantError, ProtocolError } from '@minewarden/protocol/errors.ts'
import { retrySchedule } from '@minewarden/protocol/retry-schedule.ts'
import { REBIRTH_METRIC } from '@minewarden/protocol/sparkplug/birth.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import {
  type EdgeSessionEffect,
  type EdgeSessionInput,
  type EdgeSessionOptions,
  type EdgeSessionState,
  initialEdgeSession,
  stepEdgeSession,
} from '@minewarden/protocol/sparkplug/edge-session.ts'
import type { MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'
import { parseState } from '@minewarden/protocol/sparkplug/state.ts'
import type { Clock, Instant, Millis } from '@minewarden/protocol/time.ts'
import { deviceTopic, nodeTopic, parseTopic } from '@minewarden/protocol/topics.ts'
import type { Connection, Logger, Uplink } from './core/ports.ts'

/** Pauses between connections: at once is never, longer than a minute neither. */
export const RECONNECT = { firstMs: 1_000, ceilingMs: 60_000 } as const
/**
 * A session that lasted so long was a good one: the next pause is short again. Where two gateways bear one name, each ends
 * the other's session as it begins: without this they would do so each second.
 */
export const STABLE_MS: Millis = 10_000
/** How long an unborn node waits on one server of several for its primary host. */
export const HOST_PATIENCE_MS: Millis = 30_000
/** An explicit NDEATH is given this long to be confirmed before the connection is closed. */
const DEATH_TIMEOUT_MS: Millis = 1_000
/** Data stops while more than this waits for the network. */
export const MAX_BUFFERED_BYTES = 262_144

export interface SessionPayloads {
  nodeBirth(bdSeq: number, seq: number, now: Instant): Uint8Array
  deviceBirth(device: string, seq: number, now: Instant): Uint8Array
  deviceDeath(seq: number, now: Instant): Uint8Array
  nodeDeath(bdSeq: number, now: Instant): Uint8Array
  /** The name of one of a device's metrics, or of the node's own (`null`): a host may command by alias. */
  commandName(device: string | null, alias: number): string | undefined
}

export interface SessionEvents {
  /** Births are out; data may flow. Told again after a rebirth. */
  begun(): void
  ended(): void
  /** A metric of an NCMD, other than the rebirth. */
  command(name: string, value: MetricValue | null): void
  /** A metric of a DCMD. */
  deviceCommand(device: string, name: string, value: MetricValue | null): void
  /** The network took what waited. */
  drained(): void
  /** Something unreadable arrived. */
  badInput(reason: string): void
}

export interface SessionDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly uplink: Uplink
  readonly random: () => number
  readonly payloads: SessionPayloads
  readonly events: SessionEvents
  /** Keeps the last bdSeq across restarts. */
  readonly bdSeq: { load(): number | null; save(bdSeq: number): void }
}

type Encode = (seq: number, now: Instant) => Uint8Array

export class SessionRunner {
  readonly #deps: SessionDeps
  readonly #options: EdgeSessionOptions
  #state: EdgeSessionState
  #connection: Connection | null = null
  #farewell: Promise<void> = Promise.resolve()
  #encode: Encode | null = null
  #pauses: Generator<Millis, never>
  /** Monotonic time since when births stand; `null`: they do not. */
  #onlineSince: Millis | null = null
  readonly #stopping = new AbortController()
  /** The pause or the patience that runs now: one at a time. */
  #timer = new AbortController()

  constructor(deps: SessionDeps, options: EdgeSessionOptions) {
    this.#deps = deps
    this.#options = options
    this.#state = initialEdgeSession(options, deps.bdSeq.load())
    this.#pauses = retrySchedule(RECONNECT, deps.random)
  }

  get online(): boolean {
    return this.#state.phase === 'online'
  }

  /** Whether the device's DBIRTH stands. */
  isBorn(device: string): boolean {
    return this.#state.born.has(device)
  }

  /** Too much waits for the network: hold data back until `drained`. */
  get congested(): boolean {
    return (this.#connection?.bufferedBytes ?? 0) > MAX_BUFFERED_BYTES
  }

  start(): void {
    this.#input({ kind: 'start' })
  }

  /** NDEATH, DISCONNECT, and no more. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#timer.abort()
    this.#input({ kind: 'stop' })
    await this.#farewell
  }

  deviceUp(device: string): void {
    this.#input({ kind: 'device-up', device })
  }

  deviceDown(device: string): void {
    this.#input({ kind: 'device-down', device })
  }

  /** Births once more in the same session, so that the host learns the spool's oldest sequence. */
  rebirth(): void {
    this.#input({ kind: 'rebirth' })
  }

  /** Sends one message of data; false when there is no session to send it in. */
  send(device: string | null, encode: Encode): boolean {
    if (!this.online) return false
    this.#encode = encode
    this.#input({ kind: 'data', device })
    this.#encode = null
    return true
  }

  #input(input: EdgeSessionInput): void {
    const before = this.#state
    const { state, effects } = stepEdgeSession(this.#options, before, input)
    this.#state = state
    for (const effect of effects) this.#perform(effect)
    if (state.phase !== before.phase) this.#changedPhase(before, state)
    else if (effects.some(({ kind }) => kind === 'node-birth')) this.#deps.events.begun()
  }

  #changedPhase(before: EdgeSessionState, state: EdgeSessionState): void {
    this.#deps.logger.info({ phase: state.phase, server: state.server, bdSeq: state.bdSeq }, 'session')
    if (before.phase === 'online') this.#deps.events.ended()
    // A patience that belonged to this wait must not cut a later one short.
    if (before.phase === 'waiting' && state.phase === 'online') this.#timer.abort()
    if (state.phase === 'waiting') this.#later(HOST_PATIENCE_MS, { kind: 'host-absent' })
    if (state.phase !== 'online') return
    this.#onlineSince = this.#deps.clock.monotonic()
    this.#deps.events.begun()
  }

  #perform(effect: EdgeSessionEffect): void {
    const { payloads, clock } = this.#deps
    const { group, node } = this.#options
    const now = clock.now()
    switch (effect.kind) {
      case 'connect':
        this.#connect(effect.server, effect.bdSeq)
        break
      case 'remember':
        this.#remember(effect.bdSeq)
        break
      case 'subscribe':
        this.#subscribe(effect)
        break
      case 'node-birth':
        this.#publish(nodeTopic('NBIRTH', group, node), payloads.nodeBirth(effect.bdSeq, effect.seq, now))
        break
      case 'device-birth':
        this.#publish(
          deviceTopic('DBIRTH', group, node, effect.device),
          payloads.deviceBirth(effect.device, effect.seq, now),
        )
        break
      case 'device-death':
        this.#publish(deviceTopic('DDEATH', group, node, effect.device), payloads.deviceDeath(effect.seq, now))
        break
      case 'data':
        this.#data(effect.device, effect.seq, now)
        break
      case 'node-death':
        this.#die(payloads.nodeDeath(effect.bdSeq, now))
        break
      case 'disconnect':
        this.#disconnect()
        break
      case 'rest':
        this.#rest()
        break
    }
  }

  /** A disk that refuses costs the number its continuity after a restart, not the gateway its uplink. */
  #remember(bdSeq: number): void {
    try {
      this.#deps.bdSeq.save(bdSeq)
    } catch (error) {
      this.#deps.logger.error({ err: error, bdSeq }, 'could not write down bdSeq')
    }
  }

  #connect(server: number, bdSeq: number): void {
    const { payloads, clock, uplink, events } = this.#deps
    const topic = nodeTopic('NDEATH', this.#options.group, this.#options.node)
    const will = { topic, payload: payloads.nodeDeath(bdSeq, clock.now()), qos: 1 } as const
    let mine: Connection | null = null
    const current = (input: () => void) => {
      if (this.#connection === mine) input()
    }
    // The old connection is closed before the next one opens: never two servers at once.
    void this.#farewell.then(() => {
      if (this.#state.phase !== 'connecting') return
      try {
        mine = uplink.open(server, will, {
          connectSent: () => current(() => this.#input({ kind: 'connect-sent', bdSeq })),
          connected: () => current(() => this.#input({ kind: 'connected' })),
          message: (from, payload) => current(() => this.#message(from, payload)),
          drained: () => current(() => events.drained()),
          lost: (reason) => current(() => this.#lost(server, reason)),
        })
        this.#connection = mine
      } catch (error) {
        this.#lost(server, error instanceof Error ? error.message : String(error))
      }
    })
  }

  #lost(server: number, reason: string): void {
    this.#deps.logger.warn({ server, reason }, 'no connection')
    this.#connection = null
    this.#input({ kind: 'lost' })
  }

  #subscribe({ filters }: EdgeSessionEffect & { kind: 'subscribe' }): void {
    const connection = this.#connection
    connection?.subscribe(filters).then(
      () => {
        if (this.#connection === connection) this.#input({ kind: 'subscribed' })
      },
      (error: Error) => {
        if (this.#connection !== connection) return
        void connection.close()
        this.#lost(this.#state.server, error.message)
      },
    )
  }

  #publish(topic: string, payload: Uint8Array): void {
    this.#connection?.publish({ topic, payload, qos: 0 }).catch(ignoreLoss)
  }

  #data(device: string | null, seq: number, now: Instant): void {
    if (!this.#encode) throw new InvariantError('data without a row')
    const { group, node } = this.#options
    const topic = device === null ? nodeTopic('NDATA', group, node) : deviceTopic('DDATA', group, node, device)
    this.#publish(topic, this.#encode(seq, now))
  }

  #die(payload: Uint8Array): void {
    const topic = nodeTopic('NDEATH', this.#options.group, this.#options.node)
    const confirmed = this.#connection?.publish({ topic, payload, qos: 1 }) ?? Promise.resolve()
    const enough = new AbortController()
    const late = this.#deps.clock.sleep(DEATH_TIMEOUT_MS, enough.signal)
    this.#farewell = Promise.race([confirmed, late])
      .catch(ignoreLoss)
      .finally(() => enough.abort())
    late.catch(ignoreLoss)
  }

  #disconnect(): void {
    const connection = this.#connection
    this.#connection = null
    this.#farewell = this.#farewell.then(() => connection?.close())
  }

  #rest(): void {
    const { clock, random } = this.#deps
    const isGood = this.#onlineSince !== null && clock.monotonic() - this.#onlineSince >= STABLE_MS
    if (isGood) this.#pauses = retrySchedule(RECONNECT, random)
    this.#onlineSince = null
    this.#later(this.#pauses.next().value, { kind: 'rested' })
  }

  #later(pauseMs: Millis, input: EdgeSessionInput): void {
    this.#timer.abort()
    if (this.#stopping.signal.aborted) return
    this.#timer = new AbortController()
    const { signal } = this.#timer
    this.#deps.clock.sleep(pauseMs, signal).then(() => this.#input(input), ignoreLoss)
  }

  #message(topic: string, payload: Uint8Array): void {
    try {
      const parsed = parseTopic(topic)
      if (parsed.kind === 'state') {
        this.#input({ kind: 'state', host: parsed.host, ...parseState(payload) })
        return
      }
      if (parsed.type !== 'NCMD' && parsed.type !== 'DCMD') return
      const device = parsed.kind === 'device' ? parsed.device : null
      const { commandName } = this.#deps.payloads
      for (const { name, alias, value } of decodePayload(payload).metrics) {
        const known = name ?? (alias === undefined ? '' : (commandName(device, alias) ?? ''))
        if (device === null) this.#command(known, value ?? null)
        else this.#deps.events.deviceCommand(device, known, value ?? null)
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#deps.logger.warn({ topic: topic.slice(0, 200), reason: error.message }, 'message refused')
      this.#deps.events.badInput(error.message)
    }
  }

  #command(name: string, value: MetricValue | null): void {
    if (name !== REBIRTH_METRIC) this.#deps.events.command(name, value)
    else if (value === true) this.rebirth()
  }
}

/** QoS 0 into a connection that is going away: the spool still has the row, and the session learns of the loss by `lost`. */
const ignoreLoss = (): void => undefined
