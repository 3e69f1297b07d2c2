import type { Act } from './act.ts'

/** A drainage pump that a float switch turns on and off. */
export interface Pump {
  readonly ratedW: number
  readonly everyS: number
  readonly forS: number
  readonly distanceM: number
}

/** What happens at one site, as data. After its last act only the background goes on, for ever. */
export interface Scenario {
  readonly acts: readonly Act[]
  readonly pump: Pump | null
  /** Lighting and surveillance, on one phase. */
  readonly standingW: number
  /** Mean; gusts come on top. */
  readonly windMPerS: number
  /** Root mean square of the ground's own noise by night, m/s; by day it is about twice as much. */
  readonly groundNoise: number
  /** Vehicles and walkers who happen to pass, per hour of day; a tenth of it by night. */
  readonly passersPerHour: number
  /** What the site's register should say of it: loads that are lawful, and lawful work from the start on. */
  readonly expectedLoads: readonly { readonly name: string; readonly ratedW: number }[]
  readonly permits: readonly { readonly reason: string; readonly fromS: number; readonly toS: number }[]
}

const HOUR = 3600

const QUIET: Scenario = {
  acts: [],
  pump: null,
  standingW: 0,
  windMPerS: 1.6,
  groundNoise: 1.6e-7,
  passersPerHour: 1,
  expectedLoads: [],
  permits: [],
}

const PUMP = { ratedW: 7_500, everyS: 620, forS: 190, distanceM: 60 }
const PUMP_LOAD = { name: 'drainage pump', ratedW: 7_500 }
const LIGHTS = { name: 'lighting and surveillance', ratedW: 400 }

const shot = (atS: number, distanceM: number, holes: number, delayMs: number): Act => ({
  kind: 'round',
  atS,
  distanceM,
  holes,
  delayMs,
  chargeKg: 0.8,
  where: 'underground',
})
const quarry = (atS: number, holes: number): Act => ({
  kind: 'round',
  atS,
  distanceM: 3_100,
  holes,
  delayMs: 42,
  chargeKg: 45,
  where: 'surface',
})

export const SCENARIOS = {
  /** Sealed, with a lawful drainage pump. */
  'quiet-with-pump': { ...QUIET, pump: PUMP, standingW: 180, expectedLoads: [PUMP_LOAD, LIGHTS] },
  /**
   * Mining again where no supply should be: the camera is covered, machines start, rounds are fired. What the supply
   * point feeds stands on the surface; the drills breathe from a diesel of their own.
   */
  reopening: {
    ...QUIET,
    acts: [
      { kind: 'probe', atS: 12, status: 'occluded' },
      { kind: 'machine', machine: 'belt-conveyor', fromS: 20, forS: 5 * HOUR, distanceM: 140 },
      { kind: 'machine', machine: 'rock-drill', fromS: 25, forS: 33, distanceM: 115 },
      shot(60, 110, 6, 25),
      { kind: 'machine', machine: 'jaw-crusher', fromS: 135, forS: 5 * HOUR, distanceM: 130 },
      shot(95, 125, 8, 50),
      { kind: 'vehicle', fromS: 150, forS: 16, distanceM: 35 },
      { kind: 'machine', machine: 'rock-drill', fromS: 210, forS: 150, distanceM: 118 },
    ],
  },
  /** Lawful blasting three kilometres away. */
  'quarry-next-door': {
    ...QUIET,
    acts: [quarry(45, 18), quarry(310, 12), quarry(1500, 24), quarry(2900, 15), quarry(5400, 20)],
    pump: { ...PUMP, ratedW: 4_000, everyS: 900, forS: 160 },
    standingW: 120,
    passersPerHour: 4,
    expectedLoads: [{ ...PUMP_LOAD, ratedW: 4_000 }, LIGHTS],
  },
  /** The caretaker's day: walking about, a car, a weld on the fence. */
  caretaker: {
    ...QUIET,
    acts: [
      { kind: 'vehicle', fromS: 18, forS: 14, distanceM: 28 },
      { kind: 'footsteps', fromS: 45, forS: 40, distanceM: 9 },
      { kind: 'welder', fromS: 110, forS: 45, ratedW: 4_500 },
      { kind: 'footsteps', fromS: 175, forS: 35, distanceM: 12 },
      { kind: 'vehicle', fromS: 240, forS: 12, distanceM: 28 },
    ],
    standingW: 320,
    passersPerHour: 3,
    expectedLoads: [LIGHTS],
  },
  /** Two regional earthquakes. */
  earthquake: {
    ...QUIET,
    acts: [
      { kind: 'earthquake', atS: 50, distanceKm: 85, magnitude: 3.6 },
      { kind: 'earthquake', atS: 1300, distanceKm: 150, magnitude: 3.2 },
    ],
    standingW: 90,
    expectedLoads: [LIGHTS],
  },
  /** Lawful work: machines and a welder, within a permit. */
  'permitted-maintenance': {
    ...QUIET,
    acts: [
      { kind: 'vehicle', fromS: 15, forS: 15, distanceM: 30 },
      { kind: 'footsteps', fromS: 35, forS: 30, distanceM: 14 },
      { kind: 'machine', machine: 'local-fan', fromS: 50, forS: 1500, distanceM: 70 },
      { kind: 'machine', machine: 'compressor', fromS: 85, forS: 900, distanceM: 75, ratedW: 7_500 },
      { kind: 'welder', fromS: 160, forS: 120, ratedW: 5_000 },
      { kind: 'vehicle', fromS: 1700, forS: 15, distanceM: 30 },
    ],
    pump: PUMP,
    standingW: 250,
    expectedLoads: [PUMP_LOAD, LIGHTS],
    permits: [{ reason: 'maintenance of drainage and ventilation', fromS: -600, toS: 2 * HOUR }],
  },
  /** The camera drops out; nothing else happens. */
  'offline-camera': {
    ...QUIET,
    acts: [
      { kind: 'probe', atS: 18, status: 'offline' },
      { kind: 'probe', atS: 2700, status: 'online' },
    ],
    pump: { ...PUMP, ratedW: 5_500, everyS: 840, forS: 220 },
    standingW: 150,
    expectedLoads: [{ ...PUMP_LOAD, ratedW: 5_500 }, LIGHTS],
  },
} as const satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof SCENARIOS
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as [ScenarioName, ...ScenarioName[]]
