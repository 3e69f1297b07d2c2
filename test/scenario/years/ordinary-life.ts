/**
 * What goes on by itself around a closed mine in one day: traffic, people, beasts, weather, quakes, the quarry next
 * door, farm work, the pump, the caretaker, maintenance, and everything that breaks. Amplitudes on the ground follow
 * published vibration levels at 7.6 m and their decay with distance to the power of 1.5.
 * @see FTA Transit Noise and Vibration Impact Assessment Manual (2018), table 7-4 and equation 7-2
 */
import type { Fault, Happening, Load, ProbeChange, Shaking } from './happening.ts'
import type { SourceName } from './library.ts'
import type { Random } from './random.ts'
import { DAY_MS, HOUR_MS, type SiteSpec } from './site-spec.ts'
import type { Weather } from './weather.ts'

const MINUTE_MS = 60_000

/** Peak ground velocity of a source of so many mm/s at 7.6 m, at a distance. */
export const groundPeak = (mmPerSAt25Feet: number, m: number): number =>
  (mmPerSAt25Feet / 1000) * (7.62 / Math.max(m, 3)) ** 1.5

/** A charge's peak velocity: v = K (Q^(1/3)/R)^a in cm/s. @see GB 6722-2014, annex: K 50 to 350, a 1.3 to 2 by rock */
export const blastPeak = (kg: number, m: number, random: Random): number =>
  (random.ratio(50, 180) * (Math.cbrt(kg) / m) ** random.between(1.5, 1.9)) / 100

export interface Day {
  readonly startMs: number
  readonly dayOfYear: number
  readonly weather: Weather
  readonly carry: Carry
}

/** What goes on from one day to the next. */
export interface Carry {
  /** Aftershock sequences that still run. */
  readonly sequences: Sequence[]
  /** Until then the pump runs, or the sump fills. */
  pumpFreeMs: number
}

/** A main shock and how its aftershocks thin out. */
export interface Sequence {
  readonly atMs: number
  readonly km: number
  readonly magnitude: number
}

export function ordinaryDay(spec: SiteSpec, day: Day, random: Random): Happening[] {
  const { equipment } = spec
  return [
    ...(equipment.geophone
      ? [...traffic(spec, day, random), ...nature(spec, day, random), ...quakes(day, random)]
      : []),
    ...quarryBlasts(spec, day, random),
    ...farming(spec, day, random),
    ...pumping(spec, day, random),
    ...caretaking(spec, day, random),
    ...maintenance(spec, day, random),
    ...(equipment.probe ? probeTroubles(spec, day, random) : []),
    ...faults(spec, day, random),
  ].filter((h) => equipment.air || h.kind !== 'shaking' || !h.source.startsWith('air-'))
}

export const shake = (
  source: SourceName,
  atMs: number,
  peak: number,
  cause: string,
  random: Random,
  forMs = 0,
): Shaking => ({
  kind: 'shaking',
  atMs,
  forMs,
  source,
  example: Math.floor(random.next() * 64),
  peak,
  cause,
})
const load = (atMs: number, forMs: number, watts: number, cause: string, changes: Partial<Load> = {}): Load => ({
  kind: 'load',
  atMs,
  forMs,
  watts,
  tan: 0,
  single: true,
  share: 1,
  cause,
  ...changes,
})

/** A moment of the day, by day far more often than by night. */
const waking = ({ startMs }: Day, random: Random): number =>
  startMs + (random.chance(0.9) ? random.between(6, 21) : random.between(0, 24)) * HOUR_MS
const any = ({ startMs }: Day, random: Random): number => startMs + random.next() * DAY_MS

function traffic({ around }: SiteSpec, day: Day, random: Random): Happening[] {
  const list: Happening[] = []
  for (let n = random.poisson(around.vehiclesPerDay); n > 0; n--) {
    const [source, mm] = random.pick([
      ['truck', 0.5],
      ['truck', 1.5],
      ['tractor', 0.15],
      ['motorcycle', 0.02],
    ] as const)
    list.push(
      shake(
        source,
        waking(day, random),
        groundPeak(mm * random.ratio(0.5, 2), around.roadM * random.between(1, 1.3)),
        source,
        random,
      ),
    )
  }
  // Steps of 10 to 50 micrometres a second at 5 m (Ekimov & Sabatier 2006); cattle weigh ten times as much on four feet.
  for (let n = random.poisson(around.walkersPerDay); n > 0; n--)
    list.push(
      shake(
        'walker',
        waking(day, random),
        groundPeak(random.ratio(0.005, 0.025), random.ratio(3, 60)),
        'walker',
        random,
      ),
    )
  return list
}

