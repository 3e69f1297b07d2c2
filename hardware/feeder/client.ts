import type { Clock, Instant, Millis } from '@minewarden/protocol/time.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../errors.ts'
import { createFeederLink } from './link.ts'
import type { FeederAnswer, FeederCommand, FeederState } from './messages.ts'

/** Done now, or at an earlier request for the same reference (`repeated`); `state` is the feeder's as of the answer. */
export interface OperateResult {
  readonly state: FeederState
  readonly operatedAt: Instant
  readonly repeated: boolean
}

/**
 * One side of the feeder simulator's socket. Every request rejects with {@link HardwareError} `feeder-unreachable`
 * (no connection, or no answer in time: it may have been done, ask again) or `feeder-refused` (it was not done; the
 * message begins with the refusal, `refused`, `not-selected` and so on of `messages.ts`).
 */
export interface FeederClient extends AsyncDisposable {
  list(): Promise<readonly FeederState[]>
  read(feeder: string): Promise<FeederState>
  /** Reserves the feeder for this connection, for the time returned. A lost connection loses its selections. */
  select(command: FeederCommand): Promise<Millis>
  /** Moves the feeder, never at or after `before`. Safe to repeat: once for each reference. */
  operate(command: FeederCommand, before?: Instant): Promise<OperateResult>
  cancel(command: FeederCommand): Promise<void>
  /** What a person at the switch does: closes it where that is permitted. */
  press(feeder: string): Promise<FeederState>
  /**
   * Tells the feeder's state now (when known) and at each change, over reconnects too; returns how to stop.
   * A change during an outage is told after it. `onRefused` hears that there is no such feeder: it then never has a state.
   */
  watch(feeder: string, listener: (state: FeederState) => void, onRefused?: (error: HardwareError) => void): () => void
  /** The last state heard of a watched feeder, however long ago; `null` when none yet. */
  known(feeder: string): FeederState | null
  /** Whether there is a connection at this moment. */
  connected(): boolean
  /** Ends the connection and all attempts to make one; what is under way is rejected. */
  close(): Promise<void>
}

export interface FeederClientOptions {
  readonly host: string
  readonly port: number
  readonly clock: Clock
  /** For the connection and the answer together. */
  readonly requestTimeoutMs?: Millis
}

const DEFAULT_REQUEST_TIMEOUT_MS = 5_000

interface Watched {
  state: FeederState | null
  readonly listeners: Set<Listener>
}

interface Listener {
  readonly onState: (state: FeederState) => void
  readonly onRefused: ((error: HardwareError) => void) | undefined
}

/** Begins to connect at once, and keeps at it: the simulator may come later, go, and come back. */
export function connectFeeders(options: FeederClientOptions): FeederClient {
  // Bounded by the feeders that the caller watches.
  const watched = new Map<string, Watched>()
  const link = createFeederLink({
    ...options,
    requestTimeoutMs: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    onConnected: () => {
      for (const feeder of watched.keys()) void subscribe(feeder)
    },
    onChange: (state) => learn(state),
  })

  function learn(state: FeederState): void {
    const entry = watched.get(state.feeder)
    if (!entry || JSON.stringify(entry.state) === JSON.stringify(state)) return
    entry.state = state
    for (const listener of entry.listeners) listener.onState(state)
  }

  async function subscribe(feeder: string): Promise<void> {
    try {
      learn(one(await link.request({ op: 'watch', feeder })))
    } catch (error) {
      if (!(error instanceof HardwareError)) throw error
      // Unreachable: subscribed again on the next connection.
      if (error.code !== 'feeder-refused') return
      for (const listener of watched.get(feeder)?.listeners ?? []) listener.onRefused?.(error)
    }
  }

  const watch: FeederClient['watch'] = (feeder, onState, onRefused) => {
    const entry = watched.get(feeder) ?? { state: null, listeners: new Set() }
    const listener = { onState, onRefused }
    const unheard = entry.state === null
    watched.set(feeder, entry)
    entry.listeners.add(listener)
    if (entry.state) onState(entry.state)
    if (unheard && link.connected()) void subscribe(feeder)
    return () => {
      entry.listeners.delete(listener)
    }
  }

  const close = () => link.close()
  return {
    watch,
    close,
    list: async () => (await link.request({ op: 'list' })).feeders,
    read: async (feeder) => one(await link.request({ op: 'read', feeder })),
    select: async (command) => (await link.request({ op: 'select', ...pick(command) })).selectedForMs ?? 0,
    async operate(command, before) {
      const deadline = before === undefined ? {} : { before }
      const answer = await link.request({ op: 'operate', ...pick(command), ...deadline })
      const state = one(answer)
      learn(state)
      return { state, operatedAt: instant(answer.operatedAt ?? 0), repeated: answer.repeated ?? false }
    },
    cancel: async (command) => void (await link.request({ op: 'cancel', ...pick(command) })),
    press: async (feeder) => one(await link.request({ op: 'press', feeder })),
    known: (feeder) => watched.get(feeder)?.state ?? null,
    connected: () => link.connected(),
    [Symbol.asyncDispose]: close,
  }
}

const pick = ({ feeder, action, reference }: FeederCommand) => ({ feeder, action, reference })

function one(answer: FeederAnswer): FeederState {
  const state = answer.feeders[0]
  if (!state) throw new HardwareError('feeder-unreachable', 'the feeder simulator answered without a feeder')
  return state
}
