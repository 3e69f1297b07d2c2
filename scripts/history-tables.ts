/** The tables of `docs/history.md`, made from the declared schema of the history. */
import { READING_KINDS } from '@minewarden/protocol/reading.ts'
import { countSeries, SENSOR_CHANNELS, UNREGISTERED_SENSORS } from '../cloud/core/history/cardinality.ts'
import { RETENTION_POLICIES } from '../cloud/core/history/retention.ts'
import { MEASUREMENTS, type MeasurementName } from '../cloud/core/history/schema.ts'
import { TAGS } from '../cloud/core/history/tags.ts'
import { usualFleet } from './usual-fleet.ts'

const row = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`
const code = (word: string) => `\`${word}\``
const codes = (words: readonly string[]) => words.map(code).join(', ') || '-'

const retention = (): string[] => [
  '### Retention policies',
  '',
  row('policy', 'what', 'kept for', 'shard'),
  '|---|---|---|---|',
  ...Object.entries(RETENTION_POLICIES).map(([name, { what, days, shardHours }]) =>
    row(code(name), what, `${days} days`, `${shardHours} h`),
  ),
  '',
]

const tags = (): string[] => [
  '### Tags',
  '',
  row('tag', 'values'),
  '|---|---|',
  ...Object.entries(TAGS).map(([name, what]) => row(code(name), what)),
  '',
]

function measurement(name: MeasurementName): string[] {
  const { what, when, policy, tags: own, fields } = MEASUREMENTS[name]
  return [
    `#### ${name}`,
    '',
    `${what[0]?.toUpperCase()}${what.slice(1)}; written ${when}, to ${code(policy)}. Tags: ${codes(own)}.`,
    '',
    row('field', 'type', 'unit', 'what', 'in `tenMinutes`'),
    '|---|---|---|---|---|',
    ...Object.entries(fields).map(([field, { type, unit, what: meaning, downsample }]) =>
      row(code(field), type, unit || '-', meaning ?? '', downsample.map((one) => code(`_${one}`)).join(' ')),
    ),
    '',
  ]
}

function series(): string[] {
  const sizes = [50, 500, 5_000]
  return [
    '### Number of series',
    '',
    `A site of the usual sort has one gateway with a geophone of three axes, a sensor of air pressure, a power meter and two camera probes. Most: with ${UNREGISTERED_SENSORS} sensors more on each gateway than are registered, and ${SENSOR_CHANNELS} channels on every sensor.`,
    '',
    row('sites', 'series', 'most'),
    '|---|---|---|',
    ...sizes.map((sites) => {
      const { expected, most } = countSeries(usualFleet(sites)).all
      return row(String(sites), String(expected), String(most))
    }),
    '',
  ]
}

/** All of them, between the marks of the page. */
export function historyTables(): string {
  const names = Object.keys(MEASUREMENTS) as MeasurementName[]
  const isReading = (name: string) => Object.hasOwn(READING_KINDS, name)
  return [
    ...retention(),
    ...tags(),
    ...series(),
    '### Measurements of the fleet',
    '',
    ...names.filter((name) => !isReading(name)).flatMap(measurement),
    '### Measurements of readings',
    '',
    ...names.filter(isReading).flatMap(measurement),
  ].join('\n')
}
