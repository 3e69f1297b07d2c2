import { Site } from '@minewarden/protocol/site.ts'
import type { RegisteredFleet } from '../cloud/core/history/cardinality.ts'

const SENSORS = ['geophone', 'air-pressure', 'power-meter', 'camera-probe', 'camera-probe'] as const

/** As many sites of the usual sort, in one county of ten townships. */
export const usualFleet = (count: number): RegisteredFleet => ({
  sites: Array.from({ length: count }, (_, i) =>
    Site.parse({
      ...{ id: `site-${i}`, name: `site ${i}`, county: '450324', township: String(450324100 + (i % 10)) },
      ...{
        latitude: 25,
        longitude: 111,
        closedOn: null,
        area: 'key',
        expectedLoads: [],
        permits: [],
        supplyPoints: [],
      },
      sensors: SENSORS.map((kind, j) => ({ gateway: `gateway-${i}`, id: `${kind}-${j}`, kind })),
    }),
  ),
  gateways: Array.from({ length: count }, (_, i) => ({ id: `gateway-${i}`, site: `site-${i}` })),
  suppliers: ['grid-company'],
})
