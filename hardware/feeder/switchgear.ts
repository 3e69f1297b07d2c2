import type { Instant, Millis } from '@minewarden/protocol/time.ts'
import type { FeederCommand, FeederState, Refusal } from './messages.ts'

/**
 * One feeder's switch: who holds its selection, whether an operation may be done, and what it did. Knows neither
 * sockets nor files; both clocks are arguments (`atMs` of any monotonic clock for the selection, `now` for the record).
 */

/** So many references are remembered; with more, the oldest is forgotten and could be operated a second time. */
export const MAX_REFERENCES = 64

/** An operation that was done, remembered so that its repetition is not done again. */
export interface Operation {
  readonly reference: string
  readonly action: FeederCommand['action']
  readonly operatedAt: number
}

/** What outlives a restart. */
export interface FeederRecord {
  readonly state: FeederState
  /** Oldest first, at most {@link MAX_REFERENCES}. */
  readonly done: readonly Operation[]
}

export type Outcome =
  | { readonly ok: true; readonly record: FeederRecord; readonly operatedAt: number; readonly repeated: boolean }
  | { readonly ok: false; readonly refusal: Refusal; readonly message: string }

export const newFeeder = (feeder: string): FeederRecord => ({
  state: { feeder, position: 'closed', changedAt: null, reference: null, operations: 0, closePermitted: false },
  done: [],
})

const POSITION = { open: 'open', close: 'closed' } as const

/** What the record is after the command; the same record when its reference was already used for this action. */
export function operated(record: FeederRecord, command: FeederCommand, now: Instant): Outcome {
  const before = record.done.find((done) => done.reference === command.reference)
  if (before && before.action !== command.action) {
    return refuse('reference-reused', `reference: '${command.reference}' was used to ${before.action} this feeder`)
  }
  if (before) return { ok: true, record, operatedAt: before.operatedAt, repeated: true }
  const position = command.action === 'permit-close' ? record.state.position : POSITION[command.action]
  const moves = position !== record.state.position
  const state: FeederState = {
    ...record.state,
    position,
    reference: command.reference,
    changedAt: moves ? now : record.state.changedAt,
    operations: record.state.operations + (moves ? 1 : 0),
    closePermitted: command.action === 'permit-close' && position === 'open',
  }
  const done = [...record.done, { reference: command.reference, action: command.action, operatedAt: now }]
  return { ok: true, record: { state, done: done.slice(-MAX_REFERENCES) }, operatedAt: now, repeated: false }
}

/** What a press at the switch makes of it; `null` where closing is not permitted. A closed one stays as it is. */
export function pressed(record: FeederRecord, now: Instant): FeederRecord | null {
  if (record.state.position === 'closed') return record
  if (!record.state.closePermitted) return null
  const { operations } = record.state
  const moved = { position: 'closed', changedAt: now, operations: operations + 1, closePermitted: false } as const
  return { ...record, state: { ...record.state, ...moved } }
}

const refuse = (refusal: Refusal, message: string): Outcome => ({ ok: false, refusal, message })

/** At most one selection of a feeder at a time, held by one connection for a bounded time. */
export interface Selections {
  /** `false` when another connection holds it. Selecting again renews, and replaces what was selected before. */
  select(owner: object, command: FeederCommand, atMs: Millis): boolean
  /** Whether this very command is selected by this connection. */
  holds(owner: object, command: FeederCommand, atMs: Millis): boolean
  /** Gives the feeder free; `false` when this command was not selected by this connection. */
  release(owner: object, command: FeederCommand, atMs: Millis): boolean
  /** Gives everything free that a lost connection held. */
  forget(owner: object): void
}

export function createSelections(timeoutMs: Millis): Selections {
  // Bounded by the number of feeders: one entry each.
  const held = new Map<string, { owner: object; action: string; reference: string; untilMs: Millis }>()
  const valid = (feeder: string, atMs: Millis) => {
    const selection = held.get(feeder)
    return selection && atMs < selection.untilMs ? selection : undefined
  }
  const holds = (owner: object, command: FeederCommand, atMs: Millis) => {
    const selection = valid(command.feeder, atMs)
    return (
      selection?.owner === owner && selection.action === command.action && selection.reference === command.reference
    )
  }
  return {
    holds,
    select(owner, { feeder, action, reference }, atMs) {
      const other = valid(feeder, atMs)
      if (other && other.owner !== owner) return false
      held.set(feeder, { owner, action, reference, untilMs: atMs + timeoutMs })
      return true
    },
    release(owner, command, atMs) {
      const mine = holds(owner, command, atMs)
      if (mine) held.delete(command.feeder)
      return mine
    },
    forget(owner) {
      for (const [feeder, selection] of held) if (selection.owner === owner) held.delete(feeder)
    },
  }
}
