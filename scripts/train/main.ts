/**
 * Fits and tests what the probabilities of events rest on: `npm run train -- DIR... [--write]`, each a labelled
 * recording. Prints, with sources kept apart, what the rules are worth as they are, after calibration, and beside a
 * small trained model; `--write` puts the calibration of all composed recordings into `class-calibration.ts`.
 *
 * Sources: a composed recording is one, eight neighbouring sites of a folder of real traces are one (stations of one
 * event stand next to each other). Composed recordings share noise and events, so a row that has a twin in what is
 * tested is left out of what is trained on. Real traces are never trained on by the calibration: their earthquakes and
 * far blasts are those that a published classifier got wrong, and nothing in `real-continuous` or `real-landslides` is
 * labelled, so these two are not tested on either.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { CALIBRATED, type Calibration } from '@minewarden/cloud/core/detection/class-calibration.ts'
import { classifyByRules } from '@minewarden/cloud/core/detection/event-class.ts'
import { applyCalibration, fitCalibration, type GroupLogs } from './calibration-fit.ts'
import { type EventRow, eventsOf } from './event-table.ts'
import { featureVector } from './feature-vector.ts'
import { brierScore, logLoss, reliabilityTable } from './reliability.ts'
import { trainSoftmax } from './softmax-regression.ts'

const UNLABELLED = ['real-continuous', 'real-landslides']
const NEIGHBOURS = 8
/** In standard deviations of the worst feature: nearer is the same waveform. */
const TWIN = 0.15
const TOLD_BLAST = [0.3, 0.5, 0.7]
const REST = CALIBRATED.length
const NAMES = [...CALIBRATED, 'rest'] as const
const CALIBRATION_FILE = new URL('../../cloud/core/detection/class-calibration.ts', import.meta.url)

interface Sample {
  readonly row: EventRow
  readonly source: string
  readonly real: boolean
  readonly features: readonly number[]
  readonly logs: GroupLogs
  readonly truth: number
}

/** A blast near by is a blast; a far one or an earthquake is told as an earthquake, or not at all. */
function truthOf({ truth, where }: EventRow): number {
  const name = truth === 'blast' && where === 'far' ? 'earthquake' : truth
  const index = (CALIBRATED as readonly (string | null)[]).indexOf(name)
  return index < 0 ? REST : index
}

/** Whether labels say what it was; two blasts of a quarry at the very fence are near for every purpose but the label. */
const isKnown = ({ recording, truth, where }: EventRow): boolean =>
  !UNLABELLED.includes(recording) && !(recording === 'quarry-at-the-fence' && truth === 'blast' && where === 'far')

function sampleOf(row: EventRow): Sample {
  const scores = classifyByRules(row.fields, row.context)
  const own = CALIBRATED.map((name) => scores[name])
  const real = row.recording.startsWith('real-')
  const block = real ? `/${Math.floor((Number(row.site.slice(-4)) - 1) / NEIGHBOURS)}` : ''
  return {
    row,
    source: row.recording + block,
    real,
    features: featureVector(row),
    logs: [...own, 1 - own.reduce((sum, p) => sum + p, 0)].map((p) => Math.log(Math.max(p, 1e-9))),
    truth: truthOf(row),
  }
}

/** Predictions for every sample by what was trained without its source and without its twins. */
function crossValidate(
  samples: readonly Sample[],
  train: (rest: readonly Sample[]) => (sample: Sample) => number[],
): number[][] {
  const scale = spreads(samples)
  const out: number[][] = samples.map(() => [])
  for (const source of new Set(samples.map((s) => s.source))) {
    const tested = samples.filter((s) => s.source === source)
    const rest = samples.filter((s) => s.source !== source && !tested.some((t) => isTwin(s, t, scale)))
    const predict = train(rest)
    samples.forEach((sample, i) => {
      if (sample.source === source) out[i] = predict(sample)
    })
  }
  return out
}

const isTwin = (a: Sample, b: Sample, scale: readonly number[]): boolean =>
  a.features.every((x, j) => Math.abs(x - b.features[j]!) < TWIN * scale[j]!)

