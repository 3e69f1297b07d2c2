/** A simulated site: what it is equipped with, what lives around it, what is registered of it. */
import { GatewayId } from '@minewarden/protocol/ids.ts'
import { Site } from '@minewarden/protocol/site.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import { STILLNESS, type Stillness } from './library.ts'
import { createRandom, type Random, seedOf } from './random.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
/** Midnight in China, in UTC. */
export const YEAR_START = Date.parse('2025-12-31T16:00:00Z')
export const GATEWAY = GatewayId.parse('gw-1')

/** Which sensors a site has; `meterEveryS`: how often its meter is read (slower ones give means). */
export interface Equipment {
  readonly geophone: boolean
  readonly air: boolean
  readonly meterEveryS: 1 | 5 | 60 | 900 | null
  readonly probe: boolean
}

export const EQUIPMENT = {
  all: { geophone: true, air: true, meterEveryS: 5, probe: true },
  'all, each second': { geophone: true, air: true, meterEveryS: 1, probe: true },
  'no meter': { geophone: true, air: false, meterEveryS: null, probe: true },
  'no meter, but air': { geophone: true, air: true, meterEveryS: null, probe: true },
  'no air': { geophone: true, air: false, meterEveryS: 5, probe: true },
  'minute meter': { geophone: true, air: false, meterEveryS: 60, probe: true },
  'quarter-hour meter': { geophone: true, air: false, meterEveryS: 900, probe: true },
  'probe only': { geophone: false, air: false, meterEveryS: null, probe: true },
} as const satisfies Record<string, Equipment>
export type EquipmentName = keyof typeof EQUIPMENT

/** What lives around; distances in metres from the geophone, rates a day. */
export interface Surroundings {
  /** Rms of the ground between 1.5 and 100 Hz on a still night. */
  readonly stillMPerS: number
  readonly stillness: Stillness
  readonly roadM: number
  readonly vehiclesPerDay: number
  readonly walkersPerDay: number
  readonly animalsPerDay: number
  readonly ticksPerDay: number
  readonly rockfallsPerDay: number
  /** A licensed quarry, or none. */
  readonly quarry: { readonly km: number; readonly perWeek: number; readonly hour: number } | null
  readonly farmM: number | null
  readonly roadworksPerYear: number
  readonly caretaker: boolean
  readonly heatedW: number | null
  /** Cameras without infrared are dark by night. */
  readonly darkNights: boolean
  readonly faultyLine: number
  readonly glitchesPerDay: number
  readonly pump: { readonly ratedW: number; readonly drawnW: number; readonly m: number } | null
  /** A meter with a supply of its own reads 0 V in an outage; others fall silent. */
  readonly meterOutlives: boolean
}

export interface SiteSpec {
  readonly name: string
  readonly equipmentName: EquipmentName
  readonly equipment: Equipment
  readonly around: Surroundings
  readonly permits: readonly Work[]
  readonly site: Site
  readonly seed: number
}

/** Lawful work; crews now and then stay longer than they may. */
export interface Work {
  readonly fromMs: number
  readonly toMs: number
  readonly permittedToMs: number
}

/** Noise of the ground between quiet mountains and villages. @see Peterson 1993, USGS OFR 93-322, for the span of sites */
const surroundings = (random: Random): Surroundings => ({
  stillMPerS: random.ratio(5e-8, 5e-7),
  stillness: random.pick(STILLNESS),
  roadM: random.ratio(40, 600),
  vehiclesPerDay: random.ratio(2, 60),
  walkersPerDay: random.ratio(0.3, 6),
  animalsPerDay: random.ratio(0.5, 12),
  ticksPerDay: random.ratio(1, 60),
  rockfallsPerDay: random.ratio(0.003, 0.1),
  quarry: random.chance(0.4)
    ? { km: random.ratio(0.8, 6), perWeek: random.between(1, 5), hour: random.pick([10, 11, 15, 16, 17]) }
    : null,
  farmM: random.chance(0.6) ? random.ratio(80, 500) : null,
  roadworksPerYear: random.chance(0.4) ? 1 : 0,
  caretaker: random.chance(0.5),
  heatedW: random.chance(0.6) ? random.pick([800, 1200, 1500, 2000]) : null,
  darkNights: random.chance(0.35),
  faultyLine: random.ratio(0.3, 3),
  glitchesPerDay: random.chance(0.2) ? random.ratio(0.1, 3) : 0,
  pump: random.chance(0.7) ? pumpOf(random) : null,
  meterOutlives: random.chance(0.5),
})

function pumpOf(random: Random) {
  const ratedW = random.pick([2200, 3000, 4000, 5500, 7500, 11000])
  return { ratedW, drawnW: ratedW * random.between(0.65, 1.05), m: random.ratio(30, 200) }
}

export function createSiteSpec(equipmentName: EquipmentName, seed: number): SiteSpec {
  const random = createRandom(seedOf(seed, 11))
  const equipment: Equipment = EQUIPMENT[equipmentName]
  const around = surroundings(random)
  const permits = permitsOf(random)
  const kinds = [
    [equipment.geophone, 'geo-1', 'geophone'],
    [equipment.air, 'air-1', 'air-pressure'],
    [equipment.meterEveryS !== null, 'meter-1', 'power-meter'],
    [equipment.probe, 'probe-1', 'camera-probe'],
  ] as const
  const site = Site.parse({
    id: `years-${seed}`,
    name: `Site ${seed}`,
    county: '450324',
    latitude: 25.9,
    longitude: 111,
    closedOn: '2023-04-11',
    area: random.chance(0.5) ? 'key' : 'general',
    expectedLoads: around.pump ? [{ name: 'drainage pump', ratedW: around.pump.ratedW }] : [],
    permits: permits.map((p) => ({ reason: 'maintenance', from: iso(p.fromMs), to: iso(p.permittedToMs) })),
    sensors: kinds.filter(([has]) => has).map(([, id, kind]) => ({ gateway: GATEWAY, id, kind })),
    supplyPoints: [],
  })
  return { name: `${equipmentName} #${seed}`, equipmentName, equipment, around, permits, site, seed }
}

const iso = (ms: number) => isoTime(instant(ms))

/** Maintenance by day, most months, two to five hours; one in six overruns. */
function permitsOf(random: Random): Work[] {
  const works: Work[] = []
  for (let month = 0; month < 12; month++) {
    if (random.chance(0.35)) continue
    const fromMs =
      YEAR_START + Math.floor(month * 30.4 + random.between(1, 28)) * DAY_MS + random.between(8, 14) * HOUR_MS
    const permittedToMs = fromMs + random.between(2, 5) * HOUR_MS
    const overrun = random.chance(1 / 6) ? random.between(15, 75) * 60_000 : -random.between(0, 20) * 60_000
    works.push({ fromMs, toMs: permittedToMs + overrun, permittedToMs })
  }
  return works
}
