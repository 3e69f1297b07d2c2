/**
 * `minewarden evaluate`: recordings through the same edge and cloud code as live, in one process, as fast as the
 * machine can. Measurements are drawn from disk in the order of their completion and dropped when measured, so memory
 * does not grow with a recording's length.
 */
import { basename, resolve } from 'node:path'
import { Networks } from '@minewarden/cloud/core/detection/network/networks.ts'
import { DEFAULT_PARAMETERS } from '@minewarden/cloud/core/detection/parameters.ts'
import { reasonText } from '@minewarden/cloud/core/detection/reason-text.ts'
import { createSiteDetector, type SiteDetector } from '@minewarden/cloud/core/detection/site-detector.ts'
import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import type { Measure } from '@minewarden/edge/core/measure/measure.ts'
import { measurementsOf } from '@minewarden/hardware/recording/measurements.ts'
import { mergeByTime } from '@minewarden/hardware/recording/merge.ts'
import type { RecordedSensor } from '@minewarden/hardware/recording/recorded-sensor.ts'
import { openRecording, type Recording } from '@minewarden/hardware/recording/recording.ts'
import { CodedError } from '@minewarden/protocol/errors.ts'
import type {
  EventClass,
  EventFinding,
  Finding,
  Reason,
  SiteState,
  StateFinding,
} from '@minewarden/protocol/finding.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { type Instant, instant, isoTime } from '@minewarden/protocol/time.ts'

/** What one recording came to; printed as one JSON line. Times are ISO 8601. */
export interface EvaluationRow {
  readonly recording: string
  readonly events: readonly {
    readonly site: string
    readonly sensor: string
    readonly onset: string
    readonly class: EventClass
    readonly probability: number
    readonly durationS: number
    readonly peakVelocityMmPerS: number | null
    readonly dominantFrequencyHz: number | null
  }[]
  readonly states: readonly {
    readonly site: string
    readonly at: string
    readonly state: SiteState
    readonly probability: number
    readonly because: readonly string[]
  }[]
  /** Waveform samples of all channels. */
  readonly samples: number
  readonly wallS: number
}

/** How far an evaluation is: measured time that is done, as a share of the recording. */
export type Progress = (share: number) => void
/** A stretch of a recording that could not be read: passed over, and said. */
export type Fault = (sensor: string, reason: string) => void

/** After the last measurement nothing more comes: what waits for its surroundings is judged without them. */
const AFTER_END_MS = 120_000
/** Blocks of so much measured time: long enough to be fast, short enough to interleave the sensors. */
const BLOCK_MS = 5000
const PROGRESS_STEPS = 20

/** One sensor's chain: its measure, and the detector of its site. */
interface Chain {
  readonly sensor: RecordedSensor
  readonly measure: Measure
  readonly detector: SiteDetector
}

/**
 * Evaluates one recording.
 * @throws HardwareError `recording-unreadable`, naming file and field
 */
export async function evaluateRecording(
  dir: string,
  listener: { readonly onProgress?: Progress; readonly onFault?: Fault } = {},
): Promise<EvaluationRow> {
  const startedAt = performance.now()
  const recording = await openRecording(dir)
  const { findings, samples } = run(recording, listener)
  return {
    recording: basename(resolve(dir)),
    ...rowsOf(findings),
    samples,
    wallS: Number(((performance.now() - startedAt) / 1000).toFixed(3)),
  }
}

function run(
  recording: Recording,
  { onProgress, onFault }: { readonly onProgress?: Progress; readonly onFault?: Fault },
): { findings: Finding[]; samples: number } {
  const detectors = new Map(recording.sites.map((site) => [site.id, createSiteDetector(site)]))
  const chains = recording.sensors.map((sensor): Chain => {
    const channels = sensor.channels.map((channel) => channel.code)
    const detector = detectors.get(sensor.site)!
    return { sensor, detector, measure: createMeasure({ sensor: sensor.id, kind: sensor.kind, channels }) }
  })
  const networks = new Networks({
    sites: recording.sites,
    quarries: [],
    utcOffsetHours: DEFAULT_PARAMETERS.utcOffsetHours,
    memberOf: (site) => detectors.get(site),
  })
  const findings: Finding[] = []
  const observe = ({ sensor, detector }: Chain, readings: readonly Reading[]) => {
    for (const reading of readings) {
      findings.push(...detector.observe(sensor.gateway, reading, { historical: false }))
      findings.push(...networks.exchange(sensor.site))
    }
  }
  let samples = 0
  const report = progressOf(recording, onProgress)
  const sources = chains.map((chain) => ({ key: chain, measurements: measurementsOf(chain.sensor, BLOCK_MS) }))
  for (const { key: chain, measurement, completedAt } of mergeByTime<Chain>(sources)) {
    if (measurement.kind === 'waveform') samples += measurement.counts.length
    if (measurement.kind === 'device' && measurement.state === 'bad-data')
      onFault?.(chain.sensor.id, measurement.reason)
    observe(chain, chain.measure.push(measurement))
    report(completedAt)
  }
  for (const chain of chains) observe(chain, chain.measure.end())
  const end = instant(recording.endAt + AFTER_END_MS)
  // In steps, so that what one site feels is known to the others before they judge.
  for (let at = recording.endAt; at <= end; at = instant(at + BLOCK_MS)) {
    for (const [site, detector] of detectors) findings.push(...detector.advanceTo(at), ...networks.exchange(site))
  }
  return { findings, samples }
}