function spreads(samples: readonly Sample[]): number[] {
  return samples[0]!.features.map((_, j) => {
    const mean = samples.reduce((sum, s) => sum + s.features[j]!, 0) / samples.length
    return Math.sqrt(samples.reduce((sum, s) => sum + (s.features[j]! - mean) ** 2, 0) / samples.length) || 1
  })
}

const fitComposed = (samples: readonly Sample[]): Calibration => {
  const composed = samples.filter((s) => !s.real)
  return fitCalibration(
    composed.map((s) => s.logs),
    composed.map((s) => s.truth),
  )
}

/** How many of those chosen have a blast's probability of at least so much. */
const above = (probabilities: readonly (readonly number[])[], chosen: readonly boolean[], least: number): number =>
  probabilities.filter((p, i) => chosen[i] && p[0]! >= least).length

function report(title: string, samples: readonly Sample[], probabilities: readonly (readonly number[])[]): string[] {
  const truths = samples.map((s) => s.truth)
  const is = (k: number) => truths.map((t) => t === k)
  const neither = truths.map((t) => t > 1)
  return [
    title,
    `  log loss ${logLoss(probabilities, truths).toFixed(4)}, Brier score ${brierScore(probabilities, truths).toFixed(4)}`,
    ...TOLD_BLAST.map(
      (least) =>
        `  blast from p >= ${least}: near ${above(probabilities, is(0), least)}/${is(0).filter(Boolean).length}, far ${above(probabilities, is(1), least)}, anything else ${above(probabilities, neither, least)}`,
    ),
  ]
}

function reliability(samples: readonly Sample[], probabilities: readonly (readonly number[])[]): string[] {
  const head = '    predicted      n   mean   observed'
  return NAMES.flatMap((name, k) => [
    `  ${name === 'earthquake' ? 'earthquake or far blast' : name}`,
    head,
    ...reliabilityTable(
      probabilities.map((p) => p[k]!),
      samples.map((s) => s.truth === k),
    ),
  ])
}

function writeCalibration({ sharpness, bias }: Calibration): void {
  const biases = CALIBRATED.map((name) => `${name}: ${bias[name]}`).join(', ')
  const table = `export const CALIBRATION: Calibration = {\n  sharpness: ${sharpness},\n  bias: { ${biases} },\n}`
  const source = readFileSync(CALIBRATION_FILE, 'utf8')
  writeFileSync(CALIBRATION_FILE, source.replace(/export const CALIBRATION: Calibration = \{[\s\S]*?\n\}/, table))
}

const args = process.argv.slice(2)
const dirs = args.filter((arg) => !arg.startsWith('--'))
if (dirs.length === 0) {
  console.error('usage: npm run train -- RECORDING_DIR... [--write]')
  process.exit(2)
}
const samples: Sample[] = []
for (const dir of dirs) samples.push(...(await eventsOf(dir)).filter(isKnown).map(sampleOf))
const composed = new Set(dirs.map((dir) => basename(resolve(dir))).filter((name) => !name.startsWith('real-'))).size
console.log(
  [
    `${samples.length} transients of ${dirs.length} recordings (${composed} composed): ${NAMES.map((name, k) => `${samples.filter((s) => s.truth === k).length} ${name}`).join(', ')}`,
    '',
    ...report(
      'rules as they are',
      samples,
      samples.map((s) => s.logs.map(Math.exp)),
    ),
  ].join('\n'),
)
const calibrated = crossValidate(samples, (rest) => {
  const calibration = fitComposed(rest)
  return (s) => applyCalibration(calibration, s.logs)
})
console.log(report('rules, calibrated (each source by the others)', samples, calibrated).join('\n'))
console.log(reliability(samples, calibrated).join('\n'))
const trained = crossValidate(samples, (rest) => {
  const model = trainSoftmax(
    rest.map((s) => s.features),
    rest.map((s) => s.truth),
    NAMES.length,
  )
  return (s) => model.predict(s.features)
})
console.log(report('a softmax regression over the features (each source by the others)', samples, trained).join('\n'))
const calibration = fitComposed(samples)
console.log(`calibration of all composed recordings: ${JSON.stringify(calibration)}`)
if (args.includes('--write')) writeCalibration(calibration)