function nature({ around }: SiteSpec, day: Day, random: Random): Happening[] {
  const list: Happening[] = []
  const add = (count: number, source: SourceName, peak: () => number) => {
    for (let n = random.poisson(count); n > 0; n--) list.push(shake(source, any(day, random), peak(), source, random))
  }
  add(around.animalsPerDay, 'animals', () => groundPeak(random.ratio(0.002, 0.03), random.ratio(3, 80)))
  add(around.ticksPerDay, 'tick', () => random.ratio(3e-7, 2e-5))
  add(around.rockfallsPerDay, 'rockfall', () => random.ratio(3e-7, 2e-5))
  add(around.glitchesPerDay, 'glitch', () => random.ratio(1e-6, 1e-3))
  const windy = day.weather.windMPerS.reduce((sum, w) => sum + Math.max(0, w - 2.5), 0)
  add(Math.min(80, windy), 'gust', () => random.ratio(2e-7, 4e-6))
  add(Math.min(120, 2 * windy), 'air-gust', () => random.ratio(0.2, 6))
  for (const storm of day.weather.storms) {
    const minutes = (storm.toMs - storm.fromMs) / MINUTE_MS
    for (let n = random.poisson(minutes * random.between(0.3, 1.2)); n > 0; n--) {
      const atMs = random.between(storm.fromMs, storm.toMs)
      const km =
        storm.nearestKm *
        (1 + 2.5 * Math.abs((2 * (atMs - storm.fromMs)) / (storm.toMs - storm.fromMs) - 1)) *
        random.between(1, 1.6)
      // 1 to 6 Pa at 1 km (Holmes et al. 1971, https://doi.org/10.1029/JC076i009p02106); of each pascal about a micrometre
      // a second goes into the ground (Lin & Langston 2009).
      const pa = random.ratio(1, 6) / km ** 1.2
      list.push(shake('air-thunder', atMs, pa, 'thunder', random))
      list.push(shake('thunder', atMs, pa * random.ratio(3e-7, 2e-6), 'thunder', random))
    }
  }
  return list
}

/** Local magnitude 3 is some 6 um/s at 100 km and 2 Hz, after Richter's definition; aftershocks after Omori and Bath. */
function quakes(day: Day, random: Random): Happening[] {
  const list: Happening[] = []
  const add = (atMs: number, km: number, magnitude: number) => {
    const peak = 6e-6 * 10 ** (magnitude - 3) * (100 / km) ** 1.3 * random.ratio(0.5, 2)
    if (peak > 1e-7)
      list.push(shake('earthquake', atMs, peak, `earthquake ML ${magnitude.toFixed(1)} at ${km.toFixed(0)} km`, random))
  }
  if (random.chance(0.12)) {
    const magnitude = 2 - Math.log10(1 - random.next())
    const main = { atMs: any(day, random), km: random.ratio(25, 250), magnitude: Math.min(6, magnitude) }
    add(main.atMs, main.km, main.magnitude)
    if (main.magnitude > 3.2) day.carry.sequences.push(main)
  }
  for (const { atMs, km, magnitude } of day.carry.sequences) {
    const days = (day.startMs - atMs) / DAY_MS
    if (days > 20) continue
    const expected = 10 ** (magnitude - 1.2 - 2) / (days + 1.2)
    for (let n = Math.min(60, random.poisson(expected)); n > 0; n--) {
      const at = days < 0 ? random.between(atMs, day.startMs + DAY_MS) : any(day, random)
      add(at, km * random.between(0.97, 1.03), Math.min(magnitude - 0.8, 2 - Math.log10(1 - random.next())))
    }
  }
  return list
}

/** 30 to 150 kg a delay, in the licensed hour of some working days, and the air wave sound's time later. */
function quarryBlasts(
  { around: { quarry }, equipment }: SiteSpec,
  { startMs, dayOfYear }: Day,
  random: Random,
): Happening[] {
  if (!quarry || dayOfYear % 7 === 6 || !random.chance(quarry.perWeek / 6)) return []
  const atMs = startMs + (quarry.hour + random.between(0, 1)) * HOUR_MS
  const cause = `quarry at ${quarry.km.toFixed(1)} km`
  const ground = shake('quarry', atMs, blastPeak(random.ratio(30, 150), 1000 * quarry.km, random), cause, random)
  const air = shake('air-quarry', atMs + (quarry.km / 0.34) * 1000, random.ratio(1, 8) / quarry.km, cause, random)
  return equipment.geophone ? [ground, air] : []
}

