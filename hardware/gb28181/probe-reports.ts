/** What is told of one device and its probes, and what was told last: the same is not told twice. */
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState, ProbeReading } from '../contract.ts'
import type { Addressed } from '../line/shared-device.ts'
import type { DeviceRecord, ProbeRecord, Verdict } from './device.ts'

export interface ProbeReportsDeps {
  readonly clock: Pick<Timekeeper, 'stamp'>
  readonly emit: (told: Addressed) => void
}

/** A camera's clock is told again when it moved so far: its own word has a resolution of a second. */
const OFFSET_STEP_S = 2

export class ProbeReports {
  readonly #deps: ProbeReportsDeps
  readonly #record: DeviceRecord
  /** What was reported last of each probe, and since when it is so. */
  readonly #reported = new Map<ProbeRecord, { readonly verdict: Verdict; readonly from: Millis }>()
  /** What was told of the device itself; empty: that it is well, or nothing. */
  #trouble = ''
  #toldOffsetS: number | null = null

  constructor(deps: ProbeReportsDeps, record: DeviceRecord) {
    this.#deps = deps
    this.#record = record
  }

  /** Tells what is news. @param isLineSuspect many devices fell silent at once */
  tell(isLineSuspect: boolean, now: Millis): void {
    const isOffsetNew = this.#isOffsetNew()
    for (const probe of this.#record.probes) {
      const verdict = this.#record.verdict(probe, isLineSuspect, now)
      if (!verdict) continue
      const before = this.#reported.get(probe)
      if (before && isSame(before.verdict, verdict) && !isOffsetNew) continue
      const from = before && isSameState(before.verdict, verdict) ? before.from : now
      this.#reported.set(probe, { verdict, from })
      this.#deps.emit({ sensor: probe.sensor, measurement: this.#reading(verdict, from, now) })
    }
  }

  /** A device that is there and cannot be understood or let in; empty: it is well. Told when it changes. */
  trouble(reason: string, now: Millis): void {
    if (this.#trouble === reason) return
    this.#trouble = reason
    const state: DeviceState = {
      kind: 'device',
      ...this.#stamped(now),
      state: reason === '' ? 'ok' : 'bad-data',
      reason,
    }
    for (const { sensor } of this.#record.probes) this.#deps.emit({ sensor, measurement: state })
  }

  #isOffsetNew(): boolean {
    const { clockOffsetS } = this.#record
    if (clockOffsetS === null) return false
    if (this.#toldOffsetS !== null && Math.abs(clockOffsetS - this.#toldOffsetS) < OFFSET_STEP_S) return false
    this.#toldOffsetS = clockOffsetS
    return true
  }

  #reading({ status, cause, confidence, since }: Verdict, from: Millis, now: Millis): ProbeReading {
    const sinceMs = this.#deps.clock.stamp(cause === null ? from : since).at
    const { clockOffsetS } = this.#record
    return { kind: 'probe', ...this.#stamped(now), status, sinceMs, cause, confidence, clockOffsetS }
  }

  #stamped(now: Millis): Pick<DeviceState, 'at' | 'clock' | 'clockErrorMs'> {
    const { at, quality, errorMs } = this.#deps.clock.stamp(now)
    return { at, clock: quality, ...(errorMs !== null && { clockErrorMs: errorMs }) }
  }
}

const isSameState = (one: Verdict, other: Verdict): boolean => one.status === other.status && one.cause === other.cause
const isSame = (one: Verdict, other: Verdict): boolean => isSameState(one, other) && one.confidence === other.confidence
