/**
 * The transients of labelled recordings, each with its features, its surroundings, what it was judged to be and what
 * it really was: what calibration and cross-validation work on.
 */
import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { boutAt, createActivity, stepActivity } from '@minewarden/cloud/core/detection/activity.ts'
import type { ClassScores, EventContext } from '@minewarden/cloud/core/detection/event-class.ts'
import {
  createEventJudge,
  type JudgedEvent,
  judgeUntil,
  takeAirEvent,
  takeEvent,
} from '@minewarden/cloud/core/detection/event-judge.ts'
import type { EventFields } from '@minewarden/cloud/core/detection/event-shape.ts'
import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import { measurementsOf } from '@minewarden/hardware/recording/measurements.ts'
import { openRecording } from '@minewarden/hardware/recording/recording.ts'
import type { EventClass } from '@minewarden/protocol/finding.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'

/** One transient of one geophone. */
export interface EventRow {
  readonly recording: string
  readonly site: string
  readonly sensor: string
  readonly onsetMs: number
  /** What the labels say was then; `null`: nothing is labelled. */
  readonly truth: EventClass | null
  readonly where: 'here' | 'far' | null
  /** Index of the label in its recording: several transients may belong to one. */
  readonly label: number
  readonly fields: EventFields
  readonly context: EventContext
  readonly scores: ClassScores
  readonly class: EventClass
  readonly tell: boolean
}

export interface Label {
  readonly site: string
  readonly onsetMs: number
  readonly durationS: number
  readonly class: EventClass
  readonly where: 'here' | 'far'
}

/** The slack that scoring gives an onset. */
const MATCH_MS = 2000
const AFTER_END_MS = 120_000

/** The labels of a recording. */
export function labelsOf(dir: string): Label[] {
  const { events = [] } = JSON.parse(readFileSync(join(dir, 'labels.json'), 'utf8'))
  return events.map((e: { site: string; onset: string; durationS?: number; class: EventClass; where?: 'far' }) => ({
    site: e.site,
    onsetMs: Date.parse(e.onset),
    durationS: e.durationS ?? 0,
    class: e.class,
    where: e.where ?? 'here',
  }))
}

/** All transients of one recording, judged as they would be live. */
export async function eventsOf(dir: string): Promise<EventRow[]> {
  const recording = await openRecording(dir)
  const labels = labelsOf(dir)
  const rows: EventRow[] = []
  for (const site of recording.sites) {
    const readings: { readonly gateway: string; readonly reading: Reading }[] = []
    for (const sensor of recording.sensors.filter((s) => s.site === site.id)) {
      if (sensor.kind !== 'geophone' && sensor.kind !== 'air-pressure') continue
      const channels = sensor.channels.map((channel) => channel.code)
      const measure = createMeasure({ sensor: sensor.id, kind: sensor.kind, channels })
      const take = (more: readonly Reading[]) => {
        for (const reading of more) readings.push({ gateway: sensor.gateway, reading })
      }
      for (const measurement of measurementsOf(sensor, 5000)) take(measure.push(measurement))
      take(measure.end())
    }
    const events = judgeAll(readings.sort((a, b) => a.reading.measuredAt - b.reading.measuredAt))
    rows.push(...events.map((event) => rowOf(basename(resolve(dir)), site.id, event, labels)))
  }
  return rows
}

function judgeAll(readings: readonly { readonly gateway: string; readonly reading: Reading }[]): JudgedEvent[] {
  const activities = new Map<string, ReturnType<typeof createActivity>>()
  const judge = createEventJudge()
  const bout = (key: string, atMs: number) => {
    const activity = activities.get(key)
    return activity ? boutAt(activity, atMs) : null
  }
  const events: JudgedEvent[] = []
  for (const { gateway, reading } of readings) {
    const key = `${gateway}/${reading.sensor}`
    if (reading.kind === 'vibration') {
      const activity = activities.get(key) ?? createActivity()
      activities.set(key, activity)
      stepActivity(activity, reading)
    }
    if (reading.kind === 'event') events.push(...takeEvent(judge, key, reading, bout))
    if (reading.kind === 'airEvent') takeAirEvent(judge, reading)
    events.push(...judgeUntil(judge, reading.measuredAt, bout))
  }
  const last = readings.at(-1)?.reading.measuredAt ?? 0
  return [...events, ...judgeUntil(judge, last + AFTER_END_MS, bout)]
}

function rowOf(recording: string, site: string, event: JudgedEvent, labels: readonly Label[]): EventRow {
  const { fields, measuredMs } = event
  const onsetMs = (fields.onsetMs ?? measuredMs) + 1000 * (fields.mainS ?? 0)
  const label = labelAt(labels, site, onsetMs, fields.durationS ?? 0)
  return {
    recording,
    site,
    sensor: event.sensor,
    onsetMs,
    truth: labels[label]?.class ?? null,
    where: labels[label]?.where ?? null,
    label,
    fields,
    context: event.context,
    scores: event.scores,
    class: event.class,
    tell: event.tell,
  }
}

/** The label that a transient belongs to: the nearest instant it can be, else the episode it lies in; -1 for none. */
function labelAt(labels: readonly Label[], site: string, onsetMs: number, durationS: number): number {
  let best = -1
  let bestMs = Number.POSITIVE_INFINITY
  labels.forEach((label, i) => {
    if (label.site !== site) return
    const endMs = label.onsetMs + 1000 * label.durationS + MATCH_MS
    const instant = label.class === 'blast' || label.class === 'earthquake'
    const within = onsetMs >= label.onsetMs - MATCH_MS && onsetMs <= endMs
    const covers = onsetMs <= endMs && onsetMs + 1000 * durationS >= label.onsetMs - MATCH_MS
    if (!(within || (instant && covers))) return
    const distance = Math.abs(onsetMs - label.onsetMs) + (instant ? 0 : 1e7)
    if (distance >= bestMs) return
    best = i
    bestMs = distance
  })
  return best
}
