/**
 * The history, declared once as data: writers, queries, dashboards, alert rules and `docs/history.md` follow this table.
 * A new quantity of a reading is a line in `READING_KINDS`; a new figure of the fleet a line in `fleet-measurements.ts`.
 */
import { type Aggregate, aggregateName, type HistoryField } from './field.ts'
import { FLEET_MEASUREMENTS, type FleetMeasurement } from './fleet-measurements.ts'
import type { FieldValues, HistoryPoint, Measurement, TagValues } from './measurement.ts'
import { type KeptKind, READING_MEASUREMENTS } from './reading-measurements.ts'

export type MeasurementName = KeptKind | FleetMeasurement
export const MEASUREMENTS: { readonly [M in MeasurementName]: Measurement } = {
  ...READING_MEASUREMENTS,
  ...FLEET_MEASUREMENTS,
}

export const isMeasurement = (name: string): name is MeasurementName => Object.hasOwn(MEASUREMENTS, name)

/** A point of the fleet's own, held to its declaration by the compiler. */
export const fleetPoint = <M extends FleetMeasurement>(
  measurement: M,
  atMs: number,
  tags: TagValues<(typeof FLEET_MEASUREMENTS)[M]>,
  fields: FieldValues<(typeof FLEET_MEASUREMENTS)[M]>,
): HistoryPoint => ({ measurement, atMs, tags, fields: fields as HistoryPoint['fields'] })

export interface DownsampledField {
  /** As it is called in the downsampled tier. */
  readonly name: string
  readonly of: string
  readonly aggregate: Aggregate
  readonly unit: string
}

/** What the downsampled tier holds of a measurement, under the same name; empty: nothing. */
export function downsampledFields(name: MeasurementName): readonly DownsampledField[] {
  const fields: [string, HistoryField][] = Object.entries(MEASUREMENTS[name].fields)
  return fields.flatMap(([of, { downsample, unit }]) =>
    downsample.map((aggregate) => ({
      name: aggregateName(of, aggregate),
      of,
      aggregate,
      unit: aggregate === 'count' ? '' : unit,
    })),
  )
}
