import type { Instant, Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { SensorDriver } from './contract.ts'
import type { FeederClient } from './feeder/client.ts'

/** What a driver needs of the gateway it runs in. */
export interface DriverDeps {
  readonly clock: Timekeeper
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Folder for what a driver must remember over a restart; it makes its own folder in there. */
  readonly dataDir: string
  /** The beginning of time for sources that have one of their own; the same for all sensors of a gateway. */
  readonly startAt: Instant
  /** The feeder simulator that stands between supply and site; `null`: the supply is real. */
  readonly supply: { readonly client: Pick<FeederClient, 'watch'>; readonly feeder: string } | null
}

/** How long a probe must be well again before it is told, where its driver says nothing else. */
export const SETTLE_MS: Millis = 60_000

/** One sensor, ready to be read. `speed`: how many times as fast as the clock its time runs. */
export interface OpenedDriver {
  readonly driver: SensorDriver
  readonly speed: number
  /**
   * Of a probe: how long it must be well again before that is told; 0: what its driver says is told as it comes. Default:
   * {@link SETTLE_MS}.
   */
  readonly settleMs?: Millis
  /** What the device said of itself so far, in words for a person; empty: nothing. */
  readonly describe?: () => string
  /** Asks what the device behind a sensor that is missing has instead; in words for a person. Never throws. */
  readonly survey?: (signal: AbortSignal) => Promise<string>
}
