/** What plain means would have reported of a recording. */
import { measurementsOf } from '@minewarden/hardware/recording/measurements.ts'
import type { RecordedSensor } from '@minewarden/hardware/recording/recorded-sensor.ts'
import type { Recording } from '@minewarden/hardware/recording/recording.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import type { Report, ReportedEvent, ReportedState } from '../../test/support/recording-score.ts'
import type { PlainTrigger } from './plain-triggers.ts'

const BLOCK_MS = 5000
/** Samples may jitter by this before a gap begins the averages anew. */
const GAP_S = 1

/** Every trigger is a blast. */
export function triggerReport({ sensors }: Recording, create: (rateHz: number) => PlainTrigger): Report {
  const events = sensors.filter((s) => s.kind === 'geophone').flatMap((sensor) => picksOf(sensor, create))
  return { events, states: [] }
}

function picksOf(sensor: RecordedSensor, create: (rateHz: number) => PlainTrigger): ReportedEvent[] {
  const vertical = sensor.channels.find((c) => c.code.endsWith('Z')) ?? sensor.channels[0]!
  const picks: ReportedEvent[] = []
  let trigger: PlainTrigger | null = null
  let [rateHz, nextS] = [0, Number.NaN]
  for (const block of measurementsOf({ ...sensor, channels: [vertical] }, BLOCK_MS)) {
    if (block.kind !== 'waveform') continue
    const startS = block.startAt / 1000
    if (!trigger || block.rateHz !== rateHz || Math.abs(startS - nextS) > GAP_S) trigger = create(block.rateHz)
    rateHz = block.rateHz
    nextS = startS + block.counts.length / rateHz
    for (let i = 0; i < block.counts.length; i++) {
      const pickS = trigger(block.counts[i]!, startS + i / rateHz)
      if (pickS !== null) picks.push({ site: sensor.site, onset: isoTime(instant(1000 * pickS)), class: 'blast' })
    }
  }
  return picks
}

/** A line on a panel: reopened while the power stands above it, once it has for so long. */
export interface PowerLine {
  readonly watts: (expectedW: number) => number
  readonly forMs: number
}

export function powerLineReport({ sites, sensors }: Recording, { watts, forMs }: PowerLine): Report {
  const states = sensors
    .filter((s) => s.kind === 'power-meter')
    .flatMap((sensor) => {
      const loads = sites.find((site) => site.id === sensor.site)?.expectedLoads ?? []
      return statesOf(sensor, watts(loads.reduce((sum, load) => sum + load.ratedW, 0)), forMs)
    })
  return { events: [], states }
}

function statesOf(sensor: RecordedSensor, aboveW: number, forMs: number): ReportedState[] {
  const states: ReportedState[] = []
  let sinceMs = Number.NaN
  let state = 'sealed'
  for (const reading of measurementsOf(sensor)) {
    if (reading.kind !== 'power' || reading.activePowerW === null) continue
    const above = reading.activePowerW > aboveW
    sinceMs = above ? (Number.isNaN(sinceMs) ? reading.at : sinceMs) : Number.NaN
    const next = above && reading.at - sinceMs >= forMs ? 'reopened' : above ? state : 'sealed'
    if (next !== state) states.push({ site: sensor.site, at: isoTime(reading.at), state: next })
    state = next
  }
  return states
}
