/** How many series a fleet's history has, and the most that it can have, computed from what is registered. */
import type { SensorKind } from '@minewarden/protocol/ids.ts'
import { KINDS_OF_SENSOR, READING_KINDS, type ReadingKind } from '@minewarden/protocol/reading.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { ORDER_STATES } from '../ports.ts'
import { MEASUREMENTS, type MeasurementName } from './schema.ts'
import type { TagName } from './tags.ts'

/** Sensors that nobody registered are kept too, so many of each gateway: a new one must not wait for the office. */
export const UNREGISTERED_SENSORS = 16
/** Channels of one sensor: three axes at two rates, and as many to spare. */
export const SENSOR_CHANNELS = 12
/** What a sensor is expected to have: three axes of a geophone. */
const USUAL_CHANNELS: { readonly [K in SensorKind]?: number } = { geophone: 3 }

/** Values of the tags that are lists of our own. */
export const CLOSED_TAGS = {
  period: ['60', '900', 'other'],
  onPhase: ['A', 'B', 'C', 'other'],
  orderState: [...ORDER_STATES, 'other'],
} as const satisfies { readonly [T in TagName]?: readonly string[] }

export interface RegisteredFleet {
  readonly sites: readonly Site[]
  readonly gateways: readonly { readonly id: string; readonly site: string }[]
  readonly suppliers: readonly unknown[]
}

export interface SeriesCount {
  /** With the registered sensors as they usually are. */
  readonly expected: number
  /** With every bound used up. */
  readonly most: number
}

/** Series of each measurement in one retention policy, and of all. */
export function countSeries(fleet: RegisteredFleet): {
  readonly all: SeriesCount
  readonly of: { readonly [M in MeasurementName]: SeriesCount }
} {
  const of = Object.fromEntries(
    (Object.keys(MEASUREMENTS) as MeasurementName[]).map((name) => [name, seriesOf(name, fleet)]),
  ) as { [M in MeasurementName]: SeriesCount }
  const all = Object.values(of).reduce((sum, one) => ({
    expected: sum.expected + one.expected,
    most: sum.most + one.most,
  }))
  return { all, of }
}

function seriesOf(name: MeasurementName, fleet: RegisteredFleet): SeriesCount {
  const { tags } = MEASUREMENTS[name]
  if (Object.hasOwn(READING_KINDS, name)) return readingSeries(name as ReadingKind, tags, fleet)
  const same = (count: number): SeriesCount => ({ expected: count, most: count })
  const { sites, gateways, suppliers } = fleet
  const counties = new Set(sites.map(({ county }) => county)).size
  const townships = new Set(sites.map(({ township }) => township ?? '')).size
  const sensors = sites.flatMap((site) => site.sensors)
  if (tags.includes('host')) return same(1)
  if (tags.includes('scope')) return same(1 + counties + townships + 2)
  if (name === 'appliance') {
    const meters = sensors.filter(({ kind }) => kind === 'power-meter').length
    return { expected: meters, most: sensors.length }
  }
  // Readings' sensors are known by gateway and name; a finding's by name alone.
  if (tags.includes('sensor'))
    return { expected: sensors.length, most: sensors.length + UNREGISTERED_SENSORS * gateways.length }
  if (tags.includes('gateway')) return same(gateways.length)
  if (name === 'order') {
    const pairs = sites.reduce((sum, site) => sum + new Set(site.supplyPoints.map(({ supplier }) => supplier)).size, 0)
    return same(pairs * CLOSED_TAGS.orderState.length)
  }
  if (tags.includes('supplier')) return same(counties * suppliers.length)
  return same(tags.includes('site') ? sites.length : counties)
}

function readingSeries(kind: ReadingKind, tags: readonly TagName[], { sites, gateways }: RegisteredFleet): SeriesCount {
  if (!tags.includes('sensor')) return { expected: gateways.length, most: gateways.length }
  const sensors = sites.flatMap((site) => site.sensors)
  const perChannel = tags.includes('channel')
  const variants = tags.reduce(
    (count, tag) => count * (tag in CLOSED_TAGS ? CLOSED_TAGS[tag as 'period'].length : 1),
    1,
  )
  const usual = sensors
    .filter((sensor) => (KINDS_OF_SENSOR[sensor.kind] as readonly ReadingKind[]).includes(kind))
    .reduce((count, sensor) => count + (perChannel ? (USUAL_CHANNELS[sensor.kind] ?? 1) : 1), 0)
  const admitted = sensors.length + UNREGISTERED_SENSORS * gateways.length
  return {
    expected: usual * (variants > 1 ? variants - 1 : 1),
    most: admitted * (perChannel ? SENSOR_CHANNELS : 1) * variants,
  }
}