/** Threshing and milling in July and from October to November; wood in winter; roadworks for a week. */
function farming({ around, seed }: SiteSpec, { startMs, dayOfYear }: Day, random: Random): Happening[] {
  const list: Happening[] = []
  const { farmM } = around
  const harvest = (dayOfYear > 190 && dayOfYear < 215) || (dayOfYear > 285 && dayOfYear < 320)
  const hours = (from: number, to: number) => startMs + random.between(from, to) * HOUR_MS
  if (farmM && harvest && random.chance(0.4))
    list.push(
      shake(
        'thresher',
        hours(8, 18.5),
        groundPeak(0.1 * random.ratio(0.5, 2), farmM),
        'thresher',
        random,
        random.ratio(0.3, 3) * HOUR_MS,
      ),
    )
  if (farmM && random.chance(0.05))
    list.push(shake('tractor', hours(7, 18), groundPeak(0.15, 0.7 * farmM), 'tractor at work', random))
  const winter = dayOfYear < 60 || dayOfYear > 305
  if (farmM && random.chance(winter ? 0.12 : 0.03))
    list.push(
      shake(
        'axe',
        hours(7, 18),
        groundPeak(random.ratio(0.05, 0.15), farmM),
        'wood is chopped',
        random,
        random.ratio(0.1, 0.8) * HOUR_MS,
      ),
    )
  if (random.chance(winter ? 0.05 : 0.02))
    list.push(
      shake(
        'chainsaw',
        hours(8, 17),
        groundPeak(0.02, random.ratio(20, 200)),
        'chainsaw',
        random,
        random.ratio(0.2, 2) * HOUR_MS,
      ),
    )
  const week = 20 + (seed % 300)
  if (around.roadworksPerYear > 0 && dayOfYear >= week && dayOfYear < week + 6) {
    const source = random.pick(['roller', 'breaker', 'loader'] as const)
    list.push(
      shake(
        source,
        hours(8, 11),
        groundPeak(source === 'roller' ? 5 : 0.9, 1.1 * around.roadM),
        'roadworks',
        random,
        random.between(1, 5) * HOUR_MS,
      ),
    )
  }
  return list
}

/** A float switch: long runs when the mountain is full of water. */
function pumping(
  { around: { pump }, equipment }: SiteSpec,
  { startMs, dayOfYear, weather, carry }: Day,
  random: Random,
): Happening[] {
  if (!pump) return []
  const season = 0.04 + 0.18 * Math.max(0, Math.sin(((dayOfYear - 70) / 200) * Math.PI)) + 0.3 * weather.stream
  const duty = Math.min(0.85, season)
  const list: Happening[] = []
  let atMs = Math.max(carry.pumpFreeMs, startMs)
  while (atMs < startMs + DAY_MS) {
    const runMs = random.between(6, 30) * MINUTE_MS
    const watts = pump.drawnW * random.between(0.97, 1.03)
    list.push(load(atMs, runMs, watts, 'pump', { tan: 0.65, single: false }))
    if (equipment.geophone) list.push(shake('pump', atMs, groundPeak(0.01, pump.m), 'pump', random, runMs))
    atMs += runMs / duty
  }
  carry.pumpFreeMs = atMs
  return list
}

function caretaking({ around, equipment }: SiteSpec, day: Day, random: Random): Happening[] {
  if (!around.caretaker || equipment.meterEveryS === null) return []
  const list: Happening[] = []
  for (let n = random.poisson(4); n > 0; n--)
    list.push(load(waking(day, random), random.between(3, 7) * MINUTE_MS, random.between(1500, 2000), 'kettle'))
  for (const hour of [11.5, 18])
    list.push(load(day.startMs + (hour + random.next()) * HOUR_MS, 30 * MINUTE_MS, 800, 'rice cooker'))
  const cold = day.dayOfYear < 65 || day.dayOfYear > 330
  if (cold && around.heatedW)
    for (
      let atMs = day.startMs + 18 * HOUR_MS;
      atMs < day.startMs + 30 * HOUR_MS;
      atMs += random.between(14, 22) * MINUTE_MS
    )
      list.push(load(atMs, random.between(6, 12) * MINUTE_MS, around.heatedW, 'heater'))
  if (random.chance(0.03)) {
    const weld = { tan: 1.4, share: 0.4 }
    list.push(load(waking(day, random), random.between(10, 50) * MINUTE_MS, random.between(3000, 7000), 'welder', weld))
  }
  if (random.chance(0.04)) {
    const tool = { tan: 0.75, share: 0.6 }
    list.push(load(waking(day, random), random.between(5, 30) * MINUTE_MS, random.between(600, 1800), 'grinder', tool))
  }
  // Well pumps and washing machines belong to nobody's list.
  if (random.chance(0.15))
    list.push(
      load(waking(day, random), random.between(5, 40) * MINUTE_MS, random.between(370, 1100), 'well pump', {
        tan: 0.7,
      }),
    )
  return list
}