/** Calls `onProgress` a few times in all. */
function progressOf({ startAt, endAt }: Recording, onProgress: Progress | undefined): (at: Instant) => void {
  let told = 0
  return (at) => {
    const step = Math.floor((PROGRESS_STEPS * (at - startAt)) / Math.max(1, endAt - startAt))
    if (step <= told) return
    told = step
    onProgress?.(Math.min(1, step / PROGRESS_STEPS))
  }
}

function rowsOf(findings: readonly Finding[]): Pick<EvaluationRow, 'events' | 'states'> {
  const events = lastWords(findings.filter((finding) => finding.kind === 'event'))
  const states = findings.filter((finding) => finding.kind === 'state')
  return {
    events: events
      .sort((a, b) => a.onset - b.onset)
      .map((e) => ({
        site: e.site,
        sensor: e.sensor,
        onset: isoTime(instant(e.onset)),
        class: e.class,
        probability: rounded(e.probability),
        durationS: rounded(e.durationS),
        peakVelocityMmPerS: e.peakVelocityMmPerS === null ? null : rounded(e.peakVelocityMmPerS),
        dominantFrequencyHz: e.dominantFrequencyHz === null ? null : rounded(e.dominantFrequencyHz),
      })),
    states: states
      .sort((a, b) => a.at - b.at)
      .filter(isChange())
      .map((s) => ({
        site: s.site,
        at: isoTime(instant(s.at)),
        state: s.state,
        probability: rounded(s.probability),
        because: s.because.map(sentence),
      })),
  }
}

/** What was revised stands as it was told last. */
function lastWords(events: readonly EventFinding[]): EventFinding[] {
  const told = new Map<string, EventFinding>()
  let unrevised = 0
  for (const event of events) {
    const key = `${event.site} ${event.sensor} ${event.onset}`
    // Only a revision takes the place of another one.
    told.set(event.revised || !told.has(key) ? key : `${key} ${++unrevised}`, event)
  }
  return [...told.values()]
}

/** Whether a finding changes its site's state; one may also tell that the evidence has grown. */
const isChange = () => {
  const last = new Map<string, SiteState>()
  return ({ site, state }: StateFinding): boolean => {
    const changed = last.get(site) !== state
    last.set(site, state)
    return changed
  }
}

/** A reason with its times as they stand in the row, in UTC without saying so each time. */
const sentence = ({ code, values }: Reason): string => {
  const bare = Object.entries(values).map(([name, v]) => [name, typeof v === 'string' ? v.replace(ISO_UTC, '$1') : v])
  return reasonText({ code, values: Object.fromEntries(bare) }, 'en')
}
const ISO_UTC = /^(\d{4}-\d{2}-\d{2}T[\d:.]+)Z$/

const rounded = (x: number): number => Number(x.toPrecision(4))

/** Where the command writes; narrow, so that a test can listen. */
export interface CommandOutput {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean }
}

/**
 * The command. Standard output carries the results alone, standard error progress and complaints.
 * @returns the exit code: 0, or 2 if a recording cannot be read (the others are evaluated all the same)
 */
export async function evaluate(
  dirs: readonly string[],
  { json }: { readonly json: boolean },
  { stdout, stderr }: CommandOutput,
): Promise<number> {
  let code = 0
  const rows: EvaluationRow[] = []
  for (const [i, dir] of dirs.entries()) {
    const name = basename(resolve(dir))
    const tell = (share: number) => {
      if (stderr.isTTY) stderr.write(`\r${i + 1}/${dirs.length} ${name} ${Math.round(100 * share)} %\u001b[K`)
    }
    try {
      const faults: string[] = []
      const onFault: Fault = (sensor, reason) => faults.push(`${name}: ${sensor}: ${reason}\n`)
      const row = await evaluateRecording(dir, { onProgress: tell, onFault })
      for (const fault of faults) stderr.write(`${stderr.isTTY ? '\r\u001b[K' : ''}${fault}`)
      stderr.write(
        `${stderr.isTTY ? '\r' : ''}${i + 1}/${dirs.length} ${name} ${row.wallS} s${stderr.isTTY ? '\u001b[K' : ''}\n`,
      )
      if (json) stdout.write(`${JSON.stringify(row)}\n`)
      else rows.push(row)
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      stderr.write(`${stderr.isTTY ? '\r\u001b[K' : ''}${name}: ${error.message} (${error.code})\n`)
      code = 2
    }
  }
  if (!json) stdout.write(readable(rows))
  return code
}

/** A table for people: one line a recording, then its changes of state. */
function readable(rows: readonly EvaluationRow[]): string {
  const lines = rows.flatMap((row) => {
    const counts = new Map<string, number>()
    for (const event of row.events) counts.set(event.class, (counts.get(event.class) ?? 0) + 1)
    const summary = [...counts].map(([name, count]) => `${count} ${name}`).join(', ') || 'no events'
    const rate = row.wallS > 0 ? `${(row.samples / row.wallS / 1e6).toFixed(1)} M samples/s` : ''
    const head = `${row.recording.padEnd(28)} ${summary.padEnd(56)} ${rate}`
    const changes = row.states.map(
      (s) =>
        `  ${s.at.slice(0, 19)}Z  ${s.site}  ${s.state.padEnd(10)} ${s.probability.toFixed(3)}  ${s.because.join('; ')}`,
    )
    return [head, ...changes]
  })
  return lines.length > 0 ? `${lines.join('\n')}\n` : ''
}
