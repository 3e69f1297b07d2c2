import type { MeterMeasured, MeterStatus } from '../contract.ts'
import type { Ask, Failure, Outcome } from './question.ts'

/** A meter behind its protocol. Values are the meter's own: ratios of transformers are not in them. */

/** `null`: the meter does not measure it, or did not answer for it. */
export interface PowerValues {
  readonly voltageV: readonly [number | null, number | null, number | null]
  readonly currentA: readonly [number | null, number | null, number | null]
  readonly activePowerW: number | null
  readonly reactivePowerVar: number | null
  /** Why some of it is `null` that the meter has; `null`: nothing is amiss. */
  readonly flaw: { readonly failure: Failure; readonly question: string } | null
}

/** What is asked once a minute or less; only what was read. */
export type SlowValues = Partial<
  Pick<
    MeterStatus,
    | 'relayOff'
    | 'commandedOff'
    | 'preTripAlarm'
    | 'isProtected'
    | 'coverOpenings'
    | 'terminalCoverOpenings'
    | 'powerLosses'
    | 'faults'
  >
> & {
  readonly activeEnergyWh?: number | null
  readonly clock?: ClockReading
  /** Without the ratios of transformers. */
  readonly measured?: Partial<MeterMeasured>
}

/** The meter's own clock, local, as milliseconds since 1970 in its own zone, to the second. */
export interface ClockReading {
  readonly localMs: number
}

export interface Chore {
  readonly name: 'energy' | 'status' | 'events' | 'clock' | 'measured' | `measured ${string}`
  readonly everyMs: number
  /** It waits so long after the first poll, and the first status does not wait for it: what matters more comes first. */
  readonly afterMs?: number
  /** The value that was read last is what it answers; `at` that of its last part. */
  readonly read: (ask: Ask) => Promise<Outcome<SlowValues>>
}

export interface Meter {
  readonly address: string
  /** All that is read at each poll. `at`: when the active power was answered. A failure: nothing could be read. */
  readPower(ask: Ask): Promise<Outcome<PowerValues>>
  readonly chores: readonly Chore[]
  /** Whether it speaks an older protocol than it is asked in; the failure says so. `null`: not to be told apart. */
  readonly probeOldProtocol: ((ask: Ask) => Promise<Outcome<never>>) | null
}