/** Crews cut, drill anchors, run a second pump and turn the camera out of their way. */
function maintenance({ permits, equipment }: SiteSpec, { startMs }: Day, random: Random): Happening[] {
  const list: Happening[] = []
  for (const { fromMs, toMs } of permits) {
    if (fromMs < startMs || fromMs >= startMs + DAY_MS) continue
    list.push(
      load(fromMs, toMs - fromMs, random.between(2000, 9000), 'maintenance', { tan: 0.7, single: false, share: 0.7 }),
    )
    if (equipment.geophone) {
      const source = random.pick(['breaker', 'loader', 'winch', 'rock-drill'] as const)
      list.push(
        shake(
          source,
          fromMs + 10 * MINUTE_MS,
          groundPeak(0.4, random.ratio(30, 150)),
          'maintenance',
          random,
          0.7 * (toMs - fromMs),
        ),
      )
      list.push(shake('truck', fromMs - 5 * MINUTE_MS, groundPeak(1, random.ratio(20, 60)), 'maintenance', random))
    }
    if (equipment.probe && random.chance(0.3))
      list.push({
        kind: 'probe',
        atMs: fromMs + 5 * MINUTE_MS,
        forMs: 0.8 * (toMs - fromMs),
        status: random.pick(['moved', 'occluded'] as const),
        cause: 'maintenance',
      })
  }
  return list
}

function probeTroubles({ around }: SiteSpec, day: Day, random: Random): ProbeChange[] {
  const list: ProbeChange[] = []
  const add = (perMonth: number, status: ProbeChange['status'], cause: string, lowH: number, highH: number) => {
    for (let n = random.poisson(perMonth / 30); n > 0; n--)
      list.push({ kind: 'probe', atMs: any(day, random), forMs: random.ratio(lowH, highH) * HOUR_MS, status, cause })
  }
  if (around.darkNights) {
    const season = 0.9 * Math.cos(((day.dayOfYear - 172) / 182.5) * Math.PI)
    const dusk = day.startMs + (18.8 + season) * HOUR_MS + random.between(-10, 10) * MINUTE_MS
    list.push({ kind: 'probe', atMs: dusk, forMs: (11.2 - 2 * season) * HOUR_MS, status: 'dark', cause: 'night' })
  }
  add(4 * around.faultyLine, 'offline', 'line fault', 0.02, 8)
  add(0.3, 'frozen', 'frozen picture', 0.2, 20)
  add(0.5, 'occluded', 'fog, spider or leaf', 0.1, 8)
  add(0.1 + (Math.max(...day.weather.windMPerS) > 8 ? 3 : 0), 'moved', 'wind turned it', 2, 40)
  add(0.05, 'tampered', 'somebody cleaned it', 0.05, 0.5)
  return list
}

function faults({ equipment, around }: SiteSpec, day: Day, random: Random): Fault[] {
  const list: Fault[] = []
  const add = (perYear: number, fault: Fault['fault'], lowH: number, highH: number, byMs = 0) => {
    for (let n = random.poisson(perYear / 365); n > 0; n--)
      list.push({
        kind: 'fault',
        atMs: any(day, random),
        forMs: random.ratio(lowH, highH) * HOUR_MS,
        fault,
        byMs,
        cause: fault,
      })
  }
  const stormy = day.weather.storms.length > 0 ? 8 : 1
  add(5 * stormy * around.faultyLine ** 0.5, 'outage', 0.01, 10)
  add(15 * around.faultyLine, 'uplink', 0.05, 40)
  add(8, 'reboot', 0.01, 0.1)
  if (equipment.geophone) {
    add(0.4, 'geophone-dead', 1, 150)
    add(0.2, 'geophone-flat', 1, 60)
  }
  if (equipment.meterEveryS !== null) add(3, 'meter-silent', 0.05, 30)
  add(0.5, 'clock-ahead', 0.1, 3, random.ratio(20, 90_000) * 1000)
  add(0.5, 'clock-behind', 0.1, 3, random.ratio(20, 90_000) * 1000)
  return list
}
