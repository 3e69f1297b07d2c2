import type { Instant } from '@minewarden/protocol/time.ts'

/** What the parts of the power company need of each other. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What an attempt to operate a feeder came to. */
export type Operation =
  /** In this position, as read back after it. */
  | {
      readonly kind: 'done'
      readonly position: 'open' | 'close-permitted' | 'closed'
      readonly movedAt: Instant
      readonly readAt: Instant
    }
  /** Not done, for its time ran out first: only a new permission lets it be tried again. */
  | { readonly kind: 'missed'; readonly detail: string }
  /** Not done, and no use in asking again. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** It may or may not have been done: read before anything else. */
  | { readonly kind: 'unknown'; readonly detail: string }

/** Until when a switch may be told to move. */
export interface OperateLimit {
  /** Asked once more just before the switch is told. */
  readonly mayOperate: () => boolean
  /** Travels with the command: a switch that reads it at or after this does not move. */
  readonly before: Instant
}

/** `permit-close`: a person at the switch may close it then; we never close one from afar. */
export type SwitchAction = 'open' | 'permit-close'

/** The switchgear. An operation is known by its reference and done once for each. */
export interface Switchgear {
  /** Select, operate, read back. */
  operate(feeder: string, action: SwitchAction, reference: string, limit: OperateLimit): Promise<Operation>
  /** Whether this very operation was done, without doing it. */
  wasOperated(feeder: string, action: SwitchAction, reference: string): Promise<Operation>
}
