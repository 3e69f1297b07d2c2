/**
 * The comparison that convinces: the same recordings judged by Minewarden, by a plain STA/LTA with the defaults of
 * SeisComP and of rsudp (any trigger is a blast), and by a line drawn across a power panel.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { evaluateRecording } from '@minewarden/cli/evaluate.ts'
import { openRecording } from '@minewarden/hardware/recording/recording.ts'
import {
  addScores,
  type Labels,
  type Report,
  readLabels,
  type Score,
  scoreRecording,
} from '../test/support/recording-score.ts'
import { type PowerLine, powerLineReport, triggerReport } from './detection/peer-reports.ts'
import { createRsudp, createScautopick, NEAR } from './detection/plain-triggers.ts'
import { type BenchRow, costRow, formatRows, rateRow } from './row.ts'

const FOLDER =
  process.env.MINEWARDEN_RECORDINGS ?? fileURLToPath(new URL('../../shared/data/recordings', import.meta.url))

/** Grafana's usual pending period is a minute; a person who knows the pump draws the line a quarter above its rating. */
const FIXED_LINE: PowerLine = { watts: () => 5000, forMs: 60_000 }
const DRAWN_LINE: PowerLine = { watts: (expectedW) => 1000 + 1.25 * expectedW, forMs: 60_000 }

export async function bench(): Promise<BenchRow[]> {
  const labels = readLabels(FOLDER)
  if (labels.size === 0) {
    console.log(`skipped: no labelled recordings in ${FOLDER} (MINEWARDEN_RECORDINGS names another folder)`)
    return []
  }
  const ours = await scoreAll(labels, async (dir) => evaluateRecording(dir))
  const peer = (report: (recording: Awaited<ReturnType<typeof openRecording>>) => Report) =>
    scoreAll(labels, async (dir) => report(await openRecording(dir)))
  const triggers = {
    'scautopick defaults': await peer((recording) => triggerReport(recording, createScautopick)),
    'scautopick set for near events': await peer((recording) =>
      triggerReport(recording, (rateHz) => createScautopick(rateHz, NEAR)),
    ),
    'rsudp defaults': await peer((recording) => triggerReport(recording, createRsudp)),
  }
  const lines = {
    'line at 5 kW': await peer((recording) => powerLineReport(recording, FIXED_LINE)),
    'line above the pump': await peer((recording) => powerLineReport(recording, DRAWN_LINE)),
  }
  return [
    ...Object.entries(triggers).flatMap(([name, score]) => eventRows(name, ours, score)),
    ...Object.entries(lines).flatMap(([name, score]) => stateRows(name, ours, score)),
  ]
}

async function scoreAll(labels: ReadonlyMap<string, Labels>, report: (dir: string) => Promise<Report>): Promise<Score> {
  const scores: Score[] = []
  for (const [name, truth] of labels) scores.push(scoreRecording(truth, await report(join(FOLDER, name))))
  return addScores(scores)
}

const eventRows = (name: string, ours: Score, peer: Score): BenchRow[] => [
  rateRow(`near blasts found; peer: ${name}`, found(ours), found(peer), 'share'),
  costRow(`false blasts; peer: ${name}`, falsePerHour(ours), falsePerHour(peer), '/sensor-hour'),
  rateRow(`far events seen; peer: ${name}`, ours.farSeen / ours.farEvents, peer.farSeen / peer.farEvents, 'share'),
  costRow(`earthquakes called blasts; peer: ${name}`, called(ours), called(peer), 'share'),
]
const found = (s: Score) => s.blastsFound / s.blasts
const falsePerHour = (s: Score) => s.falseBlasts / s.sensorHours
const called = (s: Score) => s.quakesCalledBlast / s.quakes

const stateRows = (name: string, ours: Score, peer: Score): BenchRow[] => [
  rateRow(`reopenings found; peer: ${name}`, reopenings(ours), reopenings(peer), 'share'),
  costRow(`median delay; peer: ${name}`, median(ours.delaysMin), median(peer.delaysMin), 'min'),
  costRow(`worst delay; peer: ${name}`, Math.max(...ours.delaysMin), Math.max(...peer.delaysMin), 'min'),
  costRow(`false reopenings; peer: ${name}`, ours.falseReopenings, peer.falseReopenings, 'in all'),
]
const reopenings = (s: Score) => s.delaysMin.length / s.reopenings
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

if (import.meta.main) console.log(formatRows(await bench()))
