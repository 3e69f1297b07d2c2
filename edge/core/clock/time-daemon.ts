import type { DaemonAnswer } from './daemon-answer.ts'

/** The daemon that keeps this machine's clock, as far as we can ask it. */
export interface TimeDaemon {
  /** Asks once; bounded in time. Never rejects: a daemon that fails is `absent`. */
  ask(signal: AbortSignal): Promise<DaemonAnswer>
}
