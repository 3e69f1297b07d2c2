/** A machine whose crystal drifts, whose wall clock anybody can set, and whose time daemon says what it is told to say. */
import type { DaemonAnswer, DaemonReport, Observation } from '@minewarden/edge/core/clock/daemon-answer.ts'

export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const BOOT = Date.UTC(2026, 4, 1)

export class SimulatedMachine {
  monotonic = 0
  /** True time minus monotonic. */
  truthOffset = BOOT
  wallOffset: number
  heardAt = 0

  constructor(wallAtStart: number = BOOT) {
    this.wallOffset = wallAtStart
  }

  /** @param driftPpm how much faster than true time the crystal runs */
  pass(ms: number, driftPpm = 0): void {
    this.monotonic += ms
    this.truthOffset -= (ms * driftPpm) / 1e6
  }

  get truth(): number {
    return this.monotonic + this.truthOffset
  }

  /** The daemon sets the clock right. */
  sync(): void {
    this.wallOffset = this.truthOffset
    this.heardAt = this.monotonic
    this.#wallWhenHeard = this.monotonic + this.wallOffset
  }
  #wallWhenHeard = 0

  report(more: Partial<DaemonReport> = {}): DaemonReport {
    return {
      kind: 'synchronised',
      source: 'chrony',
      quality: 'ntp',
      correctionMs: 0,
      errorMs: 10,
      referenceAgeMs: this.monotonic + this.wallOffset - this.#wallWhenHeard,
      updateIntervalMs: 64_000,
      skewPpm: 1,
      ...more,
    }
  }

  look(answer: DaemonAnswer = this.report()): Observation {
    return { atMs: this.monotonic, wallOffsetMs: this.wallOffset, wallErrorMs: 0.01, answer }
  }
}

export const ABSENT: DaemonAnswer = { kind: 'absent', reason: 'none' }
export const SEEKING: DaemonAnswer = { kind: 'unsynchronised', source: 'chrony' }
