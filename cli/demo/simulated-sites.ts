import { SCENARIOS, type ScenarioName } from '@minewarden/hardware/sim/scenarios.ts'
import type { SensorKind } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import type { SceneSite } from './scene.ts'

const COUNTY = '450324'

interface Cast {
  readonly name: string
  readonly scenario: ScenarioName
  readonly area: 'key' | 'general'
  readonly at: readonly [latitude: number, longitude: number]
  readonly closedOn: string
  /** Only a point with nothing life-safety behind it may be cut with people possibly underground. */
  readonly supply: Pick<SceneSite, 'loadClass' | 'loads'>
}

const PUMPED = { loadClass: 'C', loads: ['排水泵 drainage pump'] } as const
const LIT = { loadClass: 'C', loads: ['照明 lighting'] } as const

/** Seven closed mines of one county on one night; the second will not stay closed. */
const CAST: readonly Cast[] = [
  {
    name: '东山二号硐',
    scenario: 'quiet-with-pump',
    area: 'general',
    at: [25.93, 111.07],
    closedOn: '2023-04-11',
    supply: PUMPED,
  },
  {
    name: '石塘老硐',
    scenario: 'reopening',
    area: 'key',
    at: [25.968, 111.012],
    closedOn: '2022-09-30',
    supply: { loadClass: 'A', loads: ['地面破碎机 surface crusher', '皮带 surface conveyor'] },
  },
  {
    name: '才湾采石场',
    scenario: 'quarry-next-door',
    area: 'key',
    at: [25.889, 110.958],
    closedOn: '2024-01-18',
    supply: PUMPED,
  },
  {
    name: '大西江三号井',
    scenario: 'caretaker',
    area: 'general',
    at: [26.044, 111.121],
    closedOn: '2021-06-02',
    supply: LIT,
  },
  {
    name: '两河铁矿点',
    scenario: 'earthquake',
    area: 'general',
    at: [25.812, 111.143],
    closedOn: '2023-11-27',
    supply: LIT,
  },
  {
    name: '龙水锰矿硐',
    scenario: 'permitted-maintenance',
    area: 'key',
    at: [25.856, 111.034],
    closedOn: '2022-03-15',
    supply: PUMPED,
  },
  {
    name: '绍水锡矿井',
    scenario: 'offline-camera',
    area: 'general',
    at: [25.775, 110.981],
    closedOn: '2020-12-08',
    supply: PUMPED,
  },
]

const SENSORS: readonly { id: string; kind: SensorKind }[] = [
  { id: 'geo-1', kind: 'geophone' },
  { id: 'air-1', kind: 'air-pressure' },
  { id: 'meter-1', kind: 'power-meter' },
  { id: 'probe-1', kind: 'camera-probe' },
]

/** The sites of the demo without recordings; their scenarios begin at `startMs`. */
export function simulatedSites(startMs: number): SceneSite[] {
  return CAST.map(({ name, scenario, area, at: [latitude, longitude], closedOn, supply }, i) => {
    const id = `${COUNTY}-${String(i + 1).padStart(4, '0')}`
    const { expectedLoads, permits } = SCENARIOS[scenario]
    return {
      ...{
        id,
        name,
        county: COUNTY,
        latitude,
        longitude,
        closedOn,
        area,
        expectedLoads: [...expectedLoads],
        ...supply,
      },
      permits: permits.map(({ reason, fromS, toS }) => ({
        reason,
        from: instant(startMs + fromS * 1000),
        to: instant(startMs + toS * 1000),
      })),
      gateway: `gw-${id}`,
      sensors: SENSORS,
      drivers: [
        {
          kind: 'simulated',
          scenario,
          seed: 1000 + i,
          startAt: new Date(startMs).toISOString(),
          sensors: SENSORS as never,
        },
      ],
    }
  })
}
